"""Wrong clocks: by how much the times of a source's calls are ahead or behind, as when its time zone is set wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from calls.models import Call, Source
from calls.models.call import CallQuerySet
from calls.rules.clocks import WRONG_CLOCK

LOOKED_BACK = timedelta(hours=24)
CALLS_LOOKED_AT = 12
"""Of each source: its latest ones. Once the zone is set right, as many calls later nothing is said any more."""
LEAST_WRONG, LEAST_SHARE = 3, 1 / 3
"""From how many of them on it is the clock, and not a call."""
ZONES_APART_SECONDS = 900
"""All time zones lie whole quarters of an hour apart; an event needs a moment to come."""

LATE = timedelta(minutes=20)
"""No report of a source comes sooner after its call's end than this: its clock is behind, if that stays so."""
STEADY_FOR, STEADY = timedelta(minutes=60), timedelta(minutes=3)
"""For so long by the ends of calls, within so much. What was held up and is delivered afterwards comes in a burst, or
ever less late; a clock that is behind makes reports late by the same for hours."""
END_IS_OURS = WRONG_CLOCK | {"end_time_assumed", "times_disagree"}
"""Flags of calls whose end is not the one that the provider told."""


@dataclass(frozen=True, slots=True)
class WrongClock:
    """The times of `source` are ahead of ours by so many seconds, or behind, where it is negative.

    `of_reports`: that follows from how late its reports come. Nothing in a single call tells it, so none was put right.
    """

    source: Source
    seconds_ahead: int
    of_reports: bool = False


def wrong_clocks(now: datetime) -> list[WrongClock]:
    """The sources whose latest calls have times that cannot be. Reads a few dozen calls of each."""
    return [found for source in Source.objects.filter(enabled=True) if (found := _wrong_clock(source, now))]


def _wrong_clock(source: Source, now: datetime) -> WrongClock | None:
    if ahead := _seconds_ahead(source, now - LOOKED_BACK):
        return WrongClock(source, ahead)
    behind = _seconds_behind(source, now - LOOKED_BACK)
    return WrongClock(source, -behind, of_reports=True) if behind else None


def _seconds_ahead(source: Source, after: datetime) -> int:
    # By when they were heard of: a call with a wrong clock began then.
    calls = Call.objects.standing().filter(source=source, began_at__gte=after).order_by("-began_at", "-id")
    latest = list(calls.values_list("flags", "started_at", "began_at")[:CALLS_LOOKED_AT])
    off = [
        (started_at - began_at).total_seconds()
        for flags, started_at, began_at in latest
        if started_at and not WRONG_CLOCK.isdisjoint(flags)
    ]
    if len(off) < max(LEAST_WRONG, LEAST_SHARE * len(latest)):
        return 0
    return round(median(off) / ZONES_APART_SECONDS) * ZONES_APART_SECONDS


def _seconds_behind(source: Source, after: datetime) -> int:
    """By how much the clock is behind, by reports alone: how late the soonest of the latest came, and of earlier ones.

    The soonest, since one report can be late for many reasons, but none can come before its call has ended.
    """
    calls = Call.objects.ended().filter(source=source, provisional=False, ended_at__gte=after)
    latest = _told_ends(calls)
    if not latest:
        return 0
    oldest = min(latest[-1][0], latest[0][0] - STEADY_FOR)
    soonest, before = _soonest(latest), _soonest(_told_ends(calls.filter(ended_at__lt=oldest)))
    if soonest is None or before is None or soonest < LATE or abs(soonest - before) > STEADY:
        return 0
    return round(soonest.total_seconds() / ZONES_APART_SECONDS) * ZONES_APART_SECONDS


def _told_ends(calls: CallQuerySet) -> list[tuple[datetime, datetime]]:
    """When the latest of these calls ended, by the provider, and when we were told; latest first."""
    rows = calls.order_by("-ended_at", "-id").values_list("ended_at", "heard_at", "flags")[:CALLS_LOOKED_AT]
    return [(ended, heard) for ended, heard, flags in rows if ended and END_IS_OURS.isdisjoint(flags)]


def _soonest(told: list[tuple[datetime, datetime]]) -> timedelta | None:
    return min(heard - ended for ended, heard in told) if len(told) >= LEAST_WRONG else None
