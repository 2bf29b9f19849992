"""Lengths, moments, figures and phone numbers as people read them.

`static/js/shared/format.js` has the same functions with the same results; a test runs one table of inputs through
both. Moments are shown in the site's time zone, everywhere and for everybody: one call began at one time of day.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from django.utils.translation import gettext_lazy as _

from calls.days import site_zone
from calls.display.wording import UNKNOWN
from calls.phones import country_code

MONTHS = [
    *(_("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun")),
    *(_("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"), _("Dec")),
]
_FORMS = phonenumbers.PhoneNumberFormat


# Lengths and figures


def length(seconds: int | None) -> str:
    """Whole seconds as 0:07, 12:40 or 1:02:03."""
    if seconds is None:
        return UNKNOWN
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about(seconds: float) -> str:
    """Seconds within a sentence: "12 s", "3 min", "2 h", "4 d"."""
    whole = max(0, int(seconds + 0.5))
    if whole < 90:
        return f"{whole} s"
    if whole < 5400:
        return f"{int(whole / 60 + 0.5)} min"
    return f"{int(whole / 3600 + 0.5)} h" if whole < 172_800 else f"{int(whole / 86_400 + 0.5)} d"


def figure(count: int) -> str:
    """A figure with its thousands parted: 1,240."""
    return f"{count:,}"


# Moments


def clock(moment: datetime) -> str:
    """The time of day: 17:42."""
    return f"{_local(moment):%H:%M}"


def clock_seconds(moment: datetime) -> str:
    """The time of day to the second: 17:42:10."""
    return f"{_local(moment):%H:%M:%S}"


def day(moment: datetime) -> str:
    """The day: 27 Nov 2026."""
    local = _local(moment)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}"


def day_time(moment: datetime, now: datetime) -> str:
    """Day and time of day, the year where it is not this one: 27 Nov, 17:42."""
    same = _local(moment).year == _local(now).year
    return f"{day(moment)[:-5] if same else day(moment)}, {clock(moment)}"


def exact(moment: datetime | None) -> str:
    """The moment in full, with the zone: 27 Nov 2026, 17:42:10 IST."""
    return f"{day(moment)}, {clock_seconds(moment)} {zone_word(moment)}" if moment else UNKNOWN


def when(moment: datetime | None, now: datetime) -> str:
    """Relative while young, the time of day when older, the day too when older still."""
    if moment is None:
        return UNKNOWN
    age = now - moment
    if age < timedelta(minutes=1):
        return "just now"
    if age < timedelta(hours=1):
        return f"{int(age.total_seconds() // 60)} min ago"
    return clock(moment) if age < timedelta(hours=20) else day_time(moment, now)


def zone_word(moment: datetime) -> str:
    """The site's zone at a moment, as people there call it ("IST"); where it has no name, UTC+4."""
    offset = _minutes(_local(moment))
    return zone_words(site_zone()).get(offset) or utc_word(offset)


def utc_word(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "") if minutes else "UTC"


@lru_cache(maxsize=8)
def zone_words(zone: ZoneInfo) -> Mapping[int, str]:
    """What a zone's offsets from UTC, in minutes, are called there: {330: "IST"}. Nameless ones are left out.

    A browser knows no such names, so it is handed these; both sides then say the same.
    """
    months = [datetime(year, month, 1, tzinfo=UTC).astimezone(zone) for year in range(2000, 2051) for month in (1, 7)]
    return {_minutes(at): name for at in months if (name := at.tzname() or "").isalpha()}


def _minutes(local: datetime) -> int:
    return round((local.utcoffset() or timedelta()).total_seconds() / 60)


def _local(moment: datetime) -> datetime:
    return moment.astimezone(site_zone())


# Phone numbers


def phone_parts(text: str | None) -> list[str]:
    """A phone number in the groups people read; anything that is none, whole. Masked digits keep their place."""
    if not text:
        return [UNKNOWN]
    return (spacing(text) or "").split() or simple_parts(text)


def phone(text: str | None) -> str:
    """A phone number for reading: +91 90000 00101."""
    return " ".join(phone_parts(text))


def simple_parts(text: str) -> list[str]:
    """The groups by a simple rule, which the browser knows too: ten digits in fives, others in threes."""
    digits = text.removeprefix("+")
    if not 5 <= len(digits) <= 15 or digits.strip("0123456789*•xX"):
        return [text]
    if digits == text:
        return _grouped(digits)
    code = country_code(text) or digits[:3]
    return [f"+{code}", *_grouped(digits[len(code) :])]


def _grouped(digits: str) -> list[str]:
    if len(digits) == 10:
        return [digits[:5], digits[5:]]
    if len(digits) > 7 and not digits.isdigit():
        return [*_grouped(digits[:-4]), digits[-4:]]  # What a masked number shows stays together.
    cut = max(0, (len(digits) - 2) // 3) if len(digits) > 4 else 0
    return [*(digits[at * 3 : at * 3 + 3] for at in range(cut)), digits[cut * 3 :]]


@lru_cache(maxsize=8_192)
def spacing(number: str) -> str | None:
    """An international number in its own country's groups, where these are others than `simple_parts` makes."""
    digits = number.removeprefix("+")
    if digits == number or not digits.isascii() or not digits.isdigit():
        return None
    if digits.startswith("91") and len(digits) == 12 and digits[2] in "6789":
        return None  # Indian mobiles: most calls here, and phonenumbers takes 50 us.
    try:
        spaced = phonenumbers.format_number(phonenumbers.parse(number), _FORMS.INTERNATIONAL).replace("-", " ")
    except phonenumbers.NumberParseException:
        return None
    # Some plans add a digit for reading: such a text would no longer copy as the number.
    same = spaced.replace(" ", "") == number
    return spaced if same and spaced.split() != simple_parts(number) else None


def browser_formats() -> dict[str, Any]:
    """What the scripts of a page must be told: the site's zone and its names."""
    zone = site_zone()
    return {
        "zone": zone.key,
        "zone_words": {str(offset): word for offset, word in zone_words(zone).items()},
        "months": [str(month) for month in MONTHS],
    }
