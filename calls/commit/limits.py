"""Limits: how many new calls a source may begin in a minute, how many events a call may have. More is quarantined."""

import time
from collections import defaultdict

from calls.commit.cache import CachedSource
from calls.commit.matching import MatchedCall
from calls.commit.received import Received
from calls.rules.derive import MOST_EVENTS_OF_A_CALL
from calls.rules.events import CallEvent


class NewCalls:
    """How many new calls each source began in the running minute."""

    def __init__(self) -> None:
        self._minute = 0
        self._count: dict[int, int] = defaultdict(int)

    def too_many(self, source: CachedSource) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._count = minute, defaultdict(int)
        return self._count[source.id] >= source.new_calls_per_minute

    def note(self, source: int) -> None:
        self._count[source] += 1


new_calls = NewCalls()


def limit(batch: list[Received], events: dict[int, list[CallEvent]], touched: dict[int, MatchedCall]) -> None:
    """Quarantine the deliveries that flood, and take their events, and calls that nothing is left of, out again."""
    for received in batch:
        call = touched.get(received.call or 0) if received.event else None
        if call is None:
            continue
        heard = events[call.id]
        # A replay may well make more calls anew in a minute than a provider ever should.
        begins = call.is_new and heard[0].delivery == received.delivery and not received.replayed
        if begins and new_calls.too_many(received.source):
            _refuse(received, "too_many_new_calls", events, touched)
        elif len(heard) > MOST_EVENTS_OF_A_CALL:
            _refuse(received, "too_many_events", events, touched)
        elif begins:
            new_calls.note(received.source.id)


def _refuse(
    received: Received, reason: str, events: dict[int, list[CallEvent]], touched: dict[int, MatchedCall]
) -> None:
    call = received.call or 0
    events[call] = [event for event in events[call] if event.delivery != received.delivery]
    received.quarantine(reason)
    if not events[call]:
        del events[call], touched[call]
