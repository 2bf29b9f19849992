"""Roll-ups: the sums of ended calls, kept by span of time, source, direction and group; and by agent and by line.

A call is counted by what it is now. What it had added before is noted beside it, so a correction, a merge or an edit
takes out exactly what was put in. `reading.py` reads the cells, `calls/projections/runner.py` keeps them up.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.utils import timezone

from calls.database.bulk import Table, select
from calls.database.columns import Columns, RowsOf, read_calls
from calls.days import site_zone
from calls.figures.parts import Counted, Part, part_of, quarter_of
from calls.figures.spans import DAY, HOUR, MONTH, QUARTER, WEEK_HOUR, month_of, places_of
from calls.figures.sums import Changes, Sums, changed, counts_of
from calls.models import Call, CountedCall, FigureCell, Projection
from calls.words import State

NAME = "rollups"
FORMAT = 3
"""Of cells and notes. A new one makes all of them anew."""
BY_AGENT, BY_LINE = "a", "l"
PRUNED = 0
"""The generation of the cells that hold the figures of calls that are gone."""
OPEN_QUARTERS = 8
"""A quarter of an hour is spread two hours after it, when nearly all of its calls have ended; a day when it is over."""
LEAST_SPREAD, MOST_SWEPT = 100, 2_000
_MOST_ASKED_AT_ONCE = 400
_WAITS = Part._fields.index("waits")


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

_KEY_COLUMNS = ("split", "span", "start", "source_id", "direction", "group_id", "who")
_NEW_CELLS = Table(FigureCell, ("generation", *_KEY_COLUMNS, "counts", "lanes", "spread"))
_CELLS = Table(FigureCell, ("id", "counts", "lanes"))
_NOTES = Table(CountedCall, ("id", "generation", "part"))
_ROWS = RowsOf(Counted)
_CHANGED = (
    f"SELECT {', '.join(_ROWS.names)} FROM calls_call WHERE seq > %s AND seq <= %s"  # noqa: S608
    f" AND (state = '{State.ENDED}' OR EXISTS (SELECT 1 FROM calls_countedcall n WHERE n.id = calls_call.id))"
    " ORDER BY seq, id LIMIT %s"
)


def signature() -> str:
    """Days and months are those of the site's time zone: another zone makes all cells anew."""
    return f"{FORMAT} {settings.TIME_ZONE}"


def changed_calls(position: int, latest: int, most: int) -> list[Counted]:
    """The calls of the numbers after `position` up to `latest`, at most so many: ended ones, and what was counted and
    may have to be taken out again. Of live traffic that is every fourth.
    """
    return [_ROWS.made_of(row) for row in select(_CHANGED, position, latest, most)]


def apply(generation: int, calls: Collection[Counted]) -> None:
    """Count these calls as they are now, in the caller's transaction."""
    deltas: Deltas = defaultdict(dict)
    zone, notes = site_zone(), noted(generation, [call.id for call in calls])
    parts: dict[int, Part | None] = {}
    for call in calls:
        part, before = part_of(call), notes.get(call.id)
        if part == before:
            continue
        parts[call.id] = part
        count(deltas, before, zone, -1)
        count(deltas, part, zone, 1)
    _put(generation, deltas, zone)
    _write_notes(generation, parts)
    until = max((part.quarter for part in parts.values() if part), default=0)
    spread(generation, until, zone, most=LEAST_SPREAD + 2 * len(deltas))


def retire(generation: int, ids: Collection[int]) -> None:
    """Move what these calls have added to where it stays when they are gone: they are pruned in this transaction."""
    notes, zone = noted(generation, ids), site_zone()
    out: Deltas = defaultdict(dict)
    kept: Deltas = defaultdict(dict)
    for call in read_calls(Call.objects.filter(id__in=ids)):
        count(out, notes.get(call.id), zone, -1)
        # Not by the note: a change that was not counted yet would be lost.
        count(kept, part_of(call), zone, 1)
    _put(generation, out, zone)
    _put(PRUNED, kept, zone)
    CountedCall.objects.filter(id__in=ids).delete()


def keep_figures_of(ids: Collection[int]) -> None:
    """The same as a part of a transaction that deletes these calls. Waits for whoever writes the roll-ups."""
    row = Projection.objects.select_for_update().filter(name=NAME).first() or Projection(name=NAME)
    retire(row.generation, ids)
    row.version += 1
    row.save()


def give_pruned_to(group: int, into: int) -> None:
    """Give what pruned calls of a group had added to another, as a part of a transaction that deletes the group."""
    row = Projection.objects.select_for_update().filter(name=NAME).first() or Projection(name=NAME)
    cells = FigureCell.objects.filter(generation=PRUNED, group_id=group)
    given: dict[Key, Sums] = defaultdict(Sums)
    for counts, lanes, *key in cells.values_list("counts", "lanes", *_KEY_COLUMNS):
        given[Key(*key)._replace(group_id=into)] += Sums.load(counts, lanes)
    if given:
        _merge_cells(PRUNED, given)
        cells.delete()
        row.version += 1
        row.save()


def tidy(generation: int) -> int:
    """Spread what is over by now, and delete some of what older generations left. Returns how many cells it were."""
    done = spread(generation, quarter_of(timezone.now()), site_zone(), most=LEAST_SPREAD)
    old = FigureCell.objects.filter(generation__gt=PRUNED, generation__lt=generation).order_by("generation")
    return done + FigureCell.objects.filter(id__in=list(old.values_list("id", flat=True)[:MOST_SWEPT])).delete()[0]


# --- what a call adds, and where --------------------------------------------------------------------------------


def count(deltas: Deltas, part: Part | None, zone: ZoneInfo, times: int) -> None:
    """Add a part so many times (-1: take it out) to the smallest cells that it belongs to."""
    if part is None:
        return
    counts = counts_of(part)
    for key in smallest_keys(part, zone):
        changes = deltas[key]
        for name, number in counts:
            changes[name] = changes.get(name, 0) + times * number


def smallest_keys(part: Part, zone: ZoneInfo) -> Iterator[Key]:
    """The smallest cells of a call: a quarter of an hour; by agent and line a day, as a quarter would be one call."""
    where = (part.source_id, part.direction, part.group_id or 0)
    yield Key("", QUARTER, part.quarter, *where, "")
    for split, who in ((BY_AGENT, part.agent), (BY_LINE, part.line)):
        if who:
            yield Key(split, DAY, places_of(part.quarter, zone).day, *where, who)


def longer_keys(key: Key, zone: ZoneInfo) -> Iterator[Key]:
    """The cells of longer spans in which a smallest cell lies."""
    for span, start in longer_spans(key.span, key.start, zone):
        yield key._replace(span=span, start=start)


def longer_spans(span: str, start: int, zone: ZoneInfo) -> list[tuple[str, int]]:
    """The longer spans that a quarter of an hour, or a day, is added to as well, with their numbers in this zone."""
    if span == DAY:
        return [(MONTH, month_of(date.fromordinal(start)))]
    places = places_of(start, zone)
    return [(HOUR, places.hour), (DAY, places.day), (MONTH, places.month), (WEEK_HOUR, places.week_hour)]


# --- rows -------------------------------------------------------------------------------------------------------


def noted(generation: int, ids: Collection[int]) -> dict[int, Part]:
    """What these calls have added, by id; one that added nothing is not in it."""
    if not ids:
        return {}
    rows = select("SELECT id, part FROM calls_countedcall WHERE generation = %s AND id IN %s", generation, list(ids))
    return {call: load_part(text) for call, text in rows}


def load_part(text: str) -> Part:
    cells = orjson.loads(text)
    cells[_WAITS] = tuple(cells[_WAITS])
    return Part._make(cells)


def _write_notes(generation: int, changed: dict[int, Part | None]) -> None:
    _NOTES.put([(call, generation, orjson.dumps(tuple(part)).decode()) for call, part in changed.items() if part])
    if gone := [call for call, part in changed.items() if part is None]:
        CountedCall.objects.filter(id__in=gone).delete()


class _Cell(NamedTuple):
    """A cell as it is kept."""

    id: int
    counts: str
    lanes: bytes
    spread: bool


def _put(generation: int, deltas: Deltas, zone: ZoneInfo) -> None:
    """Change the smallest cells, and those of longer spans where they hold the sums of the smallest already.

    A new cell is spread later (`spread`), once: a call that has ended changes three cells, and not nine. Cells of
    pruned calls are spread at once.
    """
    at_once = generation == PRUNED
    further = _change_cells(generation, deltas, at_once)
    longer: Deltas = defaultdict(dict)
    for key in further:
        for long in longer_keys(key, zone):
            changes = longer[long]
            for name, number in deltas[key].items():
                changes[name] = changes.get(name, 0) + number
    _change_cells(generation, longer, spread=True)


def _change_cells(generation: int, deltas: Deltas, spread: bool) -> list[Key]:
    """Add these changes to their cells. Returns those whose sums the longer spans hold; `spread` says it of new ones.

    Sorted, so that two writers cannot wait for each other.
    """
    wanted = sorted(key for key, changes in deltas.items() if any(changes.values()))
    there = dict(_cells_of(generation, wanted))
    old, new = [], []
    for key in wanted:
        if cell := there.get(key):
            old.append((("counts", "lanes"), (cell.id, *changed(cell.counts, cell.lanes, deltas[key]))))
        else:
            new.append((generation, *key, *changed("{}", b"", deltas[key]), spread))
    _CELLS.change(old)
    _NEW_CELLS.insert(new)
    return [key for key in wanted if (there[key].spread if key in there else spread)]


def spread(generation: int, until: int, zone: ZoneInfo, most: int) -> int:
    """Add the smallest cells that are over to those of the longer spans, at most so many. Returns how many it were.

    `until` is the quarter of an hour up to which calls were taken in: what lies well before it changes seldom.
    """
    until = min(until, quarter_of(timezone.now()))
    rows = select(
        f"SELECT id, counts, lanes, {', '.join(_KEY_COLUMNS)} FROM calls_figurecell"  # noqa: S608
        " WHERE NOT spread AND generation = %s"
        f" AND (span = '{QUARTER}' AND start < %s OR span = '{DAY}' AND start < %s)"
        " ORDER BY split, start LIMIT %s",
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
    _merge_cells(generation, longer)
    if rows:
        FigureCell.objects.filter(id__in=[cell for cell, *_ in rows]).update(spread=True)
    return len(rows)


def _merge_cells(generation: int, given: dict[Key, Sums]) -> None:
    """Add these sums to the cells of longer spans, and of pruned calls."""
    wanted = sorted(given)
    there = dict(_cells_of(generation, wanted))
    old, new = [], []
    for key in wanted:
        sums = given[key]
        if cell := there.get(key):
            sums += Sums.load(cell.counts, cell.lanes)
            old.append((("counts", "lanes"), (cell.id, *sums.dump())))
        else:
            new.append((generation, *key, *sums.dump(), True))
    _CELLS.change(old)
    _NEW_CELLS.insert(new)


def _cells_of(generation: int, keys: list[Key]) -> Iterator[tuple[Key, _Cell]]:
    """The cells that are there. Joined: `IN (VALUES ...)` makes SQLite look through all cells."""
    columns = ("generation", *_KEY_COLUMNS)
    same = " AND ".join(f"{name} = w{place}" for place, name in enumerate(columns))
    names = ", ".join(f"w{place}" for place in range(len(columns)))
    for at in range(0, len(keys), _MOST_ASKED_AT_ONCE):
        some = keys[at : at + _MOST_ASKED_AT_ONCE]
        rows = ", ".join(["%s"] * len(some))
        asked = (
            f"WITH wanted({names}) AS (VALUES {rows}) "  # noqa: S608
            f"SELECT id, counts, lanes, spread, {', '.join(_KEY_COLUMNS)} FROM wanted JOIN calls_figurecell ON {same}"
        )
        for cell, counts, lanes, spread, *key in select(asked, *[(generation, *key) for key in some]):
            yield Key(*key), _Cell(cell, counts, lanes, bool(spread))


# --- the proof ----------------------------------------------------------------------------------------------------


def differences() -> Iterator[tuple[Key, Sums, Sums]]:
    """The cells that do not hold what their calls say: what they hold, and what they should.

    Computed from nothing, in memory. Calls that change meanwhile show as differences: ask while nothing is delivered.
    """
    generation = Projection.objects.filter(name=NAME).values_list("generation", flat=True).first() or PRUNED
    deltas: Deltas = defaultdict(dict)
    zone = site_zone()
    for call in _all_calls():
        count(deltas, part_of(call), zone, 1)
    should: dict[Key, Sums] = defaultdict(Sums)
    for key, changes in deltas.items():
        should[key].change(changes)
    held = {}
    for counts, lanes, is_spread, *cells in select(
        f"SELECT counts, lanes, spread, {', '.join(_KEY_COLUMNS)} FROM calls_figurecell WHERE generation = %s",  # noqa: S608
        generation,
    ):
        key = Key(*cells)
        held[key] = Sums.load(counts, lanes)
        if is_spread and key in deltas:
            for long in longer_keys(key, zone):
                should[long].change(deltas[key])
    for key in sorted({*held, *should}):
        is_, wanted = held.get(key, Sums()), should.get(key, Sums())
        if is_ != wanted:
            yield key, is_, wanted


def _all_calls() -> Iterator[Columns]:
    last = 0
    while calls := read_calls(Call.objects.filter(id__gt=last).order_by("id")[:5_000]):
        yield from calls
        last = calls[-1].id
