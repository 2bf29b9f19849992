"""Duplicates: a delivery that says what another one of its source said before is kept, and changes nothing.

Unless it is news: an equal live event later in a call that goes on (`rules.repeats`).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from calls.commit.received import Received
from calls.database.bulk import moment_from, select
from calls.rules.repeats import is_news
from calls.rules.stretches import REPORT_OF_ANOTHER
from calls.words import Result, State

_BY_CIRCUMSTANCE = (
    "failed", "source_disabled", "too_many_new_calls", "too_many_live_calls", "too_many_events", "unknown_provider",
)  # fmt: skip
"""Why a delivery was not applied although it says enough: the same content may be applied when it comes again."""
_STORED = """
SELECT d.id, d.source_id, d.content_key, d.call_id, d.reason, d.result, d.received_at,
    c.state, c.provisional, c.flags
FROM calls_delivery d LEFT JOIN calls_call c ON c.id = d.call_id
WHERE d.source_id IN %s AND d.content_key IN %s AND d.result <> %s
"""
_REPORTED = """
SELECT received_at FROM calls_delivery WHERE call_id IN %s AND result = %s AND event LIKE %s
"""


@dataclass(slots=True)
class _Said:
    """What is known of one content: its original, and when it was said so that it counted.

    `over`: nothing more that says the same can count. `reported`: the call of the original has its report.
    """

    original: int | Received | None
    over: bool = False
    reported: bool = False
    moments: list[datetime] = field(default_factory=list)

    def note(self, over: bool, reported: bool, at: datetime) -> None:
        self.over |= over
        self.reported |= reported
        self.moments.append(at)


def mark_duplicates(batch: list[Received]) -> list[tuple[Received, Received]]:
    """Mark the deliveries of the batch whose content is stored, or stands before them in the batch.

    A duplicate of a stored delivery gets its call. Returns the duplicates of deliveries in the batch, each with
    its original: their call is known only later.
    """
    said = _stored(batch)
    within = []
    for received in batch:
        known = said.get(key := (received.source.id, received.content_key))
        if known is None:
            said[key] = _Said(received, moments=[received.received_at])
            continue
        if _counts(received, known, batch):
            known.moments.append(received.received_at)
            known.original = known.original or received  # What is stored has no call while all is made anew.
            continue
        received.event, received.result, received.reason = None, Result.DUPLICATE, ""
        if isinstance(known.original, Received):
            within.append((received, known.original))
        else:
            received.call = known.original
    return within


def _counts(received: Received, known: _Said, batch: list[Received]) -> bool:
    """Whether it is news of a call that has no report yet: none that came before it."""
    event = received.event
    if known.over or event is None or event.is_report or not is_news(received.received_at, known.moments):
        return False
    if known.reported and not (received.replayed and _reported_later(known.original, received.received_at)):
        return False
    return not any(
        each.event.call_id == event.call_id and each.source.id == received.source.id
        for each in batch
        if each.event and each.event.is_report and each.event.call_id and each.received_at <= received.received_at
    )


def _reported_later(call: Any, at: datetime) -> bool:
    """When a delivery is read again, the call may have its report although it had none at that time."""
    return all(
        (moment_from(moment) or moment) > at
        for (moment,) in select(_REPORTED, [call], str(Result.APPLIED), '%"kind":"report"%')
    )


def _stored(batch: list[Received]) -> dict[tuple[int, str], _Said]:
    """What is stored with the content of these, by source and content key."""
    found: dict[tuple[int, str], _Said] = {}
    if not batch:
        return found
    replayed = {received.delivery for received in batch if received.replayed}
    sources = {received.source.id for received in batch}
    keys = {received.content_key for received in batch}
    rows = select(_STORED, sources, keys, str(Result.DUPLICATE))
    for delivery, source, key, call, reason, result, at, state, provisional, flags in rows:
        if delivery not in replayed and reason not in _BY_CIRCUMSTANCE:
            known = found.setdefault((source, key), _Said(call))
            known.original = known.original or call
            reported = (state == State.ENDED and not provisional) or REPORT_OF_ANOTHER in (flags or ())
            known.note(result != Result.APPLIED, reported, moment_from(at) or at)
    return found
