"""Roll-ups: the sums of all ended calls, kept behind the traffic.

A call is counted by what it is now. What it had added before is noted beside it, so a correction, a merge or an edit
takes out exactly what was put in. `cells.py` keeps the sums, `reading.py` reads them, and `calls/projections/runner.py`
says when.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from calls.database.bulk import Table, select, select_many
from calls.database.columns import Columns, RowsOf, read_calls
from calls.days import site_zone
from calls.figures import cells
from calls.figures.cells import KEY, PRUNED, Deltas, Key, longer_keys, smallest_keys
from calls.figures.parts import Counted, Part, part_of, quarter_of
from calls.figures.sums import Sums, Unsound, counts_of
from calls.models import Call, CountedCall, FigureCell, Projection
from calls.words import State

log = logging.getLogger(__name__)

NAME = "rollups"
FORMAT = 4
"""Of cells and notes. A new one makes all of them anew."""
LEAST_SPREAD, MOST_SWEPT = 100, 2_000
_WAITS = Part._fields.index("waits")


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
    cells.change(generation, deltas, zone)
    _write_notes(generation, parts)
    until = max((part.quarter for part in parts.values() if part), default=0)
    cells.spread(generation, until, zone, most=LEAST_SPREAD + 2 * len(deltas))


def retire(generation: int, ids: Collection[int]) -> None:
    """Move what these calls have added to where it stays when they are gone: they are pruned in this transaction."""
    notes, zone = noted(generation, ids), site_zone()
    out: Deltas = defaultdict(dict)
    kept: Deltas = defaultdict(dict)
    for call in read_calls(Call.objects.select_for_update().filter(id__in=ids)):
        count(out, notes.get(call.id), zone, -1)
        # Not by the note: a change that was not counted yet would be lost.
        count(kept, part_of(call), zone, 1)
    cells.change(generation, out, zone)
    cells.change(PRUNED, kept, zone)
    CountedCall.objects.filter(id__in=ids).delete()


def keep_figures_of(ids: Collection[int]) -> None:
    """The same as a part of a transaction that deletes these calls. Waits for whoever writes the roll-ups.

    Roll-ups that are to be made anew, or that do not hold these calls, are not asked: they begin from nothing.
    """
    row = _locked()
    row.version += 1
    try:
        if row.signature == signature():
            with transaction.atomic():
                retire(row.generation, ids)
                row.save()
                return
    except Unsound as less_than_none:
        log.error("The roll-ups do not hold the calls that are pruned (%s): made anew.", less_than_none)
    row.signature, row.position = "", 0
    row.generation += 1
    retire(row.generation, ids)
    row.save()


def pruned_cells_of(group: int) -> list[int]:
    """The ids of the cells that hold what pruned calls of a group had added. It looks through all of pruned calls."""
    return list(FigureCell.objects.filter(generation=PRUNED, group_id=group).values_list("id", flat=True))


@transaction.atomic
def give_pruned_to(ids: Collection[int], into: int) -> None:
    """Give what these cells of pruned calls hold to another group."""
    row = _locked()
    held = FigureCell.objects.filter(generation=PRUNED, id__in=ids)
    given: dict[Key, Sums] = defaultdict(Sums)
    for counts, lanes, *key in held.values_list("counts", "lanes", *Key._fields):
        given[Key(*key)._replace(group_id=into)] += Sums.load(counts, lanes)
    cells.add(PRUNED, given)
    held.delete()
    row.version += 1
    row.save()


def _locked() -> Projection:
    Projection.objects.get_or_create(name=NAME)
    return Projection.objects.select_for_update().get(name=NAME)


def tidy(generation: int) -> int:
    """Spread what is over by now, and delete some of what older generations left. Returns how many cells it were."""
    done = cells.spread(generation, quarter_of(timezone.now()), site_zone(), most=LEAST_SPREAD)
    old = FigureCell.objects.filter(generation__gt=PRUNED, generation__lt=generation).order_by("generation")
    return done + FigureCell.objects.filter(id__in=list(old.values_list("id", flat=True)[:MOST_SWEPT])).delete()[0]


# --- what a call adds --------------------------------------------------------------------------------


def count(deltas: Deltas, part: Part | None, zone: ZoneInfo, times: int) -> None:
    """Add a part so many times (-1: take it out) to the smallest cells that it belongs to."""
    if part is None:
        return
    counts = counts_of(part)
    for key in smallest_keys(part, zone):
        changes = deltas[key]
        for name, number in counts:
            changes[name] = changes.get(name, 0) + times * number


# --- notes ------------------------------------------------------------------------------------------------------


def noted(generation: int, ids: Collection[int]) -> dict[int, Part]:
    """What these calls have added, by id; one that added nothing is not in it."""
    if not ids:
        return {}
    rows = select("SELECT id, part FROM calls_countedcall WHERE generation = %s AND id IN %s", generation, list(ids))
    return {call: load_part(text) for call, text in rows}


def noted_between(generation: int, start: datetime, end: datetime) -> dict[int, Part]:
    """What the calls that began from `start` until before `end` have added, by id."""
    begun = Call.objects.filter(began_at__gte=start, began_at__lt=end).order_by()
    notes = CountedCall.objects.filter(generation=generation, id__in=begun.values("id"))
    return {call: load_part(text) for call, text in notes.values_list("id", "part")}


def load_part(text: str) -> Part:
    values = orjson.loads(text)
    values[_WAITS] = tuple(values[_WAITS])
    return Part._make(values)


def _write_notes(generation: int, changed: dict[int, Part | None]) -> None:
    _NOTES.put([(call, generation, orjson.dumps(tuple(part)).decode()) for call, part in changed.items() if part])
    if gone := [call for call, part in changed.items() if part is None]:
        CountedCall.objects.filter(id__in=gone).delete()


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
    for counts, lanes, is_spread, *of in select_many(
        f"SELECT counts, lanes, spread, {KEY} FROM calls_figurecell WHERE generation = %s",  # noqa: S608
        generation,
    ):
        key = Key(*of)
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
