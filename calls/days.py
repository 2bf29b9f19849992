"""Days in the site's time zone: which day a moment falls on, and where a day begins and ends."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from calls.whole_numbers import whole_number

FIRST, AFTER_LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Moments that may be asked for: others overflow in a database, or in a change of time zone."""
_MICROSECOND = timedelta(microseconds=1)
_LATEST = (AFTER_LAST - FIRST) // _MICROSECOND - 1


def is_possible(moment: datetime) -> bool:
    """Whether an aware moment is one of 1970 to 2099 (UTC)."""
    return FIRST <= moment < AFTER_LAST


def moment_from(text: str) -> datetime | None:
    """The moment (UTC) so many microseconds after the beginning of 1970; None for text that names no possible one."""
    number = whole_number(text, _LATEST)
    return None if number is None else FIRST + number * _MICROSECOND


def site_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def day_of(moment: datetime) -> date:
    """The day, in the site's time zone, that a moment falls on."""
    return moment.astimezone(site_zone()).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The first moment of a day in the site's time zone, and that of the next one (UTC)."""
    starts = (datetime.combine(each, time(), site_zone()) for each in (day, day + timedelta(days=1)))
    start, end = (moment.astimezone(UTC) for moment in starts)
    return start, end
