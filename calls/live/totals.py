"""The totals of a board (docs/events.md), in two forms that must agree: from memory, and counted by the database."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Min, Q

from calls.database.columns import TODAY, WAITING, lost_track
from calls.days import day_bounds, day_of
from calls.display.masking import mask_text
from calls.live.groups import STATES, SUMMED, TODAYS, GroupCalls
from calls.live.queries import among_few, in_scope, live_at
from calls.models.access import Scope
from calls.words import NO_GROUP, Direction

Figures = dict[str, int]


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


def totals_from_database(scope: Scope, now: datetime) -> tuple[dict[str, Any], dict[int | None, Figures]]:
    """The same totals, counted by the database; and today's figures by call group, of those that have any."""
    live = live_from_database(scope, now)
    today = today_from_database(scope, now)
    return {
        **live,
        **{name: sum(figures.get(name, 0) for figures in today.values()) for name in TODAYS},
        "day": day_of(now),
    }, today


def live_from_database(scope: Scope, now: datetime) -> dict[str, Any]:
    """The part of the totals that is about live calls."""
    tracked = ~lost_track(now)
    live = live_at(among_few(scope), now).aggregate(
        all=Count("id"),
        **{state: Count("id", filter=tracked & Q(state=state)) for state in STATES},
        waiting=Count("id", filter=tracked & WAITING),
        longest_waiting_since=Min("began_at", filter=tracked & WAITING),
    )
    tracked_count = sum(live[state] for state in STATES)
    return {"live": tracked_count, "lost_track": live.pop("all") - tracked_count, **live}


def waiting_by_group(scope: Scope, now: datetime) -> dict[int | None, tuple[datetime, datetime | None]]:
    """Of each group with customers who wait (None: no group): when the first call began, and when the first rang."""
    waiting = live_at(among_few(scope), now).filter(~lost_track(now) & WAITING)
    first = waiting.values("group_id").annotate(began=Min("began_at"), rang=Min("ringing_at"))
    return {each["group_id"]: (each["began"], each["rang"]) for each in first}


def today_from_database(scope: Scope, now: datetime) -> dict[int | None, Figures]:
    """Today's figures by group (None: no group), of those that have any. Today is a day of the site's time zone."""
    start, end = day_bounds(day_of(now))
    today = in_scope(scope).ended().filter(began_at__gte=start, began_at__lt=end).order_by()
    # Grouped by a sum: the index of the column itself would lead through the whole history.
    counted: Any = today.annotate(its=F("group_id") + 0).values("its")
    counted = counted.annotate(
        **{f"{outcome}_today": Count("id", Q(direction="incoming", outcome=outcome)) for outcome in TODAY},
        outgoing_today=Count("id", Q(direction=Direction.OUTGOING)),
    )
    found = {each["its"]: {name: each[name] for name in TODAYS if each[name]} for each in counted}
    return {group_id: figures for group_id, figures in found.items() if figures}


def by_name(figures: Mapping[int | None, Figures], names: Mapping[int, str], masked: bool) -> dict[str, Figures]:
    """Figures of groups under the names that rows say; `-` is for calls without a group, as in a board's filters.

    Groups whose names are alike once they are masked are one.
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for key, each in figures.items():
        found[group_name(key, names, masked)].update(each)
    return {name: dict(each) for name, each in found.items()}


def group_name(key: int | None, names: Mapping[int, str], masked: bool) -> str:
    """What rows call a group; `-` is for calls without one, as in a board's filters."""
    name = NO_GROUP if key is None else names.get(key, str(key))
    return (mask_text(name) or "") if masked else name
