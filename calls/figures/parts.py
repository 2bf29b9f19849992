"""The part that one call has in the figures, and what it counts as by the settings of its group. Pure.

Waits are kept in whole seconds, which is the provider's resolution, on three clocks at once. So a threshold, a clock or
an allowance can be changed later, and every figure is exact again without a look at the calls.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from calls.database.columns import Columns
from calls.figures.hours import Hours
from calls.words import Direction, Outcome, State

QUARTER_SECONDS = 900
"""A quarter of an hour. Every time zone in use begins its days on one."""
UNCLEAR_REASON = "hung_up"
"""The reason of abandoned calls of which the provider does not say whether the customer or an agent hung up."""
_LONGEST_WAIT = timedelta(days=7)


class Clock(StrEnum):
    """Where the wait of a customer begins. It ends when an agent picks up, or with the call."""

    WHOLE_CALL = "w"
    AFTER_PICKUP = "p"
    RINGING = "r"


CLOCKS = tuple(Clock)


class Formula(StrEnum):
    """The six ways to reckon a service level that are in use; `definitions` says what each counts."""

    ABANDONED_IN_TIME_HELP = "1"
    OF_ANSWERED = "2"
    ABANDONED_COUNT = "3"
    ABANDONED_IN_TIME_LEFT_OUT = "4"
    SHORT_HELP = "5"
    SHORT_LEFT_OUT = "6"


class Settings(NamedTuple):
    """How the calls of one group are counted. Lengths are whole seconds, the goal is in percent.

    `hours` are its business hours (None: always open). `promise`: a lost caller is to be called back within so many
    minutes. `menu_offered`: a call that ended in the menu was offered, and abandoned there.
    """

    threshold: int = 20
    short: int = 5
    goal: int = 80
    clock: Clock = Clock.AFTER_PICKUP
    ivr_allowance: int = 0
    formula: Formula = Formula.SHORT_LEFT_OUT
    hours: Hours | None = None
    promise: int = 60
    menu_offered: bool = False

    @property
    def counting(self) -> "Settings":
        """What of them says how calls are counted: groups that have this in common are counted alike."""
        return self._replace(hours=None, promise=0) if self.hours or self.promise else self

    def counted(self, wait: int) -> int:
        """A wait on the group's clock as the group counts it."""
        return self.counted_on(self.clock, wait)

    def counted_on(self, clock: Clock, wait: int) -> int:
        """A wait on any clock as the group would count it."""
        return max(0, wait - self.allowance_on(clock))

    def allowance_on(self, clock: Clock) -> int:
        """How many seconds of menu are taken off a wait: after the pick-up only."""
        return self.ivr_allowance if clock is Clock.AFTER_PICKUP else 0

    def offers(self, outcome: str | None) -> bool:
        """Whether the group counts calls that ended so as offered."""
        return outcome != Outcome.IVR_ONLY or self.menu_offered


class Mark(StrEnum):
    """What a call counts as. Every call has exactly one, and each figure is a sum of some over a sum of some."""

    __hash__ = str.__hash__  # Marks are counted by the thousand, and an enum's own is not written in C.

    ANSWERED_IN_TIME = "answered_in_time"
    ANSWERED_LATE = "answered_late"
    ANSWERED_UNTIMED = "answered_untimed"
    ABANDONED_SHORT = "abandoned_short"
    ABANDONED_IN_TIME = "abandoned_in_time"
    ABANDONED_LATE = "abandoned_late"
    ABANDONED_UNTIMED = "abandoned_untimed"
    MISSED = "missed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    IVR_ONLY = "ivr_only"
    TALKING_IN_TIME = "talking_in_time"
    TALKING_LATE = "talking_late"
    WAITING_IN_TIME = "waiting_in_time"
    WAITING_PAST = "waiting_past"
    LOST_TRACK = "lost_track"
    CONNECTED = "connected"
    CUSTOMER_MISSED = "customer_missed"
    AGENT_MISSED = "agent_missed"
    OUTGOING_FAILED = "outgoing_failed"
    OUTGOING_UNKNOWN = "outgoing_unknown"
    OUTGOING_LIVE = "outgoing_live"
    OTHER = "other"


class Part(NamedTuple):
    """What one call adds to the sums: where it belongs, how it went, and how long what took.

    `quarter` numbers the quarters of an hour since 1970 (UTC) by the moment the call began. `waits` are by the clocks
    of `CLOCKS`, in whole seconds, None where unknown; a call that ended in the menu rang nowhere. `coins` are
    thousandths.
    """

    quarter: int
    source_id: int
    direction: str
    group_id: int | None
    agent: str
    line: str
    outcome: str
    waits: tuple[int | None, int | None, int | None]
    talk: int | None
    coins: int
    unclear: bool


class Counted(NamedTuple):
    """The columns of a call that say its part."""

    id: int
    seq: int
    source_id: int
    direction: str
    state: str
    merged_into_id: int | None
    outcome: str | None
    reason: str | None
    provisional: bool
    group_id: int | None
    agent_number: str | None
    virtual_number: str | None
    began_at: datetime
    started_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    leg_a_picked_at: datetime | None
    wait_seconds: int | None
    talk_seconds: int | None
    coins: Decimal | None
    flags: list[str]

    @property
    def ended(self) -> bool:
        return self.state == State.ENDED and self.merged_into_id is None


def part_of(call: Columns | Counted) -> Part | None:
    """The part of an ended call; None for one that is live or turned out to be another one."""
    if not call.ended:
        return None
    return Part(
        quarter_of(call.began_at),
        call.source_id,
        call.direction,
        call.group_id,
        call.agent_number or "",
        call.virtual_number or "",
        call.outcome or Outcome.UNKNOWN,
        _waits(call),
        call.talk_seconds if call.outcome == Outcome.ANSWERED else None,
        int(call.coins * 1000) if call.coins else 0,
        call.outcome == Outcome.ABANDONED and call.reason == UNCLEAR_REASON,
    )


def wait_ends(call: Columns | Counted) -> datetime | None:
    """When the wait of an ended call was over: picked up, or given up. None where the provider does not say it."""
    if call.outcome == Outcome.ANSWERED:
        return call.answered_at
    return None if "end_time_assumed" in call.flags else call.ended_at


def _waits(call: Columns | Counted) -> tuple[int | None, int | None, int | None]:
    until = wait_ends(call)
    # Not `started_at`: where the provider's clock is wrong, the other moments were put right, and that was not.
    began = call.began_at if call.provisional or call.started_at else None
    if call.outcome == Outcome.IVR_ONLY:
        return seconds(began, until), seconds(_picked_up_at(call) or began, until), None
    return seconds(began, until), call.wait_seconds, seconds(call.ringing_at, until)


def _picked_up_at(call: Columns | Counted) -> datetime | None:
    """When the platform picked up an incoming call, put right as `began_at` was."""
    if call.leg_a_picked_at and call.started_at:
        return call.leg_a_picked_at + (call.began_at - call.started_at)
    return call.leg_a_picked_at


def quarter_of(moment: datetime) -> int:
    """The number of the quarter of an hour that a moment lies in, counted from 1970 (UTC)."""
    return int(moment.timestamp() // QUARTER_SECONDS)


def seconds(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds between two moments; None where one is unknown, or the wait would be negative or over a week."""
    if start is None or end is None or not timedelta() <= end - start <= _LONGEST_WAIT:
        return None
    return int((end - start).total_seconds())


_PLAIN = {
    Outcome.MISSED: Mark.MISSED,
    Outcome.FAILED: Mark.FAILED,
    Outcome.IVR_ONLY: Mark.IVR_ONLY,
}
_OUTGOING = {
    Outcome.ANSWERED: Mark.CONNECTED,
    Outcome.CUSTOMER_MISSED: Mark.CUSTOMER_MISSED,
    Outcome.AGENT_MISSED: Mark.AGENT_MISSED,
    Outcome.FAILED: Mark.OUTGOING_FAILED,
}


def mark_of(direction: str, outcome: str, wait: int | None, settings: Settings) -> Mark:
    """What an ended call counts as; `wait` is the one on the clock of the settings, without its allowance."""
    if direction == Direction.OUTGOING:
        return _OUTGOING.get(outcome, Mark.OUTGOING_UNKNOWN)  # type: ignore[call-overload]
    if direction != Direction.INCOMING:
        return Mark.OTHER
    if outcome == Outcome.ANSWERED:
        return _answered(wait, settings)
    if outcome == Outcome.ABANDONED or (outcome == Outcome.IVR_ONLY and settings.menu_offered):
        return _abandoned(wait, settings)
    return _PLAIN.get(outcome, Mark.UNKNOWN)  # type: ignore[call-overload]


def _answered(wait: int | None, settings: Settings) -> Mark:
    if wait is None:
        return Mark.ANSWERED_UNTIMED
    return Mark.ANSWERED_IN_TIME if settings.counted(wait) <= settings.threshold else Mark.ANSWERED_LATE


def _abandoned(wait: int | None, settings: Settings) -> Mark:
    if wait is None:
        return Mark.ABANDONED_UNTIMED
    if settings.counted(wait) < settings.short:
        return Mark.ABANDONED_SHORT
    return Mark.ABANDONED_IN_TIME if settings.counted(wait) <= settings.threshold else Mark.ABANDONED_LATE


def live_mark(call: Columns, settings: Settings, now: datetime) -> Mark:
    """What a live call counts as at this moment: it need not end to have been answered, or to be too late."""
    if call.direction != Direction.INCOMING:
        return Mark.OUTGOING_LIVE if call.direction == Direction.OUTGOING else Mark.OTHER
    if call.lost_track_at <= now:
        return Mark.LOST_TRACK
    talking = call.state == State.TALKING
    wait = live_wait(call, settings.clock, call.answered_at if talking else now)
    late = wait is not None and settings.counted(wait) > settings.threshold
    if talking:
        return Mark.TALKING_LATE if late else Mark.TALKING_IN_TIME
    return Mark.WAITING_PAST if late else Mark.WAITING_IN_TIME


def live_wait(call: Columns, clock: Clock, until: datetime | None) -> int | None:
    """How many seconds a live call's customer has waited until a moment; None where the clock's start is unknown."""
    return seconds(live_start(call, clock), until)


def live_start(call: Columns, clock: Clock) -> datetime | None:
    """When a clock of a live call began. The platform's pick-up is told by the report only: until then, as the call."""
    return call.ringing_at if clock is Clock.RINGING else call.began_at
