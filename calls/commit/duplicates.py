"""Duplicates: a delivery that says what another one of its source said before is kept, and changes nothing."""

from calls.commit.received import Received
from calls.database.bulk import select
from calls.words import Result

_BY_CIRCUMSTANCE = (
    "failed", "source_disabled", "too_many_new_calls", "too_many_live_calls", "too_many_events", "unknown_provider",
)  # fmt: skip
"""Why a delivery was not applied although it says enough: the same content may be applied when it comes again."""


def mark_duplicates(batch: list[Received]) -> list[tuple[Received, Received]]:
    """Mark the deliveries of the batch whose content is stored, or stands before them in the batch.

    A duplicate of a stored delivery gets its call. Returns the duplicates of deliveries in the batch, each with
    its original: their call is known only later.
    """
    first: dict[tuple[int, str], int | Received | None] = _stored(batch)
    within = []
    for received in batch:
        original = first.setdefault((received.source.id, received.content_key), received)
        if original is received:
            continue
        received.event, received.result, received.reason = None, Result.DUPLICATE, ""
        if isinstance(original, Received):
            within.append((received, original))
        else:
            received.call = original
    return within


def _stored(batch: list[Received]) -> dict[tuple[int, str], int | Received | None]:
    """The calls of stored deliveries with the content of these, by source and content key."""
    if not batch:
        return {}
    replayed = {received.delivery for received in batch if received.replayed}
    sources = {received.source.id for received in batch}
    keys = {received.content_key for received in batch}
    stored = "SELECT id, source_id, content_key, call_id, reason FROM calls_delivery"
    stored += " WHERE source_id IN %s AND content_key IN %s AND result <> %s"
    return {
        (source, key): call
        for delivery, source, key, call, reason in select(stored, sources, keys, str(Result.DUPLICATE))
        if delivery not in replayed and reason not in _BY_CIRCUMSTANCE
    }
