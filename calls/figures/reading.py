"""Reads figures of any range: from the cells, the calls that changed since, and the live calls. Exact as of a number.

A projection may be a moment behind. What is read takes the cells as of its position, takes out what the calls numbered
after it had added, and adds them as they are now, by the same code. All is read as of one moment; in a transaction that
is open already it is read again where the projection has moved meanwhile.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from calls.database.columns import Columns, read_calls
from calls.database.connecting import as_of_one_moment
from calls.days import site_zone
from calls.figures import cells, rollups
from calls.figures.cells import BY_AGENT, BY_LINE, PRUNED, Kept, Key
from calls.figures.found import Reading
from calls.figures.group_rules import Rules
from calls.figures.hours import QUARTERS_OF_HOUR
from calls.figures.parts import QUARTER_SECONDS, Part, part_of, quarter_of
from calls.figures.spans import (
    DAY,
    HOUR,
    HOURS_OF_DAY,
    HOURS_OF_WEEK,
    MONTH,
    QUARTER,
    WEEK_HOUR,
    Piece,
    days_in,
    hours_of_week_hour,
    moment_of,
    pieces,
    places_of,
    quarters_of_days,
    quarters_of_hour,
)
from calls.figures.splits import NARROWED, SPLITS, By, Whose, hour_of_week, when
from calls.figures.sums import Sums
from calls.models import Call, Head, Projection
from calls.models.access import Scope
from calls.words import State

MOST_CHANGES_ADDED = 5_000
"""Beyond so many changes that a projection is behind, figures are told as of its position."""
TRIES = 5
_MOST_STARTS = 500
LIVE_STATES = [state for state in State if state != State.ENDED]


class Asked(NamedTuple):
    """Which calls: those that began from `start` until before `end` (UTC), in a scope.

    Where a quarter of an hour is cut in two, its calls are read themselves: pruned ones among them are not counted.

    `groups` (None among them: the calls without one), `agent`, `line` and `source` narrow it down further; so do the
    business hours of each call's group. Agents and lines have cells for days, so no figures within business hours.
    """

    start: datetime
    end: datetime
    scope: Scope
    groups: frozenset[int | None] | None = None
    agent: str = ""
    line: str = ""
    source: int | None = None
    business: bool = False

    def allows(self, group_id: int | None) -> bool:
        return self.scope.allows(group_id) and (self.groups is None or group_id in self.groups)


def read(asked: Asked, by: By, now: datetime, alike: Rules | None = None) -> Reading:
    """Read what was asked for. Raises KeyError for a split that there is none of, or none of for an agent or a line.

    With the rules that it will be counted by, groups that are `alike` by them are added up at once, under one of them:
    of long spans and many groups that is a fraction of the memory, and whoever asks for tallies needs no more.
    """
    if by not in (NARROWED if asked.agent or asked.line else SPLITS):
        raise KeyError(by)
    if asked.business and (SPLITS[by][0] or asked.agent or asked.line):
        raise KeyError(f"{by} within business hours")
    with as_of_one_moment():
        for _ in range(TRIES):
            before = _state()
            reading = _Reader(asked, by, now, before, alike).read()
            if _state().version == before.version:
                break
    return reading


class _State(NamedTuple):
    """Where the projection and the head stand. `generation` -1: the projection follows other numbers, or none."""

    generation: int
    position: int
    version: int
    seq: int


def _state() -> _State:
    row = Projection.objects.filter(name=rollups.NAME).values_list("generation", "position", "version", "epoch").first()
    seq, epoch = Head.objects.values_list("seq", "epoch").first() or (0, "")
    generation, position, version, followed = row or (-1, 0, 0, epoch)
    return _State(generation, position, version, seq) if followed == epoch else _State(-1, 0, version, seq)


class _Reader:
    """One reading, as of one state of the projection."""

    def __init__(self, asked: Asked, by: By, now: datetime, state: _State, alike: Rules | None) -> None:
        self.asked, self.by, self.state, self.zone = asked, by, state, site_zone()
        self.rules = Rules() if asked.business else None
        self.one_of = alike.one_of if alike and by != "group" else None
        self.split, self.largest = SPLITS[by]
        if asked.agent or asked.line:
            self.split = BY_AGENT if asked.agent else BY_LINE
        self.who = asked.agent or asked.line
        self.generations = (PRUNED, state.generation)
        self.first, self.last = -int(-asked.start.timestamp() // QUARTER_SECONDS), quarter_of(asked.end) - 1
        behind = state.seq - state.position
        self.exact = behind <= MOST_CHANGES_ADDED
        self.times: dict[tuple[str, int], Whose] = {}
        self.reading = Reading(state.seq if self.exact else state.position, 0 if self.exact else behind, now)

    def read(self) -> Reading:
        changed_and_live = self.changed_and_live()
        for piece in self.pieces():
            if piece.span == QUARTER and self.split:
                self.add_cut_days(piece, [call.id for call in changed_and_live if call.seq > self.state.position])
            else:
                self.add_cells(piece)
                self.add_not_spread(piece)
        self.add_changed(changed_and_live)
        return self.reading

    def pieces(self) -> Iterator[Piece]:
        """The fewest cells that make up the range and can be told apart: by hour, and within business hours, hours."""
        hourly = self.largest == WEEK_HOUR or (self.rules is not None and self.by == "weekday")
        for piece in pieces(moment_of(self.first), self.asked.end, self.zone, MONTH if hourly else self.largest):
            if piece.span == MONTH and (hourly or self.rules):
                yield Piece(WEEK_HOUR, piece.first * HOURS_OF_WEEK, (piece.last + 1) * HOURS_OF_WEEK - 1)
            elif piece.span == DAY and (hourly or self.rules):
                yield Piece(HOUR, piece.first * HOURS_OF_DAY, (piece.last + 1) * HOURS_OF_DAY - 1)
            else:
                yield piece

    # What the projection holds

    def add_cells(self, piece: Piece) -> None:
        parted: set[Key] = set()
        for key, kept in cells.within(self.generations, self.split, piece):
            open_quarters = self.open_quarters(key) if self.wants(key) else 0
            if open_quarters == QUARTERS_OF_HOUR:
                self.sums(key).add_kept(*kept)
            elif open_quarters:
                parted.add(key)
        if parted:
            self.add_quarters_of(parted)

    def add_not_spread(self, piece: Piece) -> None:
        """The smallest cells that lie in these spans, but that the spans do not hold yet: those of today, mostly."""
        smallest = DAY if self.split else QUARTER
        if piece.span == smallest:
            return
        first, last = days_in(piece)
        if smallest == QUARTER:
            first, last = quarters_of_days(first, last, self.zone)
        self.merge_all(cells.not_spread(self.generations, self.split, Piece(smallest, first, last)))

    def merge_all(self, kept: Iterator[tuple[Key, Kept]]) -> None:
        for key, sums in kept:
            if self.wants(key):
                self.sums(key).add_kept(*sums)

    def open_quarters(self, key: Key) -> int:
        """How many quarters of each hour of a cell lie within the business hours of its group: all 4, or fewer."""
        hours = self.rules and self.rules.of(key.group_id).hours
        if not hours or key.span == QUARTER:  # `wants` has looked at a quarter of an hour.
            return QUARTERS_OF_HOUR
        return hours.share_of_hour(hour_of_week(key.span, key.start, self.zone))

    def add_quarters_of(self, parted: set[Key]) -> None:
        """Of hours in which a group opens or closes, the quarters say which calls lie within."""
        wanted = {
            (quarter, *key[3:])
            for key in parted
            for hour in ([key.start] if key.span == HOUR else hours_of_week_hour(key.start))
            for quarter in quarters_of_hour(hour, self.zone)
        }
        starts = sorted({start for start, *_ in wanted})
        for at in range(0, len(starts), _MOST_STARTS):
            some = tuple(starts[at : at + _MOST_STARTS])
            at_them = cells.spread_at(self.generations, self.split, QUARTER, some)
            self.merge_all((key, kept) for key, kept in at_them if key[2:] in wanted)

    def add_cut_days(self, piece: Piece, more: list[int]) -> None:
        """By agent and by line there are no cells for quarters of an hour: the calls of a day that is cut say it.

        Where most of a day is asked for, it is the day without the rest.
        """
        days = (places_of(quarter, self.zone).day for quarter in (piece.first, piece.last))
        for day in range(next(days), next(days) + 1):
            begin, end = quarters_of_days(day, day, self.zone)
            first, last = max(piece.first, begin), min(piece.last, end)
            if 2 * (last - first) < end - begin:
                self.add_notes(first, last, more, 1)
                continue
            self.merge_all(cells.within((self.state.generation,), self.split, Piece(DAY, day, day)))
            self.add_notes(begin, first - 1, more, -1)
            self.add_notes(last + 1, end, more, -1)

    def add_notes(self, first: int, last: int, more: list[int], times: int) -> None:
        """Add what the calls of these quarters had added to the cells (`times` -1: take it out)."""
        if first > last:
            return
        parts = rollups.noted(self.state.generation, more)
        parts |= rollups.noted_between(self.state.generation, moment_of(first), moment_of(last + 1))
        for part in parts.values():
            if first <= part.quarter <= last:
                self.add_part(part, times)

    # What it does not hold yet

    def changed_and_live(self) -> list[Columns]:
        """The calls that the projection has not taken in, and the live ones: in one statement, so as of one moment."""
        position = self.state.position if self.exact else self.state.seq
        asked, inner, outer = self.asked, moment_of(self.first), moment_of(self.last + 1)
        begun = Q(began_at__gte=asked.start, began_at__lt=asked.end)
        # Said twice, by the index of the live calls and by its states: SQLite then takes it, and not that of the days.
        live = begun & Q(state__in=LIVE_STATES) & ~Q(state=State.ENDED)
        cut = Q(began_at__gte=asked.start, began_at__lt=inner) | Q(began_at__gte=outer, began_at__lt=asked.end)
        return read_calls(Call.objects.filter(Q(seq__gt=position) | Q(merged_into=None) & (live | cut)).order_by())

    def has_cell(self, quarter: int) -> bool:
        return self.first <= quarter <= self.last

    def is_cut(self, call: Columns) -> bool:
        """Whether a call is of this span, but of a quarter of an hour that is not wholly so."""
        return self.asked.start <= call.began_at < self.asked.end and not self.has_cell(quarter_of(call.began_at))

    def add_changed(self, calls: list[Columns]) -> None:
        fresh = [call for call in calls if self.exact and call.seq > self.state.position]
        notes = rollups.noted(self.state.generation, [call.id for call in fresh])
        for call in fresh:
            for part, times in ((notes.get(call.id), -1), (part_of(call), 1)):
                if part and self.has_cell(part.quarter):
                    self.add_part(part, times)
        for call in calls:
            if self.is_cut(call) and (part := part_of(call)):
                self.add_part(part, 1)
            if call.live and self.asked.start <= call.began_at < self.asked.end:
                self.add_live(call)
        if fresh:
            self.reading.as_of = max(self.reading.as_of, *(call.seq for call in fresh))

    def add_live(self, call: Columns) -> None:
        who = {BY_AGENT: call.agent_number, BY_LINE: call.virtual_number}.get(self.split, "") or ""
        key = self.key(quarter_of(call.began_at), call.source_id, call.direction, call.group_id, who)
        if self.wants(key) and (who or not self.split):
            self.reading.live[self.whose(key)].append(call)

    def add_part(self, part: Part, times: int) -> None:
        who = {BY_AGENT: part.agent, BY_LINE: part.line}.get(self.split, "")
        key = self.key(part.quarter, part.source_id, part.direction, part.group_id, who)
        if self.wants(key) and (who or not self.split):
            self.sums(key).add(part, times)

    def key(self, quarter: int, source: int, direction: str, group: int | None, who: str) -> Key:
        return Key(self.split, QUARTER, quarter, source, direction, group or 0, who)

    def wants(self, key: Key) -> bool:
        asked = self.asked
        return (
            asked.allows(key.group_id or None)
            and (not self.who or key.who == self.who)
            and (asked.source is None or asked.source == key.source_id)
            and (not self.rules or key.span != QUARTER or self.rules.is_open(key.start, key.group_id))
        )

    def sums(self, key: Key) -> Sums:
        group = self.one_of(key.group_id) if self.one_of else key.group_id
        return self.reading.sums[self.whose(key)][key.direction, group]

    def whose(self, key: Key) -> Whose:
        match self.by:
            case "group":
                return key.group_id
            case "source":
                return key.source_id
            case "agent" | "line":
                return key.who
            case "":
                return ""
        place = key.span, key.start
        if place not in self.times:
            self.times[place] = when(self.by, *place, self.zone)
        return self.times[place]
