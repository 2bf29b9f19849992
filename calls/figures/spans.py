"""Spans of time that sums are kept for, in the site's time zone, and the fewest of them that make up a range. Pure.

A quarter of an hour is numbered since 1970 (UTC), a day by its ordinal, a month by `year * 12 + month - 1`. An hour is
`day * 24 + hour`; one that a change of clocks repeats is one. An hour of the week of a month is
`month * 168 + weekday * 24 + hour`: what a heat map of many months is made of.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from calls.figures.parts import QUARTER_SECONDS, quarter_of

QUARTER, HOUR, DAY, MONTH, WEEK_HOUR = "q", "h", "d", "m", "w"
HOURS_OF_DAY, HOURS_OF_WEEK = 24, 168


class Places(NamedTuple):
    """The spans that a quarter of an hour lies in."""

    quarter: int
    hour: int
    day: int
    month: int
    week_hour: int


class Piece(NamedTuple):
    """Consecutive spans of one kind, `first` and `last` among them."""

    span: str
    first: int
    last: int


@lru_cache(maxsize=4_096)
def places_of(quarter: int, zone: ZoneInfo) -> Places:
    local = moment_of(quarter).astimezone(zone)
    day, month = local.toordinal(), month_of(local.date())
    hour_of_week = local.weekday() * HOURS_OF_DAY + local.hour
    return Places(quarter, day * HOURS_OF_DAY + local.hour, day, month, month * HOURS_OF_WEEK + hour_of_week)


def quarter_of_week(quarter: int, zone: ZoneInfo) -> int:
    """Which quarter of an hour of the week it is in a zone, from Monday 00:00."""
    local = moment_of(quarter).astimezone(zone)
    return (local.weekday() * HOURS_OF_DAY + local.hour) * 4 + local.minute // 15


def quarters_of_hour(hour: int, zone: ZoneInfo) -> list[int]:
    """The quarters of an hour of a day: four; eight where a change of clocks repeats it, none where it skips it."""
    day = date.fromordinal(hour // HOURS_OF_DAY)
    begin, end = (quarter_of(midnight(each, zone)) for each in (day, day + timedelta(1)))
    at = begin + hour % HOURS_OF_DAY * 4
    near = range(max(begin, at - 8), min(end, at + 12))
    return [quarter for quarter in near if places_of(quarter, zone).hour == hour]


def hours_of_week_hour(week_hour: int) -> list[int]:
    """The hours of a month that are this hour of the week."""
    month, within = divmod(week_hour, HOURS_OF_WEEK)
    weekday, hour = divmod(within, HOURS_OF_DAY)
    first, end = first_day(month).toordinal(), first_day(month + 1).toordinal()
    days = range(first + (weekday - date.fromordinal(first).weekday()) % 7, end, 7)
    return [day * HOURS_OF_DAY + hour for day in days]


def moment_of(quarter: int) -> datetime:
    """When a quarter of an hour begins (UTC), by its number since 1970."""
    return datetime.fromtimestamp(quarter * QUARTER_SECONDS, UTC)


def month_of(day: date) -> int:
    """The number of a month: twelve for each year, counted from the year 0."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """The first day of a month, by the number that `month_of` gives."""
    return date(month // 12, month % 12 + 1, 1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins (UTC)."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def pieces(start: datetime, end: datetime, zone: ZoneInfo, largest: str = MONTH) -> Iterator[Piece]:
    """The fewest spans that make up a range, none larger than `largest` (quarter, day, or month).

    Both moments are taken back to the quarter of an hour that they lie in.
    """
    first, last = quarter_of(start), quarter_of(end) - 1
    if first > last:
        return
    if largest == QUARTER:
        yield Piece(QUARTER, first, last)
        return
    from_day, to_day = _whole_days(first, last, zone)
    if from_day > to_day:
        yield Piece(QUARTER, first, last)
        return
    days_begin, days_end = quarter_of(midnight(from_day, zone)), quarter_of(midnight(to_day + timedelta(1), zone))
    if first < days_begin:
        yield Piece(QUARTER, first, days_begin - 1)
    yield from _days(from_day, to_day, largest)
    if days_end <= last:
        yield Piece(QUARTER, days_end, last)


def _whole_days(first: int, last: int, zone: ZoneInfo) -> tuple[date, date]:
    """The first and the last day that lie wholly within these quarters; the last before the first where none does."""
    begins, ends = moment_of(first).astimezone(zone).date(), moment_of(last + 1).astimezone(zone).date()
    if quarter_of(midnight(begins, zone)) < first:
        begins += timedelta(1)
    return begins, ends - timedelta(1)


def days_in(piece: Piece) -> tuple[int, int]:
    """The ordinals of the first and the last day of spans that make up whole days."""
    match piece.span:
        case "h":
            return piece.first // HOURS_OF_DAY, piece.last // HOURS_OF_DAY
        case "d":
            return piece.first, piece.last
        case "w":
            piece = Piece(MONTH, piece.first // HOURS_OF_WEEK, piece.last // HOURS_OF_WEEK)
    return first_day(piece.first).toordinal(), first_day(piece.last + 1).toordinal() - 1


def quarters_of_days(first: int, last: int, zone: ZoneInfo) -> tuple[int, int]:
    """The first and the last quarter of an hour of these days, by their ordinals."""
    begin, end = (quarter_of(midnight(date.fromordinal(day), zone)) for day in (first, last + 1))
    return begin, end - 1


def _days(first: date, last: date, largest: str) -> Iterator[Piece]:
    from_month = month_of(first) if first.day == 1 else month_of(first) + 1
    to_month = month_of(last + timedelta(1)) - 1
    if largest == DAY or from_month > to_month:
        yield Piece(DAY, first.toordinal(), last.toordinal())
        return
    months_begin, months_end = first_day(from_month).toordinal(), first_day(to_month + 1).toordinal()
    if first.toordinal() < months_begin:
        yield Piece(DAY, first.toordinal(), months_begin - 1)
    yield Piece(MONTH, from_month, to_month)
    if months_end <= last.toordinal():
        yield Piece(DAY, months_end, last.toordinal())
