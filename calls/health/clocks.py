"""Wrong clocks: by how much the times of a source's calls are ahead or behind, as when its time zone is set wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from calls.models import Call, Source
from calls.rules.clocks import WRONG_CLOCK

LOOKED_BACK = timedelta(hours=24)
CALLS_LOOKED_AT = 12
"""Of each source: its latest ones. Once the zone is set right, as many calls later nothing is said any more."""
LEAST_WRONG, LEAST_SHARE = 3, 1 / 3
"""From how many of them on it is the clock, and not a call. Of reports alone nobody can tell that a clock is behind."""
ZONES_APART_SECONDS = 900
"""All time zones lie whole quarters of an hour apart; an event needs a moment to come."""


@dataclass(frozen=True, slots=True)
class WrongClock:
    """The times of `source` are ahead of ours by so many seconds, or behind, where it is negative."""

    source: Source
    seconds_ahead: int


def wrong_clocks(now: datetime) -> list[WrongClock]:
    """The sources whose latest calls have times that cannot be. Reads a dozen calls of each."""
    found = [(source, _seconds_ahead(source, now - LOOKED_BACK)) for source in Source.objects.filter(enabled=True)]
    return [WrongClock(source, ahead) for source, ahead in found if ahead]


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
