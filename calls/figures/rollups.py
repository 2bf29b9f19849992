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
from django.db.models import Exists, OuterRef, Q

from calls.database.bulk import Table, select
from calls.database.columns import Columns, read_calls
from calls.days import site_zone
from calls.figures.parts import Part, part_of
from calls.figures.spans import DAY, HOUR, MONTH, QUARTER, WEEK_HOUR, month_of, places_of
from calls.figures.sums import Sums
from calls.models import Call, CountedCall, FigureCell, Projection
from calls.models.call import CallQuerySet
from calls.words import State

NAME = "rollups"
FORMAT = 3
"""Of cells and notes. A new one makes all of them anew."""
BY_AGENT, BY_LINE = "a", "l"
PRUNED = 0
"""The generation of the cells that hold the figures of calls that are gone."""
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


Deltas = dict[Key, Sums]

_KEY_COLUMNS = ("split", "span", "start", "source_id", "direction", "group_id", "who")
_NEW_CELLS = Table(FigureCell, ("generation", *_KEY_COLUMNS, "counts", "lanes"))
_CELLS = Table(FigureCell, ("id", "counts", "lanes"))
_NOTES = Table(CountedCall, ("id", "generation", "part"))


def signature() -> str:
    """Days and months are those of the site's time zone: another zone makes all cells anew."""
    return f"{FORMAT} {settings.TIME_ZONE}"


def wanted(changed: CallQuerySet) -> CallQuerySet:
    """Ended calls, and what was counted and may have to be taken out again. Of live traffic that is every fourth."""
    counted = CountedCall.objects.filter(id=OuterRef("id"))
    return changed.filter(Q(state=State.ENDED) | Exists(counted))


def apply(generation: int, calls: Collection[Columns]) -> None:
    """Count these calls as they are now, in the caller's transaction."""
    deltas: Deltas = defaultdict(Sums)
    zone, notes = site_zone(), noted(generation, [call.id for call in calls])
    changed: dict[int, Part | None] = {}
    for call in calls:
        part, before = part_of(call), notes.get(call.id)
        if part == before:
            continue
        changed[call.id] = part
        count(deltas, before, zone, -1)
        count(deltas, part, zone, 1)
    _write_cells(generation, spread(deltas, zone))
    _write_notes(generation, changed)


def retire(generation: int, ids: Collection[int]) -> None:
    """Move what these calls have added to where it stays when they are gone: they are pruned in this transaction."""
    notes, zone = noted(generation, ids), site_zone()
    out: Deltas = defaultdict(Sums)
    kept: Deltas = defaultdict(Sums)
    for call in read_calls(Call.objects.filter(id__in=ids)):
        count(out, notes.get(call.id), zone, -1)
        # Not by the note: a change that was not counted yet would be lost.
        count(kept, part_of(call), zone, 1)
    _write_cells(generation, spread(out, zone))
    _write_cells(PRUNED, spread(kept, zone))
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
    given: Deltas = defaultdict(Sums)
    for counts, lanes, *key in cells.values_list("counts", "lanes", *_KEY_COLUMNS):
        given[Key(*key)._replace(group_id=into)] += Sums.load(counts, lanes)
    if given:
        _write_cells(PRUNED, given)
        cells.delete()
        row.version += 1
        row.save()


def sweep(generation: int, most: int = 2_000) -> int:
    """Delete some of what older generations left. Returns how many rows went."""
    old = FigureCell.objects.filter(generation__gt=PRUNED, generation__lt=generation).order_by("generation")
    return FigureCell.objects.filter(id__in=list(old.values_list("id", flat=True)[:most])).delete()[0]


# --- what a call adds, and where --------------------------------------------------------------------------------


def count(deltas: Deltas, part: Part | None, zone: ZoneInfo, times: int) -> None:
    """Add a part so many times (-1: take it out) to the smallest cells that it belongs to; `spread` does the others."""
    if part is None:
        return
    for key in smallest_keys(part, zone):
        deltas[key].add(part, times)


def smallest_keys(part: Part, zone: ZoneInfo) -> Iterator[Key]:
    """The smallest cells of a call: a quarter of an hour; by agent and line a day, as a quarter would be one call."""
    where = (part.source_id, part.direction, part.group_id or 0)
    yield Key("", QUARTER, part.quarter, *where, "")
    for split, who in ((BY_AGENT, part.agent), (BY_LINE, part.line)):
        if who:
            yield Key(split, DAY, places_of(part.quarter, zone).day, *where, who)


def spread(deltas: Deltas, zone: ZoneInfo) -> Deltas:
    """Add the sums of the smallest cells to the cells of the longer spans that they lie in. Gives the same mapping."""
    for key, sums in list(deltas.items()):
        if sums:
            for span, start in longer_spans(key.span, key.start, zone):
                deltas[key._replace(span=span, start=start)] += sums
    return deltas


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
    CountedCall.objects.filter(id__in=list(changed)).delete()
    _NOTES.insert([(call, generation, orjson.dumps(tuple(part)).decode()) for call, part in changed.items() if part])


def _write_cells(generation: int, deltas: Deltas) -> None:
    """Add these sums to their cells. Sorted, so that two writers cannot wait for each other."""
    wanted = sorted(key for key, sums in deltas.items() if sums)
    there = dict(_cells_of(generation, wanted))
    changed, new = [], []
    for key in wanted:
        if key in there:
            cell, sums = there[key]
            sums += deltas[key]
            changed.append((("counts", "lanes"), (cell, *sums.dump())))
        else:
            new.append((generation, *key, *deltas[key].dump()))
    _CELLS.change(changed)
    _NEW_CELLS.insert(new)


def _cells_of(generation: int, keys: list[Key]) -> Iterator[tuple[Key, tuple[int, Sums]]]:
    """The ids and sums of the cells that are there. Joined: `IN (VALUES ...)` makes SQLite look through all cells."""
    columns = ("generation", *_KEY_COLUMNS)
    same = " AND ".join(f"{name} = w{place}" for place, name in enumerate(columns))
    names = ", ".join(f"w{place}" for place in range(len(columns)))
    for at in range(0, len(keys), _MOST_ASKED_AT_ONCE):
        some = keys[at : at + _MOST_ASKED_AT_ONCE]
        rows = ", ".join(["%s"] * len(some))
        asked = (
            f"WITH wanted({names}) AS (VALUES {rows}) "  # noqa: S608
            f"SELECT id, counts, lanes, {', '.join(_KEY_COLUMNS)} FROM wanted JOIN calls_figurecell ON {same}"
        )
        for cell, counts, lanes, *key in select(asked, *[(generation, *key) for key in some]):
            yield Key(*key), (cell, Sums.load(counts, lanes))


# --- the proof ----------------------------------------------------------------------------------------------------


def differences() -> Iterator[tuple[Key, Sums, Sums]]:
    """The cells that do not hold what their calls say: what they hold, and what they should.

    Computed from nothing, in memory. Calls that change meanwhile show as differences: ask while nothing is delivered.
    """
    generation = Projection.objects.filter(name=NAME).values_list("generation", flat=True).first() or PRUNED
    should: Deltas = defaultdict(Sums)
    zone = site_zone()
    for call in _all_calls():
        count(should, part_of(call), zone, 1)
    spread(should, zone)
    names = ", ".join(_KEY_COLUMNS)
    held = {
        Key(*key): Sums.load(counts, lanes)
        for counts, lanes, *key in select(
            f"SELECT counts, lanes, {names} FROM calls_figurecell WHERE generation = %s",  # noqa: S608
            generation,
        )
    }
    for key in sorted({*held, *should}):
        is_, wanted = held.get(key, Sums()), should.get(key, Sums())
        if is_ != wanted:
            yield key, is_, wanted


def _all_calls() -> Iterator[Columns]:
    last = 0
    while calls := read_calls(Call.objects.filter(id__gt=last).order_by("id")[:5_000]):
        yield from calls
        last = calls[-1].id
