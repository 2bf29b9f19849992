"""The totals of a board (docs/events.md), in two forms that must agree: from memory, and counted by the database."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Min, Q

from calls.database.columns import TODAY, WAITING, lost_track
from calls.days import day_bounds, day_of
from calls.live.groups import STATES, SUMMED, TODAYS, GroupCalls
from calls.live.queries import among_few, in_scope, live_at
from calls.models.access import Scope
from calls.words import Direction


def totals_of(groups: list[GroupCalls], day: date) -> dict[str, Any]:
    """The totals over these groups, from their sums."""
    counts: list[Iterable[int]] = [[0] * len(SUMMED), *(group.sums.values() for group in groups)]
    sums = dict(zip(SUMMED, map(sum, zip(*counts, strict=True)), strict=True))
    since = [moment for group in groups if (moment := group.longest_waiting_since()) is not None]
    return {
        "live": sum(sums[state] for state in STATES),
        **{name: sums[name] for name in (*STATES, "waiting")},
        "longest_waiting_since": min(since, default=None),
        "lost_track": sums["lost_track"],
        **{name: sums[name] for name in TODAYS},
        "day": day,
    }


def totals_from_database(scope: Scope, now: datetime) -> dict[str, Any]:
    """The same totals, counted by the database."""
    tracked = ~lost_track(now)
    live = live_at(among_few(scope), now).aggregate(
        all=Count("id"),
        **{state: Count("id", filter=tracked & Q(state=state)) for state in STATES},
        waiting=Count("id", filter=tracked & WAITING),
        longest_waiting_since=Min("began_at", filter=tracked & WAITING),
    )
    tracked_count = sum(live[state] for state in STATES)
    start, end = day_bounds(day_of(now))
    today = in_scope(scope).ended().filter(began_at__gte=start, began_at__lt=end)
    return {
        "live": tracked_count,
        "lost_track": live.pop("all") - tracked_count,
        **live,
        **today.aggregate(
            **{f"{outcome}_today": Count("id", Q(direction="incoming", outcome=outcome)) for outcome in TODAY},
            outgoing_today=Count("id", Q(direction=Direction.OUTGOING)),
        ),
        "day": day_of(now),
    }
