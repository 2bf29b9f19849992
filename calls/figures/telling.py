"""Figures told: the numbers of a question with their words, as pages, files and programs show them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from calls.days import day_of
from calls.display import formats
from calls.display.masking import mask, mask_text
from calls.figures.asking import Question, token_of
from calls.figures.close_look import Found
from calls.figures.definitions import FIGURES, Figure, Value, level_by
from calls.figures.found import Reading
from calls.figures.group_rules import Rules
from calls.figures.levels import LEVELS
from calls.figures.parts import quarter_of
from calls.figures.spans import HOURS_OF_DAY, HOURS_OF_WEEK, moment_of
from calls.figures.splits import TIMES, Whose
from calls.figures.sums import Tally
from calls.figures.text import NOTHING, text_of
from calls.models import Agent, CallGroup, Source, VirtualNumber
from calls.models.access import Scope
from calls.phones import match_key
from calls.whole_numbers import LARGEST_ID, whole_number

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
COLUMNS = (
    "offered",
    "answered",
    "lost",
    "lost-rate",
    "service-level",
    "average-wait",
    "wait-90",
    "talk-time",
    "outgoing",
)
"""The figures of a table of rows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a split: what it is of, in words and in an address, and its calls as counted."""

    whose: Whose
    token: str
    name: str
    number: str
    tally: Tally

    def told(self, names: Iterable[str] = COLUMNS) -> list[tuple[Figure, Value, str]]:
        return [(FIGURES[name], value := FIGURES[name].of(self.tally), text_of(value)) for name in names]


def rows_of(question: Question, reading: Reading, rules: Rules, scope: Scope) -> list[Row]:
    """The rows of a split: by time in its order, others by how many calls they had."""
    named, rows = _names(question, scope), []
    for whose, tally in reading.tallies(rules).items():
        if has_calls(tally):
            name, number = named(whose)
            rows.append(Row(whose, token_of(question.by, whose), name, number, tally))
    if question.by in TIMES:
        return sorted(rows, key=lambda row: row.whose)
    return sorted(rows, key=lambda row: (-row.tally.marks.total(), row.name))


def has_calls(tally: Tally) -> bool:
    """Whether it counts any call from or to a customer."""
    return any(FIGURES[name].of(tally).numerator for name in ("offered", "outgoing", "menu-only"))


def row_named(question: Question, rows: list[Row], scope: Scope) -> Row | None:
    """The row that `of` stands for; one without calls where it may have some at another moment, or None."""
    named = next((row for row in rows if row.token == question.of), None)
    whose = whole_number(question.of, LARGEST_ID)
    if named or whose is None:
        return named
    if not _can_be(question, whose, scope):
        return None
    name, number = _names(question, scope)(whose)
    return Row(whose, question.of, name, number, Tally())


def _can_be(question: Question, whose: int, scope: Scope) -> bool:
    if question.by == "group":
        exists = not whose or CallGroup.objects.filter(pk=whose).exists()
        return exists and scope.allows(whose or None)
    if question.by == "quarter":
        start, end = question.bounds()
        return quarter_of(start) <= whose <= quarter_of(end - timedelta(microseconds=1))
    first, last = question.first.toordinal(), question.last.toordinal()
    many = {"weekday": len(WEEKDAYS), "hour": HOURS_OF_DAY, "week_hour": HOURS_OF_WEEK}
    return first <= whose <= last if question.by == "day" else whose < many.get(question.by, 0)


def _names(question: Question, scope: Scope) -> Callable[[Any], tuple[str, str]]:
    """How a row is called, and the phone number beside the name."""
    match question.by:
        case "group":
            groups = group_names(scope)
            return lambda whose: (groups[whose], "")
        case "source":
            sources = {source: _shown(name, scope) for source, name in Source.objects.values_list("id", "name")}
            return lambda whose: (sources.get(whose, NOTHING), "")
        case "agent" | "line":
            return named_numbers(question.by, scope)
        case "day":
            return lambda whose: (day_words(date.fromordinal(whose)), "")
        case "weekday":
            return lambda whose: (WEEKDAYS[whose], "")
        case "quarter":
            return lambda whose: (quarter_words(whose, question), "")
        case "week_hour":
            return lambda whose: (f"{WEEKDAYS[whose // HOURS_OF_DAY]} {whose % HOURS_OF_DAY:02}:00", "")
    return lambda whose: (f"{whose:02}:00", "")


def group_names(scope: Scope) -> Mapping[int, str]:
    """What each group is called (0: calls without one), also one that is gone and left the figures of pruned calls."""
    names: dict[int, str] = defaultdict(lambda: "A group that was deleted")
    names |= {group: _shown(name, scope) for group, name in CallGroup.objects.values_list("id", "name")}
    names[0] = "No group"
    return names


def _shown(name: str, scope: Scope) -> str:
    """A name may hold a number, and masked people never receive one."""
    return (mask_text(name) or "") if scope.masked else name


def day_words(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()][:3]} {day.day} {formats.MONTHS[day.month - 1]}"


def quarter_words(quarter: int, question: Question) -> str:
    """When it begins: "09:15", with its day where the span has more, and with the zone where that changes meanwhile."""
    at, (start, end) = moment_of(quarter), question.bounds()
    day = f"{day_words(day_of(at))} " if question.days > 1 else ""
    zone = f" {formats.zone_word(at)}" if formats.zone_word(start) != formats.zone_word(end) else ""
    return f"{day}{formats.clock(at)}{zone}"


def named_numbers(by: str, scope: Scope) -> Callable[[Any], tuple[str, str]]:
    """How an agent ("agent") or a line is called, and the number beside the name: asked by number."""
    if by == "agent":
        known = {a.number_key: a.display_name for a in Agent.objects.filter(ours=True) if a.display_name}
    else:
        known = dict(VirtualNumber.objects.filter(ours=True).exclude(label="").values_list("number_key", "label"))

    def named(whose: str) -> tuple[str, str]:
        number = (mask(whose) or "") if scope.masked else whose
        name = known.get(match_key(whose), "")
        return _shown(name, scope), formats.phone(number)

    return named


class AgentsOwn(NamedTuple):
    """A figure of a closer look as it is of one agent: `token` names the agent in an address."""

    token: str
    name: str
    number: str
    found: Found


def by_agent(found: Found, scope: Scope) -> list[AgentsOwn]:
    """Those with the most calls above the line first."""
    if not found.by_agent:
        return []
    named = named_numbers("agent", scope)
    rows = [AgentsOwn(token_of("agent", number), *named(number), own) for number, own in found.by_agent.items()]
    return sorted(rows, key=lambda row: (-row.found.value.numerator, -row.found.value.denominator, row.name, row.token))


def levels(tally: Tally) -> list[dict[str, str]]:
    """The service level by each of the six formulas."""
    return [
        {"formula": str(formula), "label": level.label, "words": level.words, "text": text_of(level_by(formula, tally)),
         "counts": _counts(level_by(formula, tally))}
        for formula, level in LEVELS.items()
    ]  # fmt: skip


def _counts(value: Value) -> str:
    return f"{int(value.numerator):,} of {int(value.denominator):,}"
