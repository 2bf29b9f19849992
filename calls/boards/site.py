"""What every board is told of the site as a whole: its clock, the provider's silence, the limits that refuse calls."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple

from django.conf import settings

from calls.boards.reader import Reader
from calls.health.clocks import wrong_clocks
from calls.health.refusals import refused_lately
from calls.health.silence import expected, longest_silence, same_times_before
from calls.live.clock import ClockWatch

EXPECT_SECONDS = 300
"""So often the silence that is usual at this time of the week is read anew."""
CLOCKS_SECONDS = 20
"""So often the latest calls of each source are held against the clock."""


class SiteState(NamedTuple):
    """What a heartbeat says of the site, by the names of its fields.

    `clock_step_seconds`: whole seconds that the server's clock was set by lately. `silent_since`: when the last
    delivery of any call came in, if that is too long ago. `refused`: the limits that refused new calls lately.
    `wrong_clocks`: sources whose times cannot be, and by how much they are ahead.
    """

    clock_step_seconds: int | None = None
    silent_since: datetime | None = None
    refused: Sequence[str] = ()
    wrong_clocks: Sequence[dict[str, Any]] = ()


class SiteWatch:
    """Looks at the clock with each step, and now and then at what the database says of deliveries."""

    def __init__(self) -> None:
        self._clock = ClockWatch()
        self._refused: list[str] = []
        self._wrong_clocks: list[dict[str, Any]] = []
        self._silence = timedelta(seconds=settings.CALLBOARD_SILENCE_SECONDS)
        self._expected_at = self._clocks_at = -float("inf")

    def clock_step(self, now: datetime) -> int | None:
        """The whole seconds that the wall clock was set by since the last look at it; None: it was not set."""
        return self._clock.look(now, steady_seconds())

    async def look(self, reader: Reader, now: datetime) -> None:
        """Read what `state` says next. Raises database errors."""
        self._refused = await reader.run(refused_lately, now)
        if monotonic() - self._clocks_at >= CLOCKS_SECONDS:
            self._wrong_clocks, self._clocks_at = await reader.run(_wrong_clocks, now), monotonic()
        if monotonic() - self._expected_at >= EXPECT_SECONDS:
            # One week at a time: the changes of calls are read in the same thread, and do not wait for all of them.
            silences = [await reader.run(longest_silence, span) for span in same_times_before(now)]
            self._silence, self._expected_at = expected(silences), monotonic()

    def state(self, now: datetime, heard_at: datetime | None) -> SiteState:
        """`heard_at`: when the last delivery of any call came in."""
        silent = heard_at is not None and now - heard_at >= self._silence
        step = self._clock.step_to_report(steady_seconds())
        return SiteState(step, heard_at if silent else None, self._refused, self._wrong_clocks)


def _wrong_clocks(now: datetime) -> list[dict[str, Any]]:
    return [{"source": found.source.name, "seconds_ahead": found.seconds_ahead} for found in wrong_clocks(now)]


def steady_seconds() -> float:
    """A clock that nobody can set. It goes on while the machine sleeps, where the system has such a clock: after
    a sleep the wall clock is right, and only a clock that stood still meanwhile would say otherwise."""
    boot_clock = getattr(time, "CLOCK_BOOTTIME", None)
    return monotonic() if boot_clock is None else time.clock_gettime(boot_clock)
