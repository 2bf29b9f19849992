"""The live calls, the latest completed and the totals, straight from the database; and the first page of a board."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from django.db.models import Case, Count, F, IntegerField, Min, Q, When
from django.utils import timezone

from calls.database.columns import DAY, NOT_ANSWERED, TODAY, lost_track_after, read_calls
from calls.days import day_bounds, day_of
from calls.display.rows import encode, read_names, row
from calls.models import Call, Head
from calls.models.access import Scope, scope_of
from calls.models.call import CallQuerySet
from calls.words import Direction, State

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

SHOWN_ENDED = 200
FIRST_LIVE, FIRST_ENDED = 170, 30


def in_scope(scope: Scope) -> CallQuerySet:
    calls = Call.objects.standing()
    return calls if scope.groups is None else calls.filter(group_id__in=scope.groups)


def among_few(scope: Scope) -> CallQuerySet:
    """The same for queries that want few calls of all groups: the live, the latest.

    Their indexes find these at once; without the sum SQLite would look through a group's whole history instead.
    """
    calls = Call.objects.standing()
    return calls if scope.groups is None else calls.annotate(its=F("group_id") + 0).filter(its__in=scope.groups)


def live_at(calls: CallQuerySet, now: datetime) -> CallQuerySet:
    """The live calls that a board shows: lost ones leave a day after they were last heard of."""
    return calls.live().filter(heard_at__gt=now - DAY).order_by()


def latest_ended(calls: CallQuerySet, now: datetime, limit: int | None = SHOWN_ENDED) -> CallQuerySet:
    return calls.ended().filter(ended_at__gt=now - DAY).order_by("-ended_at", "-id")[:limit]


def lost_track(now: datetime) -> Q:
    """The condition of `Columns.lost_track_at`, for a query."""
    silent = Q(began_at__lt=F("heard_at") - DAY)
    for state, silence in lost_track_after().items():
        silent |= Q(state=state, heard_at__lte=now - silence)
    return silent


WAITING = Q(direction=Direction.INCOMING, state__in=NOT_ANSWERED)


def totals(scope: Scope, now: datetime) -> dict[str, Any]:
    """The totals of `docs/events.md`, counted by the database."""
    tracked = ~lost_track(now)
    states = [str(state) for state in State if state != State.ENDED]
    live = live_at(among_few(scope), now).aggregate(
        all=Count("id"),
        **{state: Count("id", filter=tracked & Q(state=state)) for state in states},
        waiting=Count("id", filter=tracked & WAITING),
        longest_waiting_since=Min("began_at", filter=tracked & WAITING),
    )
    tracked_count = sum(live[state] for state in states)
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


def most_urgent(live: CallQuerySet, now: datetime) -> CallQuerySet:
    """Longest waiting first, then other calls that nobody has answered, then the talking, then the lost."""
    rank = Case(
        When(lost_track(now), then=3),
        When(WAITING, then=0),
        When(state__in=NOT_ANSWERED, then=1),
        default=2,
        output_field=IntegerField(),
    )
    return live.order_by(rank, "began_at", "id")


def rows_for(scope: Scope, now: datetime, live: int | None, ended: int) -> Iterable[dict[str, Any]]:
    calls = among_few(scope)
    columns = read_calls(most_urgent(live_at(calls, now), now)[:live]) + read_calls(latest_ended(calls, now, ended))
    names = read_names()
    return [row(each, names, scope.masked) for each in columns]


def snapshot_for(
    user: "AbstractBaseUser | AnonymousUser", live: int | None = 200, ended: int = FIRST_ENDED
) -> dict[str, Any] | None:
    """A `snapshot` message for this person straight from the database, as plain JSON values (moments are text).

    It holds the `live` most urgent calls (None: all) and the `ended` latest completed; the totals are whole.
    None for somebody who may see nothing.
    """
    scope = scope_of(user)
    if scope is None:
        return None
    now = timezone.now()
    head = Head.objects.values("epoch", "seq").first() or {"epoch": "", "seq": 0}
    shown = {"totals": totals(scope, now), "calls": rows_for(scope, now, live, ended)}
    return orjson.loads(encode({"type": "snapshot", **head, "now": now, "part": 1, "parts": 1, **shown}))
