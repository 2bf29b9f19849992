"""Limits: what a source may begin in a minute and have live at a time, what a call may have of events.

What is beyond is stored and quarantined. Each process counts for itself: with several, a limit may be passed by what
the others begin before they read the tables again.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from django.db.models import Count, Q
from django.utils import timezone

from calls.commit.cache import CachedSource
from calls.commit.matching import MatchedCall
from calls.commit.received import Received
from calls.database.columns import DAY, lost_track_after
from calls.models import Call
from calls.rules.derive import MOST_EVENTS_OF_A_CALL
from calls.rules.events import CallEvent

LOST_PER_LIVE = 9
"""A source may have so many calls with lost track for each live one of its limit: they stay in memory for a day."""
NEAR_LIMIT = 0.5
"""From this share of a limit on, live calls are counted often."""
RECOUNT_SECONDS, RECOUNT_NEAR_LIMIT_SECONDS = 60.0, 1.0
RECOUNT_TIMES = 20
"""After a count so many times its length pass before the next: no flood makes the writer do little else."""


class NewCalls:
    """How many new calls each source began in the running minute."""

    def __init__(self) -> None:
        self._minute = 0
        self._count: Counter[int] = Counter()

    def too_many(self, source: CachedSource) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._count = minute, Counter()
        return self._count[source.id] >= source.new_calls_per_minute

    def note(self, source: int) -> None:
        self._count[source] += 1


@dataclass(slots=True)
class _Counted:
    """Calls of each source: live ones, and all that boards keep in memory, those with lost track too."""

    live: Counter[int] = field(default_factory=Counter)
    kept: Counter[int] = field(default_factory=Counter)


class LiveCalls:
    """How many live calls each source has: counted now and then, and every new call since.

    Calls that ended since make the count too high, so near the limit they are counted again once a second.
    """

    def __init__(self) -> None:
        self._counted = _Counted()
        self._counted_at = float("-inf")
        self._count_seconds = 0.0

    def too_many(self, source: CachedSource) -> bool:
        age = time.monotonic() - self._counted_at
        near = self._reaches(source, NEAR_LIMIT)
        wait = RECOUNT_NEAR_LIMIT_SECONDS if near else RECOUNT_SECONDS
        if age >= max(wait, RECOUNT_TIMES * self._count_seconds):
            self._count()
        return self._reaches(source, 1.0)

    def _reaches(self, source: CachedSource, share: float) -> bool:
        limit = share * source.live_calls_limit
        return self._counted.live[source.id] >= limit or self._counted.kept[source.id] >= (1 + LOST_PER_LIVE) * limit

    def _count(self) -> None:
        began, now = time.monotonic(), timezone.now()
        live = Call.objects.live().filter(heard_at__gt=now - DAY).order_by()
        # Simpler than `lost_track`, and eight times as fast: calls that began long ago are counted as tracked.
        heard = [Q(state=state, heard_at__gt=now - silence) for state, silence in lost_track_after().items()]
        tracked = Count("id", filter=reduce(or_, heard))
        self._counted = _Counted()
        for source, kept, count in live.values_list("source_id").annotate(kept=Count("id"), tracked=tracked):
            self._counted.kept[source], self._counted.live[source] = kept, count
        self._counted_at = time.monotonic()
        self._count_seconds = self._counted_at - began

    def note(self, source: int) -> None:
        self._counted.live[source] += 1
        self._counted.kept[source] += 1


new_calls, live_calls = NewCalls(), LiveCalls()


def limit(batch: list[Received], events: dict[int, list[CallEvent]], touched: dict[int, MatchedCall]) -> None:
    """Quarantine the deliveries that flood, and take their events, and calls that nothing is left of, out again."""
    for received in batch:
        call = touched.get(received.call or 0) if received.event else None
        if call is None:
            continue
        heard = events[call.id]
        # A replay may well make more calls anew in a minute than a provider ever should.
        begins = call.is_new and heard[0].delivery == received.delivery and not received.is_of_replay
        if begins and new_calls.too_many(received.source):
            _refuse(received, "too_many_new_calls", events, touched)
        elif begins and live_calls.too_many(received.source):
            _refuse(received, "too_many_live_calls", events, touched)
        elif len(heard) > MOST_EVENTS_OF_A_CALL:
            _refuse(received, "too_many_events", events, touched)
        elif begins:
            new_calls.note(received.source.id)
            live_calls.note(received.source.id)


def _refuse(
    received: Received, reason: str, events: dict[int, list[CallEvent]], touched: dict[int, MatchedCall]
) -> None:
    call = received.call or 0
    events[call] = [event for event in events[call] if event.delivery != received.delivery]
    received.quarantine(reason)
    if not events[call]:
        del events[call], touched[call]
