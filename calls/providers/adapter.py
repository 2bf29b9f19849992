"""What an adapter is told about its source, and what it makes of a delivery."""

from dataclasses import dataclass
from datetime import datetime

from calls.rules.events import CallEvent
from calls.words import Result

BROKEN = "\ufffd"
"""Stands in a field for what is no character: bytes that are not UTF-8, half a surrogate pair, NUL."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What a source's administrator knows about it and its deliveries do not say."""

    time_zone: str = "Asia/Kolkata"
    region: str = "IN"
    outgoing_source_is_agent: bool = True


@dataclass(slots=True)
class Arrival:
    """When a delivery came (UTC), and the digest by which repeats of it are known."""

    received_at: datetime
    content_key: str


@dataclass(slots=True)
class Reading:
    """An event to apply; or, without one, the result of the delivery and the named reason."""

    event: CallEvent | None = None
    result: Result = Result.APPLIED
    reason: str = ""


def ignored(reason: str) -> Reading:
    return Reading(None, Result.IGNORED, reason)


def quarantined(reason: str) -> Reading:
    return Reading(None, Result.QUARANTINED, reason)
