"""Every figure, defined once: in words, as calls counted over calls, and what it leaves out. Pure.

Pages, strip, wallboard, interface and inspector take their figures from here and from nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from calls.figures.levels import (
    ABANDONED,
    ANSWERED,
    ENDED,
    IN_TIME,
    JUDGED,
    LEVELS,
    LIVE,
    LOST,
    MISSED,
    OFFERED,
    OUTGOING,
    SHORT,
    TIMED_ABANDONED,
    TIMED_ANSWERS,
    Marks,
)
from calls.figures.parts import Formula, Mark, Settings
from calls.figures.sums import Tally
from calls.figures.waits import Waits
from calls.words import Outcome

FEW = 10
"""Below so many calls a share is told as "8 of 9": a percentage would claim more than they can carry."""


class Unit(StrEnum):
    CALLS = "calls"
    SHARE = "share"
    SECONDS = "seconds"
    COINS = "coins"
    NUMBER = "number"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Value:
    """A figure as found: numerator and denominator as they were counted, never rounded. `amount` is None over nothing.

    Of a count the denominator is 1. Shares are between 0 and 1, lengths in seconds, costs in coins; a percentage is a
    share of time, not of calls.
    """

    unit: Unit
    numerator: float
    denominator: float

    @property
    def amount(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class Figure:
    """What a figure is. `counted` and `among` are the calls above and below the line, incoming or outgoing."""

    name: str
    label: str
    formula: str
    unit: Unit
    counted: Marks
    among: Marks
    find: Callable[[Tally], tuple[float, float]]
    incoming: bool = True

    def of(self, tally: Tally) -> Value:
        return Value(self.unit, *self.find(tally))


def judge(tally: Tally, settings: Settings) -> Tally:
    """Reckon the service level of a tally of one group by the group's formula; then it can be added to others."""
    formula = LEVELS[settings.formula]
    tally.level_in, tally.level_of = count(tally, formula.counted), count(tally, formula.among)
    tally.goal = tally.level_of * settings.goal / 100
    return tally


def count(tally: Tally, marks: Marks) -> int:
    return sum(tally.marks[mark] for mark in marks)


def level_by(formula: Formula, tally: Tally) -> Value:
    """The service level of any tally by this formula, whatever formulas its groups have chosen."""
    chosen = LEVELS[formula]
    return Value(Unit.SHARE, count(tally, chosen.counted), count(tally, chosen.among))


def _count_of(name: str, label: str, formula: str, marks: Marks, incoming: bool = True) -> Figure:
    return Figure(name, label, formula, Unit.CALLS, marks, marks, lambda tally: (count(tally, marks), 1), incoming)


def _share_of(name: str, label: str, formula: str, counted: Marks, among: Marks, incoming: bool = True) -> Figure:
    def find(tally: Tally) -> tuple[float, float]:
        return count(tally, counted), count(tally, among)

    return Figure(name, label, formula, Unit.SHARE, counted, among, find, incoming)


def _mean_of(name: str, label: str, formula: str, of: str, marks: Marks) -> Figure:
    def find(tally: Tally) -> tuple[float, float]:
        waits: Waits = getattr(tally, of)
        return waits.seconds(), waits.total()

    return Figure(name, label, formula, Unit.SECONDS, marks, marks, find)


def _quantile_of(name: str, label: str, formula: str, share: float) -> Figure:
    def find(tally: Tally) -> tuple[float, float]:
        found = tally.waits.quantile(share)
        return (0, 0) if found is None else (found, 1)

    return Figure(name, label, formula, Unit.SECONDS, TIMED_ANSWERS, TIMED_ANSWERS, find)


def _ratio_of(
    name: str,
    label: str,
    formula: str,
    unit: Unit,
    marks: Marks,
    find: Callable[[Tally], tuple[float, float]],
    incoming: bool = True,
) -> Figure:
    return Figure(name, label, formula, unit, marks, marks, find, incoming)


def _coins(tally: Tally, *outcomes: str, of: str = "coins") -> float:
    return sum(tally.other[f"{of}.{outcome}"] for outcome in outcomes) / 1000


_ENDS = ("answered", "abandoned", "missed", "failed", "ivr_only", "unknown")
_CALLED_FOR_AGENT = frozenset({Mark.CONNECTED, Mark.CUSTOMER_MISSED})

_NOT_TOLD = (
    "Left out: failed calls, unknown ends, calls that ended in the menu and were not offered, calls we lost track of, "
    "answered calls whose wait is unknown, and live calls still within the threshold."
)

FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        _count_of(
            "offered",
            "Offered",
            "Incoming calls that began in this span; those that ended in the menu only where their group counts them. "
            "Each is answered, abandoned, missed, failed or unknown, or is still live.",
            OFFERED,
        ),
        _count_of("answered", "Answered", "Incoming calls that an agent answered, and that have ended.", ANSWERED),
        Figure(
            "service-level",
            "Service level",
            "The share of calls that were answered within the threshold, by each group's own threshold, clock and "
            "formula. Live calls count as soon as they are answered or past the threshold. " + _NOT_TOLD,
            Unit.SHARE,
            IN_TIME,
            JUDGED,
            lambda tally: (tally.level_in, tally.level_of),
        ),
        _mean_of(
            "average-wait",
            "Average wait",
            "The mean wait of answered calls, on each group's own clock (average speed of answer).",
            "waits",
            TIMED_ANSWERS,
        ),
        _quantile_of("median-wait", "Median wait", "The wait that half of the answered calls did not exceed.", 0.5),
        _quantile_of(
            "wait-90", "Wait, 90th percentile", "The wait that 90 % of the answered calls did not exceed.", 0.9
        ),
        _quantile_of("longest-wait", "Longest wait", "The longest wait of an answered call.", 1.0),
        _count_of(
            "lost",
            "Lost",
            "Incoming calls that were abandoned or missed. Short abandons are counted apart.",
            LOST,
        ),
        _share_of(
            "lost-rate",
            "Lost rate",
            "Abandoned and missed calls, of all that were answered, abandoned or missed. Short abandons are left out.",
            LOST,
            ANSWERED | LOST,
        ),
        _count_of(
            "abandoned",
            "Abandoned",
            "Incoming calls that the customer gave up before anybody picked up, in the menu where their group counts "
            "that, without short abandons. Where it is unclear who hung up, the call counts here and is listed apart.",
            ABANDONED,
        ),
        _share_of(
            "abandon-rate",
            "Abandon rate",
            "Abandoned calls, of all that were answered, abandoned or missed. Short abandons are left out.",
            ABANDONED,
            ANSWERED | LOST,
        ),
        _share_of(
            "abandon-rate-offered",
            "Abandon rate of offered",
            "Abandoned calls, of all offered ones, also those that failed, ended unknown or go on. Short abandons are "
            "left out.",
            ABANDONED,
            OFFERED - SHORT,
        ),
        _count_of(
            "short-abandons",
            "Short abandons",
            "Incoming calls that were given up before the short-abandon limit of their group.",
            SHORT,
        ),
        _mean_of(
            "abandon-time",
            "Average time to abandon",
            "The mean wait of abandoned calls until the customer gave up, short abandons included.",
            "gave_up",
            TIMED_ABANDONED | SHORT,
        ),
        _count_of(
            "missed", "Missed", "Incoming calls that rang and were not picked up, or found everybody busy.", MISSED
        ),
        _count_of(
            "failed",
            "Failed",
            "Incoming calls that failed for technical reasons. They are no part of the service level.",
            frozenset({Mark.FAILED}),
        ),
        _count_of(
            "unknown",
            "Unknown end",
            "Incoming calls whose end the provider told in a word unknown to us. They are left out of every rate.",
            frozenset({Mark.UNKNOWN}),
        ),
        _count_of(
            "menu-only",
            "Menu only",
            "Incoming calls that ended in the menu and were never sent to an agent. They are not offered; where a "
            "group counts them as offered, they are abandoned calls and not here.",
            frozenset({Mark.IVR_ONLY}),
        ),
        _count_of(
            "other",
            "Neither answered nor lost",
            "The offered calls that are neither: short abandons, failed calls, unknown ends, and calls that go on.",
            OFFERED - ANSWERED - LOST,
        ),
        _count_of("live", "Still live", "Incoming calls that go on, lost track included.", LIVE),
        _ratio_of(
            "talk-time",
            "Average talk",
            "The mean talk of answered incoming calls. It is not AHT: hold and work after the call are unknown.",
            Unit.SECONDS,
            ANSWERED,
            lambda tally: (tally.other["talk"], tally.other["talks"]),
        ),
        _mean_of(
            "ring-time",
            "Average ring",
            "The mean time that the phone of the agent who answered had rung, as the provider recorded it.",
            "rings",
            ANSWERED,
        ),
        _mean_of(
            "ring-time-unanswered",
            "Average ring, unanswered",
            "The mean time that a phone had rung when an abandoned or missed call ended, short abandons included. "
            "Calls that rang at nobody are left out.",
            "rings_in_vain",
            LOST | SHORT,
        ),
        _count_of("outgoing", "Outgoing", "Outgoing calls that began in this span.", OUTGOING, incoming=False),
        _share_of(
            "connect-rate",
            "Connect rate",
            "Outgoing calls that reached the customer, of those whose agent had picked up.",
            frozenset({Mark.CONNECTED}),
            _CALLED_FOR_AGENT,
            incoming=False,
        ),
        _ratio_of(
            "outgoing-talk-time",
            "Average talk, outgoing",
            "The mean talk of outgoing calls that reached the customer.",
            Unit.SECONDS,
            frozenset({Mark.CONNECTED}),
            lambda tally: (tally.other["out.talk"], tally.other["out.talks"]),
            incoming=False,
        ),
        _ratio_of(
            "outgoing-cost",
            "Cost, outgoing",
            "Coins of all outgoing calls that have ended.",
            Unit.COINS,
            OUTGOING - {Mark.OUTGOING_LIVE},
            lambda tally: (_coins(tally, *Outcome, of="out.coins"), 1),
            incoming=False,
        ),
        _ratio_of(
            "cost",
            "Cost",
            "Coins of all incoming calls that have ended.",
            Unit.COINS,
            ENDED,
            lambda tally: (_coins(tally, *_ENDS), 1),
        ),
        _ratio_of(
            "cost-per-answered",
            "Cost per answered call",
            "Coins of all incoming calls that have ended, over the number of answered ones.",
            Unit.COINS,
            ANSWERED,
            lambda tally: (_coins(tally, *_ENDS), count(tally, ANSWERED)),
        ),
        _ratio_of(
            "cost-per-call",
            "Cost per call",
            "Coins of all incoming calls that have ended, over their number.",
            Unit.COINS,
            ENDED,
            lambda tally: (_coins(tally, *_ENDS), count(tally, ENDED)),
        ),
        _ratio_of(
            "cost-per-talk-minute",
            "Cost per talk minute",
            "Coins of answered incoming calls, over the minutes of their talk, where it is known.",
            Unit.COINS,
            ANSWERED,
            lambda tally: (_coins(tally, "answered"), tally.other["talk"] / 60),
        ),
        _ratio_of(
            "cost-unanswered",
            "Cost of unanswered calls",
            "Coins of incoming calls that nobody answered.",
            Unit.COINS,
            ENDED - ANSWERED,
            lambda tally: (_coins(tally, *_ENDS[1:]), 1),
        ),
    )
}
