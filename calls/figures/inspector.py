"""The inspector: the calls behind a figure, each with what it counts as and on which side of the line it stands."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from calls.database.columns import Columns, columns_of
from calls.days import moment_from, site_zone
from calls.figures.call_waits import note_of, waits_of
from calls.figures.definitions import Figure
from calls.figures.found import Reading
from calls.figures.group_rules import Rules
from calls.figures.levels import ABANDONED, INCOMING, LEVELS, LOST, OUTGOING, SHORT, LevelFormula
from calls.figures.parts import UNCLEAR_REASON, Mark, Settings, quarter_of
from calls.figures.reading import Asked
from calls.figures.splits import Whose, whose_of, windows
from calls.models import Call
from calls.whole_numbers import LARGEST_ID, whole_number
from calls.words import Direction, Outcome

COUNTED, AMONG, OUT = "counted", "among", "out"
"""Above the line; only below it; left out of the figure."""
SIDES = (COUNTED, AMONG, OUT)
UNCLEAR = "unclear"
"""No side, but a list of its own: abandoned calls, short ones too, of which nobody can say who hung up."""
_CHUNK = 200
_MOST_LOOKED_AT = 4_000
"""Calls looked at for one page. A list of few calls among many goes on with the next page."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Inspected:
    """A call, what it counts as by its group's settings, and its wait in seconds as the group counts it."""

    call: Call
    mark: Mark
    wait: int | None

    @property
    def note(self) -> str:
        return note_of(self.call, self.mark)

    @property
    def unclear(self) -> bool:
        return self.note == "unclear"


@dataclass(frozen=True, slots=True)
class Listed:
    """Some calls of one side, latest first. `older` is where to read on, "" at the end."""

    calls: list[Inspected]
    older: str


def side_of(figure: Figure, mark: Mark, settings: Settings) -> str:
    """On which side of a figure a call stands. The service level of a group is reckoned by the group's own formula."""
    line: Figure | LevelFormula = LEVELS[settings.formula] if figure.name == "service-level" else figure
    if mark in line.counted:
        return COUNTED
    return AMONG if mark in line.among else OUT


def may_be_unclear(figure: Figure) -> bool:
    """Whether a figure counts lost calls alone, and such among them as were abandoned."""
    return figure.counted <= LOST | SHORT and not figure.counted.isdisjoint(ABANDONED | SHORT)


def calls_of(
    figure: Figure,
    side: str,
    asked: Asked,
    by: str,
    whose: Whose | None,
    now: datetime,
    size: int = 50,
    place: str = "",
) -> Listed:
    """A page of the calls on one side of a figure, or of `UNCLEAR`; of one row of a split where `whose` is given.

    Raises ValueError for a place that no page named.
    """
    rules, found, at = Rules(), list[Inspected](), _read_place(place)
    for looked_at, call in enumerate(_latest_first(figure, side, asked, by, whose, at)):
        if len(found) == size or looked_at == _MOST_LOOKED_AT:
            return Listed(found, _place(at))
        at, columns = (call.began_at, call.pk), columns_of(call)
        inspected = inspect(call, columns, rules, now)
        its_side = side_of(figure, inspected.mark, rules.of(columns.group_id))
        on_side = inspected.unclear if side == UNCLEAR else its_side == side
        own = whose is None or whose_of(columns, by) == whose
        if on_side and own and _is_within_hours(columns, asked, rules):
            found.append(inspected)
    return Listed(found, "")


def _latest_first(
    figure: Figure, side: str, asked: Asked, by: str, whose: Whose | None, at: tuple[datetime, int] | None
) -> Iterator[Call]:
    """The calls that can be behind a figure, from a place on; read in chunks, by the hours or days of a row of time."""
    own = _within(asked).filter(direction=Direction.INCOMING if figure.incoming else Direction.OUTGOING)
    if side == UNCLEAR:
        own = own.filter(outcome=Outcome.ABANDONED, reason=UNCLEAR_REASON)
    for start, end in windows(asked.start, asked.end, by, whose, site_zone()):
        if at and start > at[0]:
            continue
        yield from _in_chunks(own.filter(began_at__gte=start, began_at__lt=end), at)


def _in_chunks(rows: QuerySet[Call], at: tuple[datetime, int] | None) -> Iterator[Call]:
    while chunk := list(_before(rows, at).order_by("-began_at", "-id")[:_CHUNK]):
        yield from chunk
        if len(chunk) < _CHUNK:
            return
        at = (chunk[-1].began_at, chunk[-1].pk)


def calls_named(ids: Sequence[int], now: datetime) -> list[Inspected]:
    """These calls in this order, as they are looked at now. Whoever asks has found them within a scope."""
    rules, calls = Rules(), Call.objects.in_bulk(ids)
    return [inspect(calls[each], columns_of(calls[each]), rules, now) for each in ids if each in calls]


def _is_within_hours(call: Columns, asked: Asked, rules: Rules) -> bool:
    return not asked.business or rules.is_open(quarter_of(call.began_at), call.group_id)


def inspect(call: Call, columns: Columns, rules: Rules, now: datetime) -> Inspected:
    """What figures make of a call: its mark, and the wait they count (s). A live call is judged as of `now`."""
    found = waits_of(columns, rules.of(columns.group_id), now)
    return Inspected(call, found.mark, found.counted)


def sides(figure: Figure, reading: Reading, whose: Whose | None, rules: Rules) -> dict[str, Counter[Mark]]:
    """How many calls stand on each side, by what they count as. Of the figure's direction only."""
    own = INCOMING if figure.incoming else OUTGOING
    found: dict[str, Counter[Mark]] = {side: Counter() for side in SIDES}
    for each in reading.of_all() if whose is None else [whose]:
        for group, tally in reading.by_group(each, rules).items():
            for mark, number in tally.marks.items():
                if mark in own:
                    found[side_of(figure, mark, rules.of(group))][mark] += number
    return found


def _within(asked: Asked) -> QuerySet[Call]:
    rows = Call.objects.standing().filter(began_at__gte=asked.start, began_at__lt=asked.end)
    for groups in (asked.scope.groups, asked.groups):
        if groups is not None:
            rows = rows.filter(in_groups(groups))
    if asked.agent:
        rows = rows.filter(agent_number=asked.agent)
    if asked.line:
        rows = rows.filter(virtual_number=asked.line)
    return rows.filter(source=asked.source) if asked.source is not None else rows


def in_groups(groups: frozenset[int | None]) -> Q:
    named = Q(group_id__in=[group for group in groups if group])
    return named | Q(group_id=None) if None in groups else named


def _before(rows: QuerySet[Call], at: tuple[datetime, int] | None) -> QuerySet[Call]:
    if at is None:
        return rows
    return rows.filter(began_at__lte=at[0]).exclude(began_at=at[0], id__gte=at[1])


def _place(at: tuple[datetime, int] | None) -> str:
    return f"{(at[0] - _EPOCH) // _MICROSECOND}.{at[1]}" if at else ""


def _read_place(place: str) -> tuple[datetime, int] | None:
    if not place:
        return None
    moment, _, call = place.partition(".")
    began, key = moment_from(moment), whole_number(call, LARGEST_ID)
    if began is None or key is None:
        raise ValueError("not a place in a list")
    return began, key
