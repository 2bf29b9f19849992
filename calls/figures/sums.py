"""Sums: what the parts of many calls add up to. Pure.

Everything is a plain count, so sums can be added, subtracted and merged in any order. Counts have names:

    answered            calls with this outcome
    unclear             abandoned calls of which nobody can say who hung up
    talks, talk         answered calls of which the talk is known, and its seconds
    coins.answered      thousandths of a coin
    answered.p.1500     incoming calls with this outcome whose wait on clock `p` was 1,500 s: long waits

Shorter waits stand beside them: for each outcome and clock (`answered.p`) the lanes of a `Waits`. Those of calls that
ended in the menu (`ivr_only.p`) count where their group says so.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import orjson

from calls.figures.parts import CLOCKS, Clock, Mark, Part, Settings, mark_of
from calls.figures.waits import LANE_BITS, LANES, Packing, Waits
from calls.words import Direction, Outcome

_MENU = str(Outcome.IVR_ONLY)
_TIMED = tuple(map(str, (Outcome.ANSWERED, Outcome.ABANDONED, Outcome.MISSED, _MENU)))
_PACKING = Packing(
    [f"{outcome}.{clock}" for outcome in _TIMED for clock in CLOCKS if (outcome, clock) != (_MENU, Clock.RINGING)]
)


Changes = dict[str, int]
"""What is added to sums, by name: the short waits too (`answered.p.12`), since a few calls have few of them."""


def counts_of(part: Part) -> list[tuple[str, int]]:
    """What one call adds."""
    outcome = str(part.outcome)
    counts = [(outcome, 1)]
    if outcome in _TIMED and part.direction == Direction.INCOMING:
        waits = zip(CLOCKS, part.waits, strict=True)
        counts += [(f"{outcome}.{clock}.{wait}", 1) for clock, wait in waits if wait is not None]
    if part.talk is not None:
        counts += [("talks", 1), ("talk", part.talk)]
    if part.coins:
        counts.append((f"coins.{outcome}", part.coins))
    if part.unclear:
        counts.append(("unclear", 1))
    return counts


@lru_cache(maxsize=16_384)  # The same few thousand names, again and again.
def _place(name: str) -> tuple[str, int]:
    """The lanes and the second that a count belongs to; "" for one that has no lane."""
    lanes, _, second = name.rpartition(".")
    return (lanes, int(second)) if lanes.count(".") and int(second) < LANES else ("", 0)


class Unsound(Exception):
    """There would be fewer calls than none: what was to be taken out had not been put in."""


class Sums:
    """The sums of any number of calls of one direction: `counts` by name, and `lanes` by outcome and clock."""

    __slots__ = ("counts", "lanes")

    def __init__(self, counts: dict[str, int] | None = None, lanes: dict[str, int] | None = None) -> None:
        self.counts: dict[str, int] = {} if counts is None else counts
        self.lanes: dict[str, int] = {} if lanes is None else lanes

    @classmethod
    def of(cls, parts: Iterable[Part]) -> "Sums":
        found = cls()
        for part in parts:
            found.add(part)
        return found

    def add(self, part: Part, times: int = 1) -> None:
        """Add what one call adds so many times (-1: take it out)."""
        self.change({name: times * count for name, count in counts_of(part)})

    def change(self, changes: Changes) -> None:
        for name, count in changes.items():
            lane, second = _place(name)
            if lane:
                self.lanes[lane] = self.lanes.get(lane, 0) + (count << LANE_BITS * second)
            else:
                self.counts[name] = self.counts.get(name, 0) + count

    def __iadd__(self, more: "Sums") -> "Sums":
        counts, lanes = self.counts, self.lanes
        for name, count in more.counts.items():
            counts[name] = counts.get(name, 0) + count
        for name, count in more.lanes.items():
            lanes[name] = lanes.get(name, 0) + count
        return self

    def __bool__(self) -> bool:
        return any(self.counts.values()) or any(self.lanes.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sums) and self._told() == other._told()

    __hash__ = None  # type: ignore[assignment]

    def _told(self) -> tuple[dict[str, int], dict[str, int]]:
        return _filled(self.counts), _filled(self.lanes)

    def __repr__(self) -> str:
        waits = {name: Waits(lanes).by_second() for name, lanes in _filled(self.lanes).items()}
        return f"{_filled(self.counts)} {waits}"

    def dump(self) -> tuple[str, bytes]:
        """As a cell keeps them. Raises Unsound where more calls were taken out than there were."""
        try:
            return self.dump_counts(), _PACKING.pack(self.lanes)
        except OverflowError:
            raise Unsound(self.counts) from None

    def dump_counts(self) -> str:
        counts = _filled(self.counts)
        if counts and min(counts.values()) < 0:
            raise Unsound(counts)
        return orjson.dumps(counts).decode()

    @classmethod
    def load(cls, counts: str, lanes: bytes) -> "Sums":
        found = cls(orjson.loads(counts))
        _PACKING.add(lanes, found.lanes)
        return found

    def add_kept(self, counts: str, lanes: bytes) -> None:
        """Add the sums of a cell as it is kept."""
        known = self.counts
        for name, count in orjson.loads(counts).items():
            known[name] = known.get(name, 0) + count
        _PACKING.add(lanes, self.lanes)

    def waits(self) -> Callable[[str, Clock], Waits]:
        """Says how long the calls of an outcome waited on a clock, where it is known."""
        lanes, long = self.lanes, self.long_waits()

        def on(outcome: str, clock: Clock) -> Waits:
            name = f"{outcome}.{clock}"
            return Waits(lanes.get(name, 0), long.get(name))

        return on

    def long_waits(self) -> dict[str, dict[int, int]]:
        """Those that are counted by name: by outcome and clock, and then by second."""
        found: dict[str, dict[int, int]] = {}
        for name, count in self.counts.items():
            if name.count(".") == _DOTS_OF_A_WAIT:
                of, _, wait = name.rpartition(".")
                found.setdefault(of, {})[int(wait)] = count
        return found


def changed(counts: str, lanes: bytes, changes: Changes) -> tuple[str, bytes]:
    """The sums of a cell as they are kept, with these changes. Raises Unsound."""
    plain, waits = {}, []
    for name, count in changes.items():
        lane, second = _place(name)
        if lane:
            waits.append((lane, second, count))
        else:
            plain[name] = count
    patched = _PACKING.patched(lanes, waits) if waits else lanes
    if patched is None:
        sums = Sums.load(counts, lanes)
        sums.change(changes)
        return sums.dump()
    sums = Sums(orjson.loads(counts))
    sums.change(plain)
    return sums.dump_counts(), patched


def _filled(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


class Tally:
    """Calls counted by the settings of their groups. Tallies of several groups are added, never averaged.

    `marks` counts calls, `waits` and `gave_up` count answered and abandoned calls by whole second of their wait as the
    group counts it, `rings` answered calls by seconds of ringing, `rings_in_vain` abandoned and missed ones; `other`
    has what needs no settings (`sums`), that of outgoing calls as `out.talk`.
    `goal` is the number of calls that should have been answered in time, were all goals just met.
    """

    def __init__(self) -> None:
        self.marks: Counter[Mark] = Counter()
        self.waits = Waits()
        self.gave_up = Waits()
        self.rings = Waits()
        self.rings_in_vain = Waits()
        self.other: Counter[str] = Counter()
        self.level_in = self.level_of = 0
        self.goal = 0.0

    def add(self, direction: str, sums: Sums, settings: Settings) -> None:
        """Count sums of one group and direction by the group's settings."""
        prefix, timed = _PREFIXES.get(direction, f"{direction}."), {}
        if direction == Direction.INCOMING:
            waited = sums.waits()
            kinds = [(Outcome.ANSWERED, self.waits), (Outcome.ABANDONED, self.gave_up)]
            if settings.menu_offered:
                kinds.append((Outcome.IVR_ONLY, self.gave_up))
            for outcome, waits in kinds:
                counted = waited(outcome, settings.clock).less(settings.allowance_on(settings.clock))
                timed[str(outcome)] = self._mark(counted, outcome, settings)
                waits += counted
            self.rings += waited(Outcome.ANSWERED, Clock.RINGING)
            self.rings_in_vain += waited(Outcome.ABANDONED, Clock.RINGING)
            self.rings_in_vain += waited(Outcome.MISSED, Clock.RINGING)
        for name, count in sums.counts.items():
            if name in _OUTCOMES:
                if left := count - timed.get(name, 0):
                    self.marks[_untimed(direction, name, settings.menu_offered)] += left
            elif name.count(".") < _DOTS_OF_A_WAIT:
                self.other[prefix + name] += count

    def _mark(self, waits: Waits, outcome: str, settings: Settings) -> int:
        """Count these calls as what they are by their wait. Returns how many they are."""
        before = 0
        for mark, last in _marks(outcome, settings):
            until = waits.total() if last is None else waits.until(last)
            if until > before:
                self.marks[mark] += until - before
            before = until
        return before

    def without_waits(self) -> "Tally":
        """What is needed for counts of calls and for the service level, in a fraction of the room."""
        found = Tally()
        found.marks = self.marks
        found.level_in, found.level_of, found.goal = self.level_in, self.level_of, self.goal
        return found

    def __iadd__(self, more: "Tally") -> "Tally":
        self.marks.update(more.marks)
        self.other.update(more.other)
        self.waits += more.waits
        self.gave_up += more.gave_up
        self.rings += more.rings
        self.rings_in_vain += more.rings_in_vain
        self.level_in += more.level_in
        self.level_of += more.level_of
        self.goal += more.goal
        return self


def tally(direction: str, sums: Sums, settings: Settings) -> Tally:
    """Count sums of one group and direction by the group's settings."""
    found = Tally()
    found.add(direction, sums, settings)
    return found


def counted_waits(sums: Sums, outcome: str, settings: Settings) -> Waits:
    """The calls of an outcome by their wait as the group counts it, where it is known."""
    return sums.waits()(outcome, settings.clock).less(settings.allowance_on(settings.clock))


@lru_cache(maxsize=256)
def _untimed(direction: str, outcome: str, menu_offered: bool) -> Mark:
    """What calls count as whose wait is unknown, or says nothing: whatever the other settings are."""
    return mark_of(direction, outcome, None, Settings(menu_offered=menu_offered))


@lru_cache(maxsize=512)
def _marks(outcome: str, settings: Settings) -> list[tuple[Mark, int | None]]:
    """What the calls of an outcome count as, the shortest counted waits first: until which second each. None: all."""
    edges = sorted({0, settings.short, settings.threshold + 1})
    lasts = [*(edge - 1 for edge in edges[1:]), None]
    uncounted = settings.allowance_on(settings.clock)
    return [
        (mark_of(Direction.INCOMING, outcome, edge + uncounted, settings), last)
        for edge, last in zip(edges, lasts, strict=True)
    ]


_PREFIXES: dict[str, str] = {Direction.INCOMING: "", Direction.OUTGOING: "out."}
_OUTCOMES = frozenset(map(str, Outcome))
_DOTS_OF_A_WAIT = 2
