"""Limits that refuse new calls at present: a board may then not show all that there is, and says so."""

from datetime import datetime, timedelta

from calls.models import Delivery
from calls.words import Result

LATELY = timedelta(minutes=5)
REFUSALS = ("too_many_live_calls", "too_many_new_calls")
"""The reasons of quarantine by which calls are missing on boards."""


def refused_lately(now: datetime) -> list[str]:
    """The reasons for which new calls were set aside within the last five minutes; usually none. Reads two rows."""
    return [reason for reason in REFUSALS if _last_set_aside(reason, now)]


def _last_set_aside(reason: str, now: datetime) -> bool:
    # By both results, as the condition of their index has it: SQLite would not see that one of them meets it.
    set_aside = Delivery.objects.filter(result__in=[Result.IGNORED, Result.QUARANTINED], reason=reason)
    latest = set_aside.order_by("-id").values_list("received_at", flat=True).first()
    return latest is not None and latest > now - LATELY
