"""What figures are split by, and which row of a split a call or a cell belongs to."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from calls.database.columns import Columns
from calls.days import site_zone
from calls.figures.cells import BY_AGENT, BY_LINE
from calls.figures.parts import quarter_of
from calls.figures.spans import (
    DAY,
    HOUR,
    HOURS_OF_DAY,
    HOURS_OF_WEEK,
    MONTH,
    QUARTER,
    WEEK_HOUR,
    midnight,
    moment_of,
    places_of,
    quarters_of_hour,
)

By = str
"""What figures are split by: nothing (""), "group", "agent", "line", "source", "day", "hour" (of the day), "weekday",
"week_hour" (weekday and hour), "quarter".
"""
SPLITS: dict[By, tuple[str, str]] = {
    "": ("", MONTH),
    "group": ("", MONTH),
    "source": ("", MONTH),
    "agent": (BY_AGENT, MONTH),
    "line": (BY_LINE, MONTH),
    "day": ("", DAY),
    "hour": ("", WEEK_HOUR),
    "weekday": ("", DAY),
    "week_hour": ("", WEEK_HOUR),
    "quarter": ("", QUARTER),
}
"""Of each the kind of cell, and the largest span that can still be told apart."""
TIMES = ("day", "weekday", "hour", "quarter", "week_hour")
"""The splits by when a call began: their rows stand in the order of time."""
NARROWED = ("", "group", "source", "day", "agent", "line")
"""The splits that figures of one agent or one line have."""

Whose = int | str
"""What a figure is of, by what was asked for: a group's or source's id (0: none), a number, a day's ordinal, ..."""


def whose_of(call: Columns, by: By) -> Whose:
    """What a call belongs to in a split."""
    match by:
        case "group":
            return call.group_id or 0
        case "source":
            return call.source_id
        case "agent":
            return call.agent_number or ""
        case "line":
            return call.virtual_number or ""
        case "":
            return ""
    return when(by, QUARTER, quarter_of(call.began_at), site_zone())


def when(by: By, span: str, start: int, zone: ZoneInfo) -> int:
    """The quarter, day, hour or weekday of a span; of a larger one only what it is not parted by."""
    if by == "quarter":
        return start
    if by == "day":
        return start if span == DAY else start // HOURS_OF_DAY if span == HOUR else places_of(start, zone).day
    if by == "weekday" and span == DAY:
        return date.fromordinal(start).weekday()
    hour = hour_of_week(span, start, zone)
    return {"week_hour": hour, "weekday": hour // HOURS_OF_DAY, "hour": hour % HOURS_OF_DAY}[by]


def hour_of_week(span: str, start: int, zone: ZoneInfo) -> int:
    """The hour of the week, from Monday 00:00 in the site's zone, in which a span lies (none larger than an hour)."""
    if span == WEEK_HOUR:
        return start % HOURS_OF_WEEK
    if span == HOUR:
        day, hour = divmod(start, HOURS_OF_DAY)
        return date.fromordinal(day).weekday() * HOURS_OF_DAY + hour
    return places_of(start, zone).week_hour % HOURS_OF_WEEK


def windows(
    start: datetime, end: datetime, by: By, whose: Whose | None, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of a range in which calls of this row began, the latest first: all of it, its days, or shorter."""
    if whose is None or by not in TIMES:
        yield start, end
        return
    if by == "quarter":
        yield max(start, moment_of(int(whose))), min(end, moment_of(int(whose) + 1))
        return
    for day in range(end.astimezone(zone).toordinal(), start.astimezone(zone).toordinal() - 1, -1):
        for begins, ends in _of_day(day, by, int(whose), zone):
            if begins < end and ends > start:
                yield max(start, begins), min(end, ends)


def _of_day(day: int, by: By, whose: int, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """What of a day belongs to a row: the whole day, an hour, or nothing. An hour is missing where clocks skip it."""
    weekday = date.fromordinal(day).weekday()
    if whose == {"day": day, "weekday": weekday}.get(by):
        yield midnight(date.fromordinal(day), zone), midnight(date.fromordinal(day + 1), zone)
    if by == "hour" or (by == "week_hour" and whose // HOURS_OF_DAY == weekday):
        quarters = quarters_of_hour(day * HOURS_OF_DAY + whose % HOURS_OF_DAY, zone)
        if quarters:
            yield moment_of(quarters[0]), moment_of(quarters[-1] + 1)
