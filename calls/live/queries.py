"""Which calls a board shows, as queries."""

from datetime import datetime

from django.db.models import F, Q

from calls.database.columns import DAY
from calls.models import Call
from calls.models.access import Scope
from calls.models.call import CallQuerySet

SHOWN_ENDED = 200
"""Completed calls that a board shows."""


def in_scope(scope: Scope) -> CallQuerySet:
    calls = Call.objects.standing()
    return calls if scope.groups is None else calls.filter(group_id__in=scope.groups)


def among_few(scope: Scope) -> CallQuerySet:
    """The same for queries that want few calls of all groups: the live, the latest.

    Their indexes find these at once; without the sum SQLite would look through a group's whole history instead.
    """
    calls = Call.objects.standing()
    return calls if scope.groups is None else calls.annotate(its=F("group_id") + 0).filter(its__in=scope.groups)


def of_groups(calls: CallQuerySet, groups: frozenset[int | None] | None) -> CallQuerySet:
    """Those of these groups (None among them: the calls without one). With the same sum, for the same reason."""
    if groups is None:
        return calls
    chosen = Q(chosen__in=[group for group in groups if group is not None])
    if None in groups:
        chosen |= Q(chosen=None)
    return calls.annotate(chosen=F("group_id") + 0).filter(chosen)


def live_at(calls: CallQuerySet, now: datetime) -> CallQuerySet:
    """The live calls that a board shows: lost ones leave a day after they were last heard of."""
    return calls.live().filter(heard_at__gt=now - DAY).order_by()


def latest_ended(calls: CallQuerySet, now: datetime, limit: int | None = SHOWN_ENDED) -> CallQuerySet:
    """The calls that ended within a day before `now`, the latest first; all of them where `limit` is None."""
    return calls.ended().filter(ended_at__gt=now - DAY).order_by("-ended_at", "-id")[:limit]
