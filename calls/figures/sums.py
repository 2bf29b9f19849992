"""Sums: what the parts of many calls add up to, as numbers by name. Pure.

Everything is a plain count, so sums can be added, subtracted and merged in any order. The names:

    answered            calls with this outcome
    answered.p.12       of them, those whose wait on clock `p` was 12 s
    unclear             abandoned calls of which nobody can say who hung up
    talks, talk         answered calls of which the talk is known, and its seconds
    coins.answered      thousandths of a coin
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import orjson

from calls.figures.parts import CLOCKS, Clock, Mark, Part, Settings, mark_of
from calls.words import Direction, Outcome

Sums = dict[str, int]
_TIMED = frozenset(map(str, (Outcome.ANSWERED, Outcome.ABANDONED, Outcome.MISSED)))


def counts_of(part: Part) -> list[tuple[str, int]]:
    """What one call adds."""
    outcome = str(part.outcome)
    counts = [(outcome, 1)]
    if outcome in _TIMED:
        waits = zip(CLOCKS, part.waits, strict=True)
        counts += [(f"{outcome}.{clock}.{wait}", 1) for clock, wait in waits if wait is not None]
    if part.talk is not None:
        counts += [("talks", 1), ("talk", part.talk)]
    if part.coins:
        counts.append((f"coins.{outcome}", part.coins))
    if part.unclear:
        counts.append(("unclear", 1))
    return counts


def add(sums: Sums, counts: Iterable[tuple[str, int]], times: int = 1) -> None:
    """Add so many times (-1: subtract). What becomes nothing leaves."""
    for name, count in counts:
        total = sums.get(name, 0) + times * count
        if total:
            sums[name] = total
        else:
            sums.pop(name, None)


def merge(into: Sums, sums: Sums) -> None:
    """Add sums in which every count is above nothing: those of cells."""
    if not into:
        into.update(sums)
        return
    known = into.get
    for name, count in sums.items():
        into[name] = known(name, 0) + count


def sums_of(parts: Iterable[Part]) -> Sums:
    found: Sums = {}
    for part in parts:
        add(found, counts_of(part))
    return found


def dump(sums: Sums) -> str:
    return orjson.dumps(sums).decode()


def load(text: str) -> Sums:
    found: Sums = orjson.loads(text)
    return found


class Tally:
    """Calls counted by the settings of their groups. Tallies of several groups are added, never averaged.

    `marks` counts calls, `waits` and `gave_up` count answered and abandoned calls by whole second of their wait as the
    group counts it, `rings` answered calls by seconds of ringing, `rings_in_vain` abandoned and missed ones; `other`
    has what needs no settings (`sums`), that of outgoing calls as `out.talk`.
    `goal` is the number of calls that should have been answered in time, were all goals just met.
    """

    def __init__(self) -> None:
        self.marks: Counter[Mark] = Counter()
        self.waits: Counter[int] = Counter()
        self.gave_up: Counter[int] = Counter()
        self.rings: Counter[int] = Counter()
        self.rings_in_vain: Counter[int] = Counter()
        self.other: Counter[str] = Counter()
        self.level_in = self.level_of = 0
        self.goal = 0.0

    def __iadd__(self, more: "Tally") -> "Tally":
        for name in ("marks", "waits", "gave_up", "rings", "rings_in_vain", "other"):
            getattr(self, name).update(getattr(more, name))
        self.level_in += more.level_in
        self.level_of += more.level_of
        self.goal += more.goal
        return self


def tally(direction: str, sums: Mapping[str, int], settings: Settings) -> Tally:
    """Count sums of one group and direction by the group's settings."""
    found, plan = Tally(), _plan(direction, settings)
    timed: Counter[str] = Counter()
    for name, count in sums.items():
        place = plan[name]
        if place is None:
            continue
        if place.other:
            found.other[place.other] += count
        if place.rings:
            (found.rings if place.word == Outcome.ANSWERED else found.rings_in_vain)[place.second] += count
        if place.mark:
            found.marks[place.mark] += count
            (found.waits if place.word == Outcome.ANSWERED else found.gave_up)[place.counted] += count
            timed[place.word] += count
    for outcome in Outcome:
        left = sums.get(outcome, 0) - timed[outcome]
        if left:
            found.marks[mark_of(direction, outcome, None, settings)] += left
    return found


def quantile(waits: Counter[int], share: float) -> int | None:
    """The shortest wait that at least this share of the calls did not exceed (nearest rank)."""
    left = sum(waits.values()) * share
    for wait in sorted(waits):
        left -= waits[wait]
        if left <= 1e-9:
            return wait
    return None


def waits_of(sums: Mapping[str, int], outcome: str, settings: Settings) -> Counter[int]:
    """The calls of an outcome by whole second of their wait, as the group counts it, where it is known."""
    found: Counter[int] = Counter()
    for name, count in sums.items():
        word, clock, second = _parsed(name)
        if word == outcome and clock == settings.clock:
            found[settings.counted(second)] += count
    return found


class _Place(NamedTuple):
    """Where a name of sums goes: to the plain counts (`other`), to the rings, to the marks and waits (`mark`)."""

    word: str
    second: int
    counted: int
    mark: Mark | None
    rings: bool
    other: str


class _Plan(dict[str, _Place | None]):
    """The places of names by one direction and settings. A range has the same few thousand names again and again."""

    def __init__(self, direction: str, settings: Settings) -> None:
        super().__init__()
        self.direction, self.settings = direction, settings

    def __missing__(self, name: str) -> _Place | None:
        if len(self) >= _MOST_NAMES:
            self.clear()
        self[name] = place = self._place(*_parsed(name), name)
        return place

    def _place(self, word: str, clock: str, second: int, name: str) -> _Place | None:
        incoming = self.direction == Direction.INCOMING
        if not clock:
            other = _PREFIXES.get(self.direction, f"{self.direction}.") + name
            return None if name in _OUTCOMES else _Place(word, 0, 0, None, False, other)
        rings = clock == Clock.RINGING and incoming
        marked = clock == self.settings.clock and incoming and word in _SPLIT
        mark = mark_of(self.direction, word, second, self.settings) if marked else None
        return _Place(word, second, self.settings.counted(second), mark, rings, "") if mark or rings else None


_MOST_NAMES = 20_000


@lru_cache(maxsize=256)
def _plan(direction: str, settings: Settings) -> _Plan:
    return _Plan(direction, settings)


@lru_cache(maxsize=16_384)  # The same few thousand names, again and again.
def _parsed(name: str) -> tuple[str, str, int]:
    """The outcome, the clock ("" for a plain count) and the seconds of a name."""
    word, _, rest = name.partition(".")
    clock, _, second = rest.partition(".")
    return (word, clock, int(second)) if second else (word, "", 0)


_PREFIXES: dict[str, str] = {Direction.INCOMING: "", Direction.OUTGOING: "out."}
_SPLIT = frozenset(map(str, (Outcome.ANSWERED, Outcome.ABANDONED)))
"""The outcomes that count as one mark or another by their wait."""
_OUTCOMES = frozenset(map(str, Outcome))
