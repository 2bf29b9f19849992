"""Figures at a glance: the last 30 minutes beside today, for the strip of a board and for screens on walls.

Many ask for the same every few seconds, so a reading is kept for a second. It is that of the Figures page: the same
code over the same spans.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from calls.database.connecting import as_of_one_moment
from calls.days import day_bounds, day_of
from calls.display.figure_words import GOAL_LEVELS
from calls.figures.asking import LATELY
from calls.figures.definitions import FEW, FIGURES
from calls.figures.group_rules import Rules
from calls.figures.parts import Settings
from calls.figures.reading import Asked, read
from calls.figures.sums import Tally
from calls.figures.text import text_of
from calls.models.access import Scope

KEPT_SECONDS = 1.0
MOST_KEPT = 200
TODAY = ("answered", "lost", "abandoned", "missed", "lost-rate", "offered", "outgoing")
OF_A_GROUP = ("answered", "lost")
FAR_BELOW = 0.1
"""A service level that is so much below its goal is an alarm, not only a warning."""
Groups = frozenset[int | None] | None
T = TypeVar("T")


class Glance(NamedTuple):
    """The calls of the last 30 minutes, of the 30 minutes before, and of today, all as of one moment and number.

    `groups` are those of today by group (0: none), without their waits.
    """

    now: datetime
    as_of: int
    behind: int
    lately: Tally
    before: Tally
    today: Tally
    groups: dict[int, Tally]


def glance(scope: Scope, groups: Groups, now: datetime) -> Glance:
    """Read it now."""
    spans = ((now - LATELY, now), (now - 2 * LATELY, now - LATELY))
    with as_of_one_moment():
        lately, before = (read(Asked(*span, scope, groups), "", now) for span in spans)
        day, rules = read(Asked(*day_bounds(day_of(now)), scope, groups), "group", now), Rules()
    by_group = {int(group): tally.without_waits() for group, tally in day.tallies(rules).items()}
    return Glance(now, day.as_of, day.behind, lately.tally(rules), before.tally(rules), day.tally(rules), by_group)


@dataclass(slots=True)
class _Kept(Generic[T]):
    lock: threading.Lock
    at: float = float("-inf")
    found: T | None = None
    settings: dict[int, Settings] | None = None


class Shared(Generic[T]):
    """What was read in the last second, or seconds, by whose calls it is about. Of those who ask at once, one reads.

    What is kept longer than a change of settings may take to boards looks `by_settings`: others make it old at once.
    """

    def __init__(
        self,
        read_now: Callable[[Scope, Groups, datetime], T],
        seconds: float = KEPT_SECONDS,
        by_settings: bool = False,
    ) -> None:
        self._read_now, self._seconds, self._by_settings = read_now, seconds, by_settings
        self._kept: dict[tuple[Scope, Groups], _Kept[T]] = {}
        self._lock = threading.Lock()

    def get(self, scope: Scope, groups: Groups, now: datetime) -> T:
        """What was read for this scope and these groups, at most `seconds` ago; else it is read as of `now`."""
        kept, settings = self._of((scope, groups)), Rules().own if self._by_settings else None
        with kept.lock:
            is_old = time.monotonic() - kept.at >= self._seconds or kept.settings != settings
            if kept.found is None or is_old:
                kept.found = self._read_now(scope, groups, now)
                kept.at, kept.settings = time.monotonic(), settings
            return kept.found

    def _of(self, whose: tuple[Scope, Groups]) -> _Kept[T]:
        with self._lock:
            if len(self._kept) >= MOST_KEPT and whose not in self._kept:
                self._kept.clear()
            return self._kept.setdefault(whose, _Kept(threading.Lock()))

    def forget(self) -> None:
        self._kept.clear()


glances = Shared(glance)


def told(found: Glance) -> dict[str, Any]:
    """A glance as pages show it; docs/figures.md says what each part is."""
    return {
        "now": found.now.isoformat().replace("+00:00", "Z"),
        "as_of": found.as_of,
        "behind": found.behind,
        "level": {"lately": level(found.lately), "today": level(found.today), "trend": trend(found)},
        **{name: text_of(FIGURES[name].of(found.today)) for name in TODAY},
    }


def day_told(tally: Tally) -> dict[str, Any]:
    """The day of a group, or of all of them, beside its live calls."""
    return {"level": level(tally), **{name: text_of(FIGURES[name].of(tally)) for name in OF_A_GROUP}}


def level(tally: Tally) -> dict[str, Any]:
    """A service level with its goal and how it stands to it: a code and a word."""
    value = FIGURES["service-level"].of(tally)
    code = level_code(tally)
    return {
        "text": text_of(value),
        "numerator": value.numerator,
        "denominator": value.denominator,
        "goal": f"{100 * tally.goal / tally.level_of:.0f} %" if tally.level_of else None,
        "code": code,
        "word": str(GOAL_LEVELS[code]),
    }


def level_code(tally: Tally) -> str:
    """ "none" over nothing, "few" below ten calls, else "fine", "warn" or "alarm" by the goal."""
    if tally.level_of < FEW:
        return "few" if tally.level_of else "none"
    if tally.level_in >= tally.goal:
        return "fine"
    return "warn" if tally.level_in >= tally.goal - FAR_BELOW * tally.level_of else "alarm"


def trend(found: Glance) -> str | None:
    """Whether the last 30 minutes are better than those before by two points or more: "up", "down" or "steady"."""
    if min(found.lately.level_of, found.before.level_of) < FEW:
        return None
    step = found.lately.level_in / found.lately.level_of - found.before.level_in / found.before.level_of
    return "steady" if abs(step) < 0.02 else "up" if step > 0 else "down"
