"""The kinds of system that deliver to us: one file each, one line here."""

from types import ModuleType

from . import callerdesk

PROVIDERS: dict[str, ModuleType] = {"callerdesk": callerdesk}
