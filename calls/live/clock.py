"""Whether the server's wall clock was set: it is held against a clock that nobody can set.

Calls are forgotten by the wall clock: they get lost, leave the board, belong to a day. When that clock goes wrong and
is put right again, what was forgotten must come back. A loaded picture cannot bring it back, so the feed loads anew.
"""

from datetime import datetime, timedelta

CLOCK_STEP_SECONDS = 2.0
"""The two clocks may part by less than this within `ANCHOR_SECONDS`; beyond, the wall clock was set."""
ANCHOR_SECONDS = 60.0
"""The clocks are compared over this length at most, so that a clock that runs a little fast or slow is no step."""
REPORTED_SECONDS = 600.0
"""How long boards say that the clock was set."""


class ClockWatch:
    """Compares the wall clock with a steady one. Has no clock of its own: it is given both readings."""

    def __init__(self) -> None:
        self._anchor: tuple[datetime, float] | None = None
        self._latest: tuple[int, float] | None = None  # the latest step, and when it was seen on the steady clock

    def look(self, now: datetime, steady: float) -> int | None:
        """Take a reading of both clocks (`steady` in seconds). Gives the whole seconds that the wall clock was set
        forward (negative: back) since the last reading, or None where it was not set."""
        if self._anchor is None:
            self._anchor = now, steady
            return None
        wall, since = self._anchor
        elapsed = steady - since
        parted = ((now - wall) - timedelta(seconds=elapsed)).total_seconds()
        stepped = abs(parted) >= CLOCK_STEP_SECONDS
        if stepped or elapsed >= ANCHOR_SECONDS:
            self._anchor = now, steady
        if not stepped:
            return None
        self._latest = round(parted), steady
        return round(parted)

    def step_to_report(self, steady: float) -> int | None:
        """The latest step, for as long as boards say it: whole seconds, forward positive; None: there was none."""
        if self._latest is None or steady - self._latest[1] >= REPORTED_SECONDS:
            return None
        return self._latest[0]
