"""What the database holds: sources and their deliveries, calls, the directory, and who may see."""

from .access import Access, Role
from .audit import AuditEntry
from .call import Call, CallAlias, Head
from .delivery import Delivery
from .directory import Agent, CallGroup, GroupSpelling, VirtualNumber
from .figures import CountedCall, FigureCell, FigureSettings, Projection
from .kiosk import Kiosk
from .readiness import Readiness
from .sign_in import FailedSignIns
from .source import Source, SourceToken

__all__ = [
    "Access",
    "Agent",
    "AuditEntry",
    "Call",
    "CallAlias",
    "CallGroup",
    "CountedCall",
    "Delivery",
    "FailedSignIns",
    "FigureCell",
    "FigureSettings",
    "GroupSpelling",
    "Head",
    "Kiosk",
    "Projection",
    "Readiness",
    "Role",
    "Source",
    "SourceToken",
    "VirtualNumber",
]
