"""Business hours: which quarters of an hour of a week a group is open for, in the site's time zone. Pure.

They are written as `Mon-Fri 09:30-13:00 14:00-18:30; Sat 10:00-14:00`: days in English, times in quarters of an hour. A
time that is not after the one before it is on the next day (`Fri 22:00-06:00`).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
QUARTERS_OF_HOUR, QUARTERS_OF_DAY, QUARTERS_OF_WEEK = 4, 96, 672
_DAYS = re.compile(r"([a-z]{3})[a-z]*(?:\s*-\s*([a-z]{3})[a-z]*)?")
_STRETCH = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")
_LINE = re.compile(r"(?P<days>[a-z\s,-]+)(?P<stretches>\d[\d:\s,-]*)")


class Hours(NamedTuple):
    """`text` as it was written; `open` has a bit for each quarter of an hour of the week, Monday 00:00 first."""

    text: str
    open: int

    def has(self, quarter: int) -> bool:
        """Whether a quarter of an hour of the week lies within the hours."""
        return bool(self.open >> quarter & 1)

    def share_of_hour(self, hour: int) -> int:
        """How many of the four quarters of an hour of the week lie within."""
        return (self.open >> hour * QUARTERS_OF_HOUR & 0b1111).bit_count()


@lru_cache(maxsize=512)
def hours_of(text: str) -> Hours | None:
    """Read business hours; None for an empty text: always open. Raises ValueError with a sentence for people."""
    if not text.strip():
        return None
    found = 0
    for line in re.split(r"[;\n]", text.lower()):
        if line.strip():
            for quarter in _line(line.strip()):
                found |= 1 << quarter
    if not found:
        raise ValueError("There is no hour in it.")
    return Hours(text.strip(), found)


def _line(line: str) -> Iterator[int]:
    """The quarters of one line: its days, each with its stretches."""
    parts = _LINE.fullmatch(line)
    if parts is None:
        raise ValueError(f"“{line}” is not like “Mon-Fri 09:30-18:30”.")
    stretches = [_stretch(each) for each in re.split(r"(?<=\d)[\s,]+(?=\d)", parts["stretches"].strip(" ,"))]
    for day in _days_of(parts["days"]):
        for first, last in stretches:
            for quarter in range(first, last):
                yield (day * QUARTERS_OF_DAY + quarter) % QUARTERS_OF_WEEK


def _days_of(text: str) -> Iterator[int]:
    for each in text.split(","):
        named = _DAYS.fullmatch(each.strip())
        if named is None:
            raise ValueError(f"“{each.strip()}” is no day: Mon, Tue, Wed, Thu, Fri, Sat, Sun.")
        first, last = (_day(name) for name in (named[1], named[2] or named[1]))
        yield from ((first + step) % len(DAYS) for step in range((last - first) % len(DAYS) + 1))


def _day(name: str) -> int:
    if name.capitalize() not in DAYS:
        raise ValueError(f"“{name}” is no day: Mon, Tue, Wed, Thu, Fri, Sat, Sun.")
    return DAYS.index(name.capitalize())


def _stretch(text: str) -> tuple[int, int]:
    """The first quarter of a day and the one after the last, beyond the day where it goes on after midnight."""
    times = _STRETCH.fullmatch(text)
    if times is None:
        raise ValueError(f"“{text}” is not like “09:30-18:30”.")
    first, last = _quarter(times[1], times[2]), _quarter(times[3], times[4])
    if first == QUARTERS_OF_DAY:
        raise ValueError(f"“{text}” begins when the day is over.")
    return first, last if last > first else last + QUARTERS_OF_DAY


def _quarter(hours: str, minutes: str) -> int:
    whole = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or whole > 24 * 60:
        raise ValueError(f"{hours}:{minutes} is no time of a day.")
    if whole % 15:
        raise ValueError(f"{hours}:{minutes}: figures are kept by the quarter of an hour, so :00, :15, :30 or :45.")
    return whole // 15
