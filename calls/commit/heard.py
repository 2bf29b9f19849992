"""All that was heard of the calls that a transaction derives: stored events and new ones."""

from collections import defaultdict

from calls.commit.live_cache import LiveCache
from calls.commit.matching import MatchedCall, Matching
from calls.commit.received import Received
from calls.database.bulk import select
from calls.rules.events import CallEvent, load
from calls.words import Result


def events_of(
    touched: dict[int, MatchedCall], batch: list[Received], matching: Matching, live_cache: LiveCache
) -> dict[int, list[CallEvent]]:
    """The events of the touched calls, by the call to which each belongs now; those of the batch come last."""
    events: dict[int, list[CallEvent]] = defaultdict(list)
    unknown = []
    for call in touched.values():
        if remembered := live_cache.of(call.id):
            events[call.id] = list(remembered.events)
        elif not call.is_new:
            unknown.append(call.id)
    if unknown:
        _read(unknown, events, matching, {received.delivery for received in batch if received.replayed})
    for received in batch:
        if received.event and received.call:
            received.event.delivery = received.delivery
            events[received.call].append(received.event)
    return events


def _read(calls: list[int], events: dict[int, list[CallEvent]], matching: Matching, replayed: set[int]) -> None:
    # Which of them were applied is looked at here: the database might look through all that ever were.
    stored = "SELECT id, call_id, event, result FROM calls_delivery WHERE call_id IN %s"
    for delivery, call, text, result in select(stored, calls):
        if result != Result.APPLIED or delivery in replayed:
            continue
        owner = matching.moves.get(delivery)
        events[owner.id if owner else call].append(load(text, delivery))
