"""How long the callers of a group wait before they give up, and how likely one who waits is to give up next. Pure.

Each second of a wait some callers are still there, and some of them give up: the share of those who do, multiplied
over the seconds, says how many are left (Kaplan and Meier). Callers who were answered, or whose call ended otherwise,
count as long as they waited, and say nothing of what they would have done after.
"""

from collections import Counter
from typing import NamedTuple

from calls.figures.parts import Clock, Settings
from calls.figures.sums import Sums, counted_waits
from calls.words import Outcome

NEXT_SECONDS = 30
"""A caller is close to being lost by the chance to give up within so many seconds."""
STEP_SECONDS = 5
LONGEST_SECONDS = 600
LEAST_GIVEN_UP = 30
"""With fewer callers who gave up, a group has no patience that is known."""
LEAST_WAITING = 20
"""A chance is known as long as so many callers had waited that long. What comes after has the last known one."""
LONG_WAIT, TOO_LONG = 0.10, 0.25
"""A wait is long when so many would have given up by then, and too long when so many would."""
LONG_WAIT_SECONDS, TOO_LONG_SECONDS = (10, 45), (20, 90)
"""No wait is long before the first of these, and each is after the second, however patient the callers are."""


class Patience(NamedTuple):
    """The patience of a group. Waits are whole seconds on the group's clock, after its menu allowance.

    `chances` are in percent, of giving up within `NEXT_SECONDS`, after a wait of 0, 5, 10, ... s (`STEP_SECONDS`); the
    last stands for all waits that are longer.
    """

    clock: Clock
    allowance: int
    long_wait: int
    too_long: int
    chances: tuple[int, ...]


def patience_of(sums: Sums, settings: Settings) -> Patience | None:
    """The patience of a group by the sums of its incoming calls; None while too few have given up."""
    gave_up = _by_second(sums, Outcome.ABANDONED, settings)
    if gave_up.total() < LEAST_GIVEN_UP:
        return None
    others = _by_second(sums, Outcome.ANSWERED, settings) + _by_second(sums, Outcome.MISSED, settings)
    waiting, left = _curve(gave_up, gave_up + others)
    last = max(second for second in range(LONGEST_SECONDS + 1) if waiting[second] >= LEAST_WAITING)
    return Patience(
        settings.clock,
        settings.allowance_on(settings.clock),
        _within(LONG_WAIT_SECONDS, _reached(left, LONG_WAIT, last)),
        _within(TOO_LONG_SECONDS, _reached(left, TOO_LONG, last)),
        tuple(_chance(left, second) for second in range(0, last + 1, STEP_SECONDS)),
    )


def _by_second(sums: Sums, outcome: str, settings: Settings) -> Counter[int]:
    return Counter(counted_waits(sums, outcome, settings).by_second())


def _curve(gave_up: Counter[int], ended: Counter[int]) -> tuple[list[int], list[float]]:
    """By second of the wait: how many calls had come to it, and the share of callers who had not given up before."""
    waiting, left = [ended.total()], [1.0]
    for second in range(LONGEST_SECONDS + NEXT_SECONDS):
        here = waiting[second]
        left.append(left[second] * (1 - gave_up[second] / here) if here else left[second])
        waiting.append(here - ended[second])
    return waiting, left


def _reached(left: list[float], share: float, last: int) -> int | None:
    """The first second at which so many would have given up."""
    return next((second for second in range(last + 2) if 1 - left[second] >= share), None)


def _within(bounds: tuple[int, int], second: int | None) -> int:
    lowest, highest = bounds
    return highest if second is None else min(highest, max(lowest, second))


def _chance(left: list[float], second: int) -> int:
    return round(100 * (1 - left[second + NEXT_SECONDS] / left[second])) if left[second] else 100
