"""Cells: the rows that hold sums, by span of time, source, direction and group; and by agent and by line.

Calls change the smallest cells. Those of longer spans are added up from them when their time is over: once, instead of
with each call. Until then readers take the smallest ones themselves.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone

from calls.database.bulk import Table, select, select_many
from calls.figures.parts import Part, quarter_of
from calls.figures.spans import DAY, HOUR, MONTH, QUARTER, WEEK_HOUR, Piece, month_of, places_of
from calls.figures.sums import Changes, Sums, changed
from calls.models import FigureCell

BY_AGENT, BY_LINE = "a", "l"
PRUNED = 0
"""The generation of the cells that hold the figures of calls that are gone."""
OPEN_QUARTERS = 8
"""A quarter of an hour is spread two hours after it, when nearly all of its calls have ended; a day when it is over."""
NO_CALLS = "{}"
"""The counts of a cell without any call: each has an outcome."""
_MOST_ASKED_AT_ONCE = 400
_GENERATION = "+generation"
"""The plus sign keeps a planner from the index of all cells: few are not spread, and have an index of their own."""


class Key(NamedTuple):
    """Which cell, within a generation."""

    split: str
    span: str
    start: int
    source_id: int
    direction: str
    group_id: int
    who: str


Deltas = dict[Key, Changes]
Kept = tuple[str, bytes]
"""Sums as they are kept: `counts` and `lanes`."""
KEY = ", ".join(Key._fields)
_NEW_CELLS = Table(FigureCell, ("generation", *Key._fields, "counts", "lanes", "spread"))
_CELLS = Table(FigureCell, ("id", "counts", "lanes"))


def smallest_keys(part: Part, zone: ZoneInfo) -> Iterator[Key]:
    """The smallest cells of a call: a quarter of an hour; by agent and line a day, as a quarter would be one call."""
    where = (part.source_id, part.direction, part.group_id or 0)
    yield Key("", QUARTER, part.quarter, *where, "")
    for split, who in ((BY_AGENT, part.agent), (BY_LINE, part.line)):
        if who:
            yield Key(split, DAY, places_of(part.quarter, zone).day, *where, who)


def longer_keys(key: Key, zone: ZoneInfo) -> Iterator[Key]:
    """The cells of longer spans in which a smallest cell lies, in this zone."""
    if key.span == DAY:
        yield key._replace(span=MONTH, start=month_of(date.fromordinal(key.start)))
        return
    places = places_of(key.start, zone)
    for span, start in ((HOUR, places.hour), (DAY, places.day), (MONTH, places.month), (WEEK_HOUR, places.week_hour)):
        yield key._replace(span=span, start=start)


def change(generation: int, deltas: Deltas, zone: ZoneInfo) -> None:
    """Change smallest cells, and those of longer spans where they hold the sums of the smallest already.

    Raises Unsound. A new cell is spread later; one of pruned calls at once.
    """
    deltas = {key: changes for key, changes in deltas.items() if any(changes.values())}
    are_spread = _write(generation, deltas, lambda key, kept: changed(*kept, deltas[key]), generation == PRUNED)
    longer: Deltas = defaultdict(dict)
    for key in are_spread:
        for long in longer_keys(key, zone):
            changes = longer[long]
            for name, count in deltas[key].items():
                changes[name] = changes.get(name, 0) + count
    _write(generation, longer, lambda key, kept: changed(*kept, longer[key]), spread=True)


def spread(generation: int, until: int, zone: ZoneInfo, most: int) -> int:
    """Add the smallest cells that are over to those of the longer spans, at most so many. Returns how many it were.

    `until` is the quarter of an hour up to which calls were taken in: what lies well before it changes seldom.
    """
    until = min(until, quarter_of(timezone.now()))
    rows = select(
        f"SELECT id, counts, lanes, {KEY} FROM calls_figurecell WHERE NOT spread AND {_GENERATION} = %s"  # noqa: S608
        f" AND (span = '{QUARTER}' AND start < %s OR span = '{DAY}' AND start < %s) ORDER BY split, start LIMIT %s",
        generation,
        until - OPEN_QUARTERS,
        places_of(until, zone).day,
        most,
    )
    longer: dict[Key, Sums] = defaultdict(Sums)
    for _, counts, lanes, *key in rows:
        sums = Sums.load(counts, lanes)
        for long in longer_keys(Key(*key), zone):
            longer[long] += sums
    add(generation, longer)
    if rows:
        FigureCell.objects.filter(id__in=[cell for cell, *_ in rows]).update(spread=True)
    return len(rows)


def add(generation: int, given: Mapping[Key, Sums]) -> None:
    """Add sums to cells of longer spans, or of pruned calls. Afterwards `given` holds what the cells hold."""

    def more(key: Key, kept: Kept) -> Kept:
        sums = given[key]
        sums.add_kept(*kept)
        return sums.dump()

    _write(generation, given, more, spread=True)


def _write(
    generation: int,
    given: Mapping[Key, object],
    make: Callable[[Key, Kept], Kept],
    spread: bool,
) -> list[Key]:
    """Make cells anew of what is kept of them (or of nothing). Returns those whose sums the longer spans hold.

    `spread` says it of new cells. One that holds no call any more is deleted. Who writes has locked the row of the
    projection, so no two write at once. Sorted, since cells that stand beside each other in the index are then written
    one after the other.
    """
    keys = sorted(given)
    there = {key: (cell, (counts, lanes), is_spread) for key, cell, counts, lanes, is_spread in _kept(generation, keys)}
    old, new, empty, are_spread = [], [], [], []
    for key in keys:
        if row := there.get(key):
            cell, kept, is_spread = row
            counts, lanes = make(key, kept)
            if counts == NO_CALLS:
                empty.append(cell)
            else:
                old.append((("counts", "lanes"), (cell, counts, lanes)))
        else:
            is_spread = spread
            new.append((generation, *key, *make(key, (NO_CALLS, b"")), spread))
        if is_spread:
            are_spread.append(key)
    _CELLS.change(old)
    _NEW_CELLS.insert(new)
    if empty:
        FigureCell.objects.filter(id__in=empty).delete()
    return are_spread


def _kept(generation: int, keys: list[Key]) -> Iterator[tuple[Key, int, str, bytes, bool]]:
    """The cells that are there. Joined: `IN (VALUES ...)` makes SQLite look through all cells."""
    columns = ("generation", *Key._fields)
    same = " AND ".join(f"{name} = w{place}" for place, name in enumerate(columns))
    names = ", ".join(f"w{place}" for place in range(len(columns)))
    for at in range(0, len(keys), _MOST_ASKED_AT_ONCE):
        some = keys[at : at + _MOST_ASKED_AT_ONCE]
        rows = ", ".join(["%s"] * len(some))
        asked = (
            f"WITH wanted({names}) AS (VALUES {rows}) "  # noqa: S608
            f"SELECT id, counts, lanes, spread, {KEY} FROM wanted JOIN calls_figurecell ON {same}"
        )
        for cell, counts, lanes, is_spread, *key in select(asked, *[(generation, *key) for key in some]):
            yield Key(*key), cell, counts, lanes, is_spread


# --- for readers --------------------------------------------------------------------------------------------------


def within(generations: tuple[int, ...], split: str, spans: Piece) -> Iterator[tuple[Key, Kept]]:
    """The cells of these spans."""
    return _read("generation IN %s", split, spans.span, "start BETWEEN %s AND %s", generations, spans.first, spans.last)


def spread_at(generations: tuple[int, ...], split: str, span: str, starts: Sequence[int]) -> Iterator[tuple[Key, Kept]]:
    """The smallest cells of these spans that longer spans hold as well."""
    return _read("generation IN %s", split, span, "start IN %s AND spread", generations, starts)


def not_spread(generations: tuple[int, ...], split: str, spans: Piece) -> Iterator[tuple[Key, Kept]]:
    """The smallest cells of these spans that no longer span holds yet."""
    where = "start BETWEEN %s AND %s AND NOT spread"
    return _read(f"{_GENERATION} IN %s", split, spans.span, where, generations, spans.first, spans.last)


def _read(generation: str, split: str, span: str, starts: str, *given: object) -> Iterator[tuple[Key, Kept]]:
    asked = (
        f"SELECT counts, lanes, {KEY} FROM calls_figurecell"  # noqa: S608
        f" WHERE split = '{split}' AND span = '{span}' AND {generation} AND {starts}"
    )
    for counts, lanes, *key in select_many(asked, *given):
        yield Key._make(key), (counts, lanes)
