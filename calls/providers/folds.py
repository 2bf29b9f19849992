"""Folds: when a clock is set back, an hour comes twice, and a zone-less time in it has two readings.

Of these, the one counts that agrees with what else the delivery says: its length, that nothing ends before it
began, and when it came.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product

from calls.rules.events import CallEvent

from .values import Unreadable, moment, zone_of

_SOON = timedelta(hours=6)
"""A delivery that comes within this of a moment helps to choose its reading; what comes later is read again."""
_LEGS = ("leg_a_picked_at", "leg_b_started_at", "leg_b_picked_at")
_FIRST_YEAR, _LAST_YEAR = 2020, 2030


@lru_cache(maxsize=64)
def is_set_back(zone: str) -> bool:
    """Whether the clocks of this zone are ever changed. Those of most sources are not, and pay nothing."""
    months = [datetime(year, month, 1) for year in range(_FIRST_YEAR, _LAST_YEAR) for month in range(1, 13)]
    return len({zone_of(zone).utcoffset(month) for month in months}) > 1


def choose_readings(event: CallEvent, said: Mapping[str, str], zone: str) -> None:
    """Set the moments of an event to the readings that agree with each other."""
    starts = _readings(said["started_at"], zone)
    ends = _readings(said["ended_at"], zone) if event.ended_at else ()
    if starts and ends:
        pairs = product(starts, ends)
        event.started_at, event.ended_at = min(pairs, key=lambda pair: _disagreement(pair[0], pair[1], event))
    elif starts:
        event.started_at = min(starts, key=lambda start: _away(start, event.received_at))
    for name in _LEGS:
        legs = _readings(said[name], zone) if getattr(event, name) else ()
        if len(legs) > 1 and event.started_at:
            until = event.ended_at or event.received_at
            within = [leg for leg in legs if event.started_at <= leg <= until]
            setattr(event, name, (within or legs)[0])


def _disagreement(start: datetime, end: datetime, event: CallEvent) -> tuple[bool, timedelta, timedelta]:
    """How badly this reading fits: whether it ends before it began; its length; how far from its coming."""
    told = event.duration_seconds
    off = timedelta() if told is None else abs(end - start - timedelta(seconds=told))
    return end < start, off, _away(end, event.received_at)


def _away(at: datetime, received_at: datetime) -> timedelta:
    away = abs(received_at - at)
    return away if away < _SOON else timedelta()


@lru_cache(maxsize=1_024)
def _readings(text: str, zone: str) -> tuple[datetime, ...]:
    """The moments in UTC that this text may mean; two of a zone-less time in the hour that comes twice."""
    try:
        found = moment(text, zone)
        names_its_zone = moment(text, "UTC") == moment(text, "Etc/GMT+12")
    except Unreadable:
        return ()
    if found is None:
        return ()
    second = found.astimezone(zone_of(zone)).replace(fold=1).astimezone(UTC)
    return (found,) if second == found or names_its_zone else (found, second)
