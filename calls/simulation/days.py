"""Kinds of day: how many calls there are, how they end, and how long callers wait."""

from collections.abc import Mapping
from dataclasses import dataclass

from .scripts import ANSWERED

ABANDONED = "AbandonedCall"
CANCELLED = "CANCEL (0)"
RANG_OUT = "NO ANSWER (0-Agent)"
ENGAGED = "AgentEngaged (0-Agent)"
IVR_ONLY = "Not connected"
# The word a call ends with, and how many of a hundred do.
ENDS = {
    ANSWERED: 66,
    ABANDONED: 8,
    CANCELLED: 6,
    RANG_OUT: 6,
    "BUSY (17)": 3,
    "CONGESTION": 2,
    "Unavailable (19)": 1,
    ENGAGED: 3,
    IVR_ONLY: 5,
}
# Over how many agents such a call hunts, and how many of a hundred do; one where nothing is said.
HUNTS = {
    ANSWERED: {1: 72, 2: 20, 3: 8},
    ABANDONED: {1: 60, 2: 40},
    CANCELLED: {1: 80, 2: 20},
    RANG_OUT: {1: 40, 2: 40, 3: 20},
    ENGAGED: {0: 1},
    IVR_ONLY: {0: 1},
}
_MOSTLY_ONE = {ANSWERED: {1: 88, 2: 9, 3: 3}}


@dataclass(frozen=True, slots=True)
class Day:
    """`ends` and `hunts` are weights as in `incoming`, lengths are medians in seconds.

    An `even` day is as busy at each hour; others follow the hours of an office.
    """

    ends: Mapping[str, int]
    hunts: Mapping[str, Mapping[int, int]]
    menu_seconds: float
    ring_seconds: float
    live: int
    calls_per_minute: float
    even: bool = True


USUAL = Day(ENDS, HUNTS, menu_seconds=9, ring_seconds=7, live=12, calls_per_minute=6.0, even=False)
"""What `simulate` makes up without being asked for another day."""

DAYS = {
    "busy": Day(
        {ANSWERED: 84, ABANDONED: 5, CANCELLED: 2, RANG_OUT: 3, "BUSY (17)": 1, "CONGESTION": 1, IVR_ONLY: 4},
        {**HUNTS, **_MOSTLY_ONE},
        menu_seconds=4,
        ring_seconds=6,
        live=12,
        calls_per_minute=0.5,
    ),
    "quiet": Day(
        {ANSWERED: 93, ABANDONED: 2, CANCELLED: 1, RANG_OUT: 1, IVR_ONLY: 3},
        {**HUNTS, **_MOSTLY_ONE},
        menu_seconds=4,
        ring_seconds=5,
        live=4,
        calls_per_minute=0.2,
    ),
    "bad": Day(
        {
            ANSWERED: 58,
            ABANDONED: 15,
            CANCELLED: 8,
            RANG_OUT: 9,
            "BUSY (17)": 3,
            "CONGESTION": 3,
            ENGAGED: 2,
            IVR_ONLY: 2,
        },
        HUNTS,
        menu_seconds=8,
        ring_seconds=9,
        live=18,
        calls_per_minute=1.0,
    ),
}
