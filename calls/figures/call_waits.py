"""How long the caller of one call waited, on each of the three clocks, and what the call counts as by its group.

The inspector, the page of a call, the board's dock and the interface have it from here, made of the same parts that
figures are sums of.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from calls.database.columns import Columns
from calls.display import figure_words as words
from calls.figures.levels import ABANDONED, IN_TIME, SHORT, TALKING, TIMED_ABANDONED, TIMED_ANSWERS, WAITING
from calls.figures.parts import (
    CLOCKS,
    UNCLEAR_REASON,
    Clock,
    Mark,
    Settings,
    live_mark,
    live_start,
    live_wait,
    mark_of,
    part_of,
    wait_ends,
)
from calls.models import Call
from calls.words import Direction, Outcome, State

TOO_LATE = frozenset({Mark.ANSWERED_LATE, Mark.TALKING_LATE, Mark.WAITING_PAST})
_BY_THRESHOLD = TIMED_ANSWERS | TIMED_ABANDONED | TALKING | WAITING


class CallWaits(NamedTuple):
    """What the call counts as, and its waits by the clocks of `CLOCKS`, in whole seconds as its group counts them.

    A wait is None where it is unknown, and of calls that are not incoming. Those of a live call are as of a moment.
    """

    mark: Mark
    waits: tuple[int | None, ...]
    settings: Settings

    @property
    def counted(self) -> int | None:
        """The one that counts."""
        return self.waits[CLOCKS.index(self.settings.clock)]


def waits_of(call: Columns, settings: Settings, now: datetime) -> CallWaits:
    """The waits of a call by the settings of its group; a live one is looked at as of `now`."""
    found: tuple[int | None, ...]
    if part := part_of(call):
        found = part.waits if settings.offers(part.outcome) else (None,) * len(CLOCKS)
        mark = mark_of(part.direction, part.outcome, found[CLOCKS.index(settings.clock)], settings)
    else:
        mark = live_mark(call, settings, now)
        found = tuple(live_wait(call, clock, _live_until(call, mark, now)) for clock in CLOCKS)
    if call.direction != Direction.INCOMING:
        found = (None,) * len(CLOCKS)
    counted = (
        None if wait is None else settings.counted_on(clock, wait) for clock, wait in zip(CLOCKS, found, strict=True)
    )
    return CallWaits(mark, tuple(counted), settings)


def note_of(call: Columns | Call, mark: Mark) -> str:
    """What is to be said of an abandoned call besides: "menu", it was there; "unclear", who hung up; or ""."""
    if mark not in ABANDONED | SHORT:
        return ""
    return "menu" if call.outcome == Outcome.IVR_ONLY else "unclear" if call.reason == UNCLEAR_REASON else ""


def _live_until(call: Columns, mark: Mark, now: datetime) -> datetime | None:
    """Until when a live call's caller waited, or waits. Of a call that we lost track of nobody knows it."""
    if call.state == State.TALKING:
        return call.answered_at
    return None if mark is Mark.LOST_TRACK else now


# --- as pages and programs are told -------------------------------------------------------------------------------


def told(call: Columns, settings: Settings, now: datetime) -> dict[str, Any] | None:
    """The waits of an incoming call with their words, as docs/api.md has them; None for any other call."""
    if call.direction != Direction.INCOMING:
        return None
    found = waits_of(call, settings, now)
    return {
        "mark": str(found.mark),
        "word": str(words.mark_words(found.mark, note_of(call, found.mark))),
        "level": "fine" if found.mark in IN_TIME else "warn" if found.mark in TOO_LATE else "none",
        "limit": _limit(found),
        "threshold": settings.threshold,
        "short": settings.short,
        "allowance": settings.ivr_allowance,
        "clocks": [_clock_told(call, clock, wait, found) for clock, wait in zip(CLOCKS, found.waits, strict=True)],
        "stands_until": _stands_until(call, found),
    }


def _clock_told(call: Columns, clock: Clock, wait: int | None, found: CallWaits) -> dict[str, Any]:
    goes_on = wait is not None and found.mark in WAITING
    return {
        "clock": str(clock),
        "word": str(words.CLOCKS[clock]),
        "starts": str(words.CLOCK_STARTS[clock]),
        "counts": clock is found.settings.clock,
        "seconds": wait,
        "since": _since(call, clock, found.settings) if goes_on else None,
        "note": _note(call, clock, wait, found),
    }


def _limit(found: CallWaits) -> str:
    """What the wait was held against, in words; "" where it does not matter how long it was."""
    if found.mark in SHORT:
        return str(words.SHORT_LIMIT).format(seconds=found.settings.short)
    return str(words.THRESHOLD).format(seconds=found.settings.threshold) if found.mark in _BY_THRESHOLD else ""


def _since(call: Columns, clock: Clock, settings: Settings) -> datetime | None:
    """From when on the wait of a live call is counted: after the pick-up, once the allowance is over."""
    begins = live_start(call, clock)
    return begins and begins + timedelta(seconds=settings.allowance_on(clock))


def _stands_until(call: Columns, found: CallWaits) -> datetime | None:
    """When a live call counts as something else though nothing is heard of it; None where it does not."""
    if not call.live or found.mark is Mark.LOST_TRACK:
        return None
    since = _since(call, found.settings.clock, found.settings) if found.mark is Mark.WAITING_IN_TIME else None
    late = [since + timedelta(seconds=found.settings.threshold + 1)] if since else []
    return min([call.lost_track_at, *late])


def _note(call: Columns, clock: Clock, wait: int | None, found: CallWaits) -> str:
    """Whether a wait counts, why it is unknown, and what else is to be known of it."""
    allowance = found.settings.allowance_on(clock)
    notes: list[Any] = [words.THE_ONE] if clock is found.settings.clock else []
    if wait is None:
        notes.append(words.WAIT_UNKNOWN[_why_unknown(call, clock, found.mark)])
    elif clock is Clock.AFTER_PICKUP:
        notes += [words.PICKUP_NOT_TOLD] if call.leg_a_picked_at is None else []
        notes += [str(words.ALLOWED).format(seconds=allowance)] if allowance else []
    return ", ".join(map(str, notes))


def _why_unknown(call: Columns, clock: Clock, mark: Mark) -> str:
    """A code of `WAIT_UNKNOWN`: the first of the moments that is missing."""
    if mark is Mark.IVR_ONLY:
        return "menu_only"
    if clock is Clock.RINGING and (call.ringing_at is None or call.outcome == Outcome.IVR_ONLY):
        return "no_ring"
    if mark is Mark.LOST_TRACK and call.state != State.TALKING:
        return "lost_track"
    if call.outcome == Outcome.ANSWERED or call.state == State.TALKING:
        if call.answered_at is None:
            return "no_answer"
    elif call.ended and wait_ends(call) is None:
        return "no_end"
    began = call.started_at if call.ended and not call.provisional else call.began_at
    return "no_start" if began is None and clock is not Clock.RINGING else "contradictory"
