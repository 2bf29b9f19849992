"""What every board is told of the site as a whole: its clock, what is unusual about its deliveries."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, NamedTuple

from django.conf import settings

from calls.boards.reader import Reader
from calls.health.clocks import wrong_clocks
from calls.health.refusals import refused_lately
from calls.health.shares import unusual_shares
from calls.health.silence import expected_silence
from calls.health.silent_sources import silent_sources
from calls.live.clock import ClockWatch
from calls.models.access import Scope

CLOCKS_SECONDS = 20
"""So often the latest calls of each source are held against the clock, and it is looked for sources that are silent."""
COMPARE_SECONDS = 300
"""So often what comes now is compared with what is usual: how long there is silence, how much is odd."""


class SiteState(NamedTuple):
    """What a heartbeat says of the site, by the names of its fields.

    `clock_step_seconds`: whole seconds that the server's clock was set by lately. `silent_since`: when the last
    delivery of any call came in, if that is too long ago. `silent_sources`: those that are silent, and since when.
    `refused`: the limits that refused new calls lately.
    `wrong_clocks`: sources whose times cannot be, and by how much they are ahead. `unusual`: what more of the latest
    deliveries are than usual; for those who see all calls and numbers.
    """

    clock_step_seconds: int | None = None
    silent_since: datetime | None = None
    silent_sources: Sequence[dict[str, Any]] = ()
    refused: Sequence[str] = ()
    wrong_clocks: Sequence[dict[str, Any]] = ()
    unusual: Sequence[dict[str, Any]] = ()

    def told_to(self, scope: Scope) -> dict[str, Any]:
        sees_all = scope.groups is None and not scope.masked
        return self._asdict() if sees_all else self._asdict() | {"unusual": ()}


class SiteWatch:
    """Looks at the clock with each step, and now and then at what the database says of deliveries.

    It reads in a thread of its own: the changes of calls do not wait for a look through thousands of deliveries.
    """

    def __init__(self) -> None:
        self._reader = Reader()
        self._clock = ClockWatch()
        self._read = SiteState()
        self._silence = timedelta(seconds=settings.CALLBOARD_SILENCE_SECONDS)
        self._clocks_at = self._compared_at = -float("inf")

    def clock_step(self, now: datetime) -> int | None:
        """The whole seconds that the wall clock was set by since the last look at it; None: it was not set."""
        return self._clock.look(now, steady_seconds())

    async def look(self, now: datetime) -> None:
        """Read what `state` says next. Raises database errors."""
        await self._reader.renew()
        self._read = self._read._replace(refused=await self._reader.run(refused_lately, now))
        if monotonic() - self._clocks_at >= CLOCKS_SECONDS:
            wrong, silent = await self._reader.run(_wrong_clocks, now), await self._reader.run(_silent_sources, now)
            self._read = self._read._replace(wrong_clocks=wrong, silent_sources=silent)
            self._clocks_at = monotonic()
        if monotonic() - self._compared_at >= COMPARE_SECONDS:
            self._read = self._read._replace(unusual=await self._reader.run(_unusual, now))
            self._silence = await self._reader.run(expected_silence, now)
            self._compared_at = monotonic()

    async def stop(self) -> None:
        await self._reader.stop()

    def state(self, now: datetime, heard_at: datetime | None) -> SiteState:
        """`heard_at`: when the last delivery of any call came in."""
        silent = heard_at is not None and now - heard_at >= self._silence
        step = self._clock.step_to_report(steady_seconds())
        return self._read._replace(clock_step_seconds=step, silent_since=heard_at if silent else None)


def _wrong_clocks(now: datetime) -> list[dict[str, Any]]:
    return [{"source": found.source.name, "seconds_ahead": found.seconds_ahead} for found in wrong_clocks(now)]


def _silent_sources(now: datetime) -> list[dict[str, Any]]:
    return [{"source": found.source.name, "since": found.since} for found in silent_sources(now)]


def _unusual(now: datetime) -> list[dict[str, Any]]:
    return [{"kind": each.kind, "odd": each.odd, "looked_at": each.looked_at} for each in unusual_shares(now)]


def steady_seconds() -> float:
    """A clock that nobody can set. It goes on while the machine sleeps, where the system has such a clock: after
    a sleep the wall clock is right, and only a clock that stood still meanwhile would say otherwise."""
    boot_clock = getattr(time, "CLOCK_BOOTTIME", None)
    return monotonic() if boot_clock is None else time.clock_gettime(boot_clock)
