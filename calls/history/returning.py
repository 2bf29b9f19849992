"""Customers who wait now and have called before: within the last day, and without being helped since."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from calls.database.columns import WAITING, Columns, lost_track, read_calls
from calls.figures.group_rules import Rules
from calls.figures.levels import LOST
from calls.figures.parts import CLOCKS, mark_of, part_of
from calls.figures.reading import Asked
from calls.models import Call
from calls.models.access import Scope
from calls.words import Direction, Outcome

DAY = timedelta(days=1)
OFTEN = 2
"""Who has called so often within the day is worth a word, lost or not."""
MOST_WAITING, MOST_EARLIER = 500, 5_000
"""So many callers are looked at, those who have waited longest, and so many of their earlier calls."""


class Returning(NamedTuple):
    """A caller who waits now: earlier incoming calls of the last 24 hours, and those lost since somebody last spoke to
    them, with the moment of the latest such loss.
    """

    calls: int
    lost: int
    lost_at: datetime | None


class _Waiting(NamedTuple):
    id: int
    group_id: int | None
    customer_key: str | None
    customer_reversed: str


def returning(scope: Scope, groups: frozenset[int | None] | None, now: datetime) -> dict[int, Returning]:
    """By id of the waiting call: who was lost before, or called `OFTEN` before. Only calls of the scope count."""
    asked = Asked(now - DAY, now, scope, groups)
    waiting = [call for call in _waiting(now) if asked.allows(call.group_id)][:MOST_WAITING]
    earlier: dict[str, list[Columns]] = {}
    for call in _earlier({call.customer_reversed for call in waiting}, now):
        if scope.allows(call.group_id) and call.customer_key:
            earlier.setdefault(call.customer_key, []).append(call)
    rules = Rules()
    found = {call.id: _told(earlier.get(call.customer_key or "", ()), rules) for call in waiting}
    return {call: each for call, each in found.items() if each.lost or each.calls >= OFTEN}


def _waiting(now: datetime) -> list[_Waiting]:
    """Those who wait, longest first. Who withholds their number is nobody in particular."""
    live = Call.objects.live().filter(WAITING).exclude(lost_track(now)).exclude(customer_reversed="")
    return [_Waiting._make(row) for row in live.order_by("began_at", "id").values_list(*_Waiting._fields)]


def _earlier(customers: set[str], now: datetime) -> list[Columns]:
    if not customers:
        return []
    ended = Call.objects.ended().filter(customer_reversed__in=customers, began_at__gte=now - DAY, began_at__lt=now)
    spoken = Q(direction=Direction.INCOMING) | Q(direction=Direction.OUTGOING, outcome=Outcome.ANSWERED)
    return read_calls(ended.filter(spoken).order_by("-began_at", "-id")[:MOST_EARLIER])


def _told(calls: Iterable[Columns], rules: Rules) -> Returning:
    """`calls`: those of one customer, latest first."""
    incoming = [call for call in calls if call.direction == Direction.INCOMING]
    lost = []
    for call in calls:
        if call.outcome == Outcome.ANSWERED:
            break
        if _is_lost(call, rules):
            lost.append(call)
    return Returning(len(incoming), len(lost), lost[0].finished_at if lost else None)


def _is_lost(call: Columns, rules: Rules) -> bool:
    """Whether the figures count it as lost, by the settings of its group: a short abandon is not."""
    part, settings = part_of(call), rules.of(call.group_id)
    if part is None:
        return False
    return mark_of(part.direction, part.outcome, part.waits[CLOCKS.index(settings.clock)], settings) in LOST
