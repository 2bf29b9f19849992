"""What a page, a file or a program asks of the figures: a span, a split, and what it is narrowed to.

Everything stands in the address, so each view of figures is a link that says the same to whoever opens it.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from calls.days import day_of, is_possible, site_zone
from calls.display.masking import MASK, mask_text
from calls.display.wording import Text
from calls.figures.reading import Asked
from calls.figures.spans import midnight
from calls.figures.splits import Whose
from calls.models import CallGroup
from calls.models.access import Scope
from calls.words import NO_GROUP

LONGEST_DAYS = 732
MOST_GROUPS = 300
BUSINESS = "business"
LATELY = timedelta(minutes=30)
LONGEST_BY_QUARTER = timedelta(days=2, hours=1)
"""Two days, also where clocks are put back within them: nobody reads more quarters of an hour."""
SPANS: Mapping[str, Text] = {
    "30m": _("30 minutes"),
    "today": _("Today"),
    "yesterday": _("Yesterday"),
    "7d": _("7 days"),
    "30d": _("30 days"),
    "month": _("This month"),
    "last-month": _("Last month"),
    "days": _("Days"),
    "moments": _("From one moment to another"),
}
NAMED_ENDS = ("days", "moments")
"""The spans whose first and last day, or moments, stand in the address."""
BY: Mapping[str, Text] = {
    "group": _("Group"),
    "agent": _("Agent"),
    "line": _("Line"),
    "source": _("Source"),
    "day": _("Day"),
    "weekday": _("Weekday"),
    "hour": _("Hour"),
    "quarter": _("Quarter of an hour"),
    "week_hour": _("Hour of the week"),
}
DAILY = ("agent", "line")
"""The splits that are kept by the day: they have no figures within business hours."""
HOURS: Mapping[str, Text] = {"": _("All hours"), BUSINESS: _("Business hours")}


class Unanswerable(ValueError):
    """What was asked for makes no sense; `parameter` is the name of what is wrong, the text says why."""

    def __init__(self, parameter: str, why: str) -> None:
        super().__init__(why)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Question:
    """A span, the way it is split, and what it is narrowed to.

    `first` and `last` are days of the site's time zone, both within the span. `between` is a span that begins and ends
    within a day: the calls that began from one moment until before another (UTC). `of` is one row of the split, as
    `token_of` names it: "" for all of them. `groups` are names of call groups in any spelling, `NO_GROUP` for the
    calls without one; none for all. `hours` is "business" for calls within the business hours of their groups.
    """

    span: str
    first: date
    last: date
    by: str
    now: datetime
    groups: tuple[str, ...] = ()
    of: str = ""
    hours: str = ""
    between: tuple[datetime, datetime] | None = None

    def bounds(self) -> tuple[datetime, datetime]:
        """The moment at which the span begins, and that before which it ends (UTC)."""
        if self.between:
            return self.between
        if self.is_lately:
            return self.now - LATELY, self.now
        zone = site_zone()
        return midnight(self.first, zone), midnight(self.last + timedelta(1), zone)

    def asked(self, scope: Scope) -> Asked:
        """The calls that began within the span; of one that is not over, until now."""
        groups = _ids_of(self.groups, scope.masked) if self.groups else None
        return Asked(*self.bounds(), scope, groups, business=self.hours == BUSINESS)

    def within(self, start: datetime, end: datetime) -> "Question":
        """The same question about the calls that began from one moment until before another."""
        first, last = day_of(start), day_of(max(start, end - timedelta(microseconds=1)))
        return replace(self, span="moments", first=first, last=last, between=(start, end))

    def before(self) -> "Question":
        """The span before, of the same length.

        Of a span that goes on it is only as much as this one has come to: half a day is not compared with a whole one.
        """
        start, end = self.bounds()
        if self.between or self.is_lately:
            return self.within(start - (end - start), start)
        days = self._days_before()
        if not start <= self.now < end:
            return days
        first, after_last = days.bounds()
        # By the clock on the wall: of a day on which clocks change, ten in the morning is compared with ten.
        come_to = _on_the_wall(first) + (_on_the_wall(self.now) - _on_the_wall(start))
        return days.within(first, min(after_last, come_to.replace(tzinfo=site_zone()).astimezone(UTC)))

    def _days_before(self) -> "Question":
        if self.span in ("month", "last-month"):
            last = self.first - timedelta(1)
            return replace(self, span="days", first=last.replace(day=1), last=last)
        length = self.last - self.first + timedelta(1)
        return replace(self, span="days", first=self.first - length, last=self.last - length)

    def fixed(self) -> "Question":
        """The same span by its days, or its moments, so that its address means the same tomorrow."""
        if self.is_lately:
            return self.within(*self.bounds())
        return self if self.between else replace(self, span="days")

    def stopped(self) -> "Question":
        """The same, and of a span that goes on only until now: for figures that time alone changes."""
        start, end = self.bounds()
        return self.within(start, self.now) if start < self.now < end else self.fixed()

    @property
    def is_lately(self) -> bool:
        """Whether the span is the last 30 minutes, to the second; its days are only those that they lie in."""
        return self.span == "30m"

    @property
    def is_short(self) -> bool:
        """Whether the span can be split by quarter of an hour."""
        start, end = self.bounds()
        return end - start <= LONGEST_BY_QUARTER

    @property
    def ends(self) -> dict[str, str]:
        """`from` and `to` as an address names them: two days, or two moments."""
        if self.between:
            first, last = (moment.isoformat().replace("+00:00", "Z") for moment in self.between)
        else:
            first, last = self.first.isoformat(), self.last.isoformat()
        return {"from": first, "to": last}

    @property
    def days(self) -> int:
        """How many days it asks for, the first and the last included."""
        return (self.last - self.first).days + 1

    def address(self, **changes: object) -> str:
        """The query of this question with some parameters changed; those that say nothing are left out."""
        said: dict[str, object] = {
            "span": self.span,
            "by": self.by,
            "group": self.groups,
            "of": self.of,
            "hours": self.hours,
        }
        if self.span in NAMED_ENDS:
            said |= self.ends
        said |= changes
        if said["span"] not in NAMED_ENDS:
            said |= {"from": "", "to": ""}
        return urlencode({name: value for name, value in said.items() if value not in ("", None)}, doseq=True, safe=":")


def _on_the_wall(moment: datetime) -> datetime:
    """The site's date and time of a moment, as a clock on its wall shows them."""
    return moment.astimezone(site_zone()).replace(tzinfo=None)


def _ids_of(names: Collection[str], masked: bool) -> frozenset[int | None]:
    """The groups of these names; a name that none has stands for no call. Masked people say names as they see them.

    All names are looked for at once: hundreds may be asked for, several times for a page.
    """
    said = {name for name in names if name != NO_GROUP}
    found: set[int | None] = set(CallGroup.objects.meant_by(*said).values_list("id", flat=True))
    if NO_GROUP in names:
        found.add(None)
    if masked and (hidden := {name for name in said if MASK in name}):
        groups = CallGroup.objects.values_list("id", "name")
        found |= {group for group, its in groups if mask_text(its) in hidden}
    return frozenset(found or {-1})


def question(said: QueryDict, now: datetime) -> Question:
    """Read the parameters `span`, `from`, `to`, `by`, `group`, `of` and `hours`. Raises Unanswerable."""
    by = said.get("by") or "group"
    if by not in BY:
        raise Unanswerable("by", f"Not one of {', '.join(BY)}.")
    span = said.get("span") or _span_of(said.get("from") or said.get("to") or "")
    if span not in SPANS:
        raise Unanswerable("span", f"Not one of {', '.join(SPANS)}.")
    first, last = _days(span, said, now)
    groups = tuple(dict.fromkeys(name for name in said.getlist("group") if name.strip()))[:MOST_GROUPS]
    asked = Question(span, first, last, by, now, groups, said.get("of", "")[:80], _hours(said.get("hours", ""), by))
    asked = asked.within(*_moments(said)) if span == "moments" else asked
    if by == "quarter" and not asked.is_short:
        raise Unanswerable("by", "By quarter of an hour there are figures of two days at most.")
    return asked


def _span_of(end: str) -> str:
    """What span one of its ends names: days, moments, or none."""
    return ("moments" if "T" in end else "days") if end else "today"


def _hours(hours: str, by: str) -> str:
    if hours not in HOURS:
        raise Unanswerable("hours", f"Not {BUSINESS}.")
    if hours and by in DAILY:
        raise Unanswerable("hours", "Figures by agent and by line are kept by the day: there are none within hours.")
    return hours


def _days(span: str, said: QueryDict, now: datetime) -> tuple[date, date]:
    return _chosen(said, day_of(now)) if span == "days" else days_of(span, now)


def days_of(span: str, now: datetime) -> tuple[date, date]:
    """The first and the last day of a span of `SPANS`, of one that names no ends."""
    today = day_of(now)
    match span:
        case "30m":
            return day_of(now - LATELY), today
        case "yesterday":
            return today - timedelta(1), today - timedelta(1)
        case "7d" | "30d":
            return today - timedelta(int(span[:-1]) - 1), today
        case "month":
            return today.replace(day=1), today
        case "last-month":
            last = today.replace(day=1) - timedelta(1)
            return last.replace(day=1), last
    return today, today


def _chosen(said: QueryDict, today: date) -> tuple[date, date]:
    first = _day("from", said.get("from") or said.get("to") or today.isoformat())
    last = _day("to", said.get("to") or today.isoformat())
    if last < first:
        raise Unanswerable("to", "The last day is before the first.")
    _look_at_length(last - first)
    return first, last


def _moments(said: QueryDict) -> tuple[datetime, datetime]:
    start, end = (_moment(name, said.get(name, "")) for name in ("from", "to"))
    if end < start:
        raise Unanswerable("to", "It is before the first moment.")
    _look_at_length(end - start)
    return start, end


def _look_at_length(length: timedelta) -> None:
    if length >= timedelta(LONGEST_DAYS):
        raise Unanswerable("from", f"At most {LONGEST_DAYS} days at once.")


def _day(name: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
        if _has_neighbours(day):
            return day
    except (ValueError, OverflowError):
        pass
    raise Unanswerable(name, "Not a day like 2026-11-27.")


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo and _has_neighbours(moment.date()):
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Unanswerable(name, "Not a moment like 2026-11-27T08:15Z.")


def _has_neighbours(day: date) -> bool:
    """Whether there are days enough on both sides: for the span before, and the site's zone."""
    return all(is_possible(midnight(each, site_zone())) for each in (day - timedelta(800), day + timedelta(2)))


def token_of(by: str, whose: Whose) -> str:
    """What names a row of a split in an address. Phone numbers are never in one: a stand-in is, for this site only."""
    if by not in ("agent", "line"):
        return str(whose)
    return hashlib.blake2b(str(whose).encode(), key=settings.SECRET_KEY.encode()[:64], digest_size=8).hexdigest()
