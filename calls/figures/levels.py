"""Which calls stand above and below a line: sets of what calls count as, and the six service levels of them. Pure."""

from dataclasses import dataclass

from calls.figures.parts import Formula, Mark

Marks = frozenset[Mark]

ANSWERED = frozenset({Mark.ANSWERED_IN_TIME, Mark.ANSWERED_LATE, Mark.ANSWERED_UNTIMED})
TIMED_ANSWERS = ANSWERED - {Mark.ANSWERED_UNTIMED}
SHORT = frozenset({Mark.ABANDONED_SHORT})
TIMED_ABANDONED = frozenset({Mark.ABANDONED_IN_TIME, Mark.ABANDONED_LATE})
ABANDONED = TIMED_ABANDONED | {Mark.ABANDONED_UNTIMED}
MISSED = frozenset({Mark.MISSED})
LOST = ABANDONED | MISSED
TALKING = frozenset({Mark.TALKING_IN_TIME, Mark.TALKING_LATE})
WAITING = frozenset({Mark.WAITING_IN_TIME, Mark.WAITING_PAST})
LIVE = TALKING | WAITING | {Mark.LOST_TRACK}
OFFERED = ANSWERED | SHORT | LOST | LIVE | {Mark.FAILED, Mark.UNKNOWN}
INCOMING = OFFERED | {Mark.IVR_ONLY}
ENDED = INCOMING - LIVE
OUTGOING = frozenset(mark for mark in Mark if mark not in INCOMING and mark is not Mark.OTHER)

IN_TIME = frozenset({Mark.ANSWERED_IN_TIME, Mark.TALKING_IN_TIME})
JUDGED = TIMED_ANSWERS | TALKING | SHORT | LOST | {Mark.WAITING_PAST}
_GAVE_UP_IN_TIME = SHORT | {Mark.ABANDONED_IN_TIME}


@dataclass(frozen=True, slots=True)
class LevelFormula:
    """One way to reckon a service level."""

    label: str
    words: str
    counted: Marks
    among: Marks


LEVELS: dict[Formula, LevelFormula] = {
    Formula.ABANDONED_IN_TIME_HELP: LevelFormula(
        "Abandoned in time help",
        "Answered in time, and abandoned within the threshold, of all that were answered, abandoned or missed.",
        IN_TIME | _GAVE_UP_IN_TIME,
        JUDGED,
    ),
    Formula.OF_ANSWERED: LevelFormula(
        "Of answered calls only", "Answered in time, of all that were answered.", IN_TIME, TIMED_ANSWERS | TALKING
    ),
    Formula.ABANDONED_COUNT: LevelFormula(
        "All abandoned count", "Answered in time, of all that were answered, abandoned or missed.", IN_TIME, JUDGED
    ),
    Formula.ABANDONED_IN_TIME_LEFT_OUT: LevelFormula(
        "Abandoned in time left out",
        "Answered in time, of all that were answered, missed, or abandoned after the threshold.",
        IN_TIME,
        JUDGED - _GAVE_UP_IN_TIME,
    ),
    Formula.SHORT_HELP: LevelFormula(
        "Short abandons help",
        "Answered in time, and short abandons, of all that were answered, abandoned or missed.",
        IN_TIME | SHORT,
        JUDGED,
    ),
    Formula.SHORT_LEFT_OUT: LevelFormula(
        "Short abandons left out",
        "Answered in time, of all that were answered, missed, or abandoned later than a short abandon.",
        IN_TIME,
        JUDGED - SHORT,
    ),
}
