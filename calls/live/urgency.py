"""Which live calls a board shows first, in two forms that must agree: for calls in memory, and for a query.

Longest waiting first, then other calls that nobody has answered, then the talking, then the lost.
"""

from datetime import datetime

from django.db.models import Case, IntegerField, When

from calls.database.columns import NOT_ANSWERED, WAITING, lost_track
from calls.live.shown_call import ShownCall
from calls.models.call import CallQuerySet
from calls.words import State

FIRST_LIVE, FIRST_ENDED = 170, 30
"""The calls of a board's first screenful."""


def urgency(shown: ShownCall, now: datetime) -> tuple[int, datetime, int]:
    """The sort key of a live call."""
    call = shown.call
    if shown.lost_by(now):
        rank = 3
    elif call.state == State.TALKING:
        rank = 2
    else:
        rank = 0 if call.waiting else 1
    return rank, call.began_at, call.id


def most_urgent(live: CallQuerySet, now: datetime) -> CallQuerySet:
    """The same order of live calls, by the database."""
    rank = Case(
        When(lost_track(now), then=3),
        When(WAITING, then=0),
        When(state__in=NOT_ANSWERED, then=1),
        default=2,
        output_field=IntegerField(),
    )
    return live.order_by(rank, "began_at", "id")
