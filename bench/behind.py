"""How far a projection is behind the changes of calls, watched from outside while a server works."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench import stores
from bench.load.figures import Figures, percentile

EVERY_SECONDS = 0.02
LONGEST_START_SECONDS = 20
LONGEST_COUNT_SECONDS = 120
NAME = "rollups"
_STATE = f"""
SELECT (SELECT seq FROM calls_head), (SELECT position FROM calls_projection WHERE name = '{NAME}'),
    (SELECT generation FROM calls_projection WHERE name = '{NAME}')
"""
_REBUILD = f"UPDATE calls_projection SET signature = '' WHERE name = '{NAME}' RETURNING generation"
_COUNTED = "SELECT count(*) FROM calls_countedcall WHERE generation > {}"
_NEVER = 2**31

State = tuple[int, int, int]
"""Number of the latest change, position and generation of the projection."""


def ask_for_all_anew(url: str) -> int:
    """Have the server make the projection from nothing. Gives its generation so far: the next one is the new one."""
    until = time.monotonic() + LONGEST_START_SECONDS
    with stores.connected(url) as connection:
        # A server that has just started for the first time has not made the row yet.
        while not (found := connection.execute(_REBUILD).fetchall()):
            if time.monotonic() > until:
                raise RuntimeError(f"The server has no projection {NAME}.")
            time.sleep(EVERY_SECONDS)
    return int(found[0][0])


class Watch:
    """Looks at a database every 20 ms, in a thread. `behind` holds how many seconds old the oldest change was that was
    not taken in yet, at each look.

    It also follows a projection that is made anew: its generations after `old`, until it has taken in all that there
    was when the first of these was seen. Calls are counted once, at the end: to count millions takes long.
    """

    def __init__(self, url: str, old: int = _NEVER) -> None:
        self.states: list[tuple[float, State]] = []
        self.behind: list[float] = []
        self._url, self._old = url, old
        self._began: float | None = None
        self._goal = 0
        self._caught_at: float | None = None
        self._counted: int | None = None
        self._over = threading.Event()
        self._waiting: deque[tuple[float, int]] = deque()

    def run(self) -> None:
        with stores.connected(self._url) as connection:
            while not self._over.wait(EVERY_SECONDS):
                self._note(time.monotonic(), connection.execute(_STATE).fetchone())
                if self.has_caught_up and self._counted is None:
                    self._count(connection)
            if self._counted is None and self._began is not None:
                self._count(connection)

    def _count(self, connection: Any) -> None:
        self._counted = int(connection.execute(_COUNTED.format(self._old)).fetchone()[0])

    @property
    def has_caught_up(self) -> bool:
        """Whether a projection that is made anew has taken in all that there was."""
        return self._caught_at is not None

    def _note(self, at: float, state: Any) -> None:
        latest, position, generation = (int(each or 0) for each in state)
        if not self._waiting or self._waiting[-1][1] < latest:
            self._waiting.append((at, latest))
        while self._waiting and self._waiting[0][1] <= position:
            self._waiting.popleft()
        if generation > self._old:
            self._note_anew(at, latest, position)
        self.states.append((at, (latest, position, generation)))
        self.behind.append(at - self._waiting[0][0] if self._waiting else 0.0)

    def _note_anew(self, at: float, latest: int, position: int) -> None:
        if self._began is None:
            # By this look a step or more was done: at the one before, nothing.
            self._began, self._goal = self.states[-1][0] if self.states else at, latest
        if not self.has_caught_up and position >= self._goal:
            self._caught_at = at

    def stop(self) -> None:
        self._over.set()

    def lag(self) -> Figures:
        return {
            "behind_p50_ms": percentile(self.behind, 0.5),
            "behind_p99_ms": percentile(self.behind, 0.99),
            "behind_most_ms": percentile(self.behind, 1),
        }

    def catching_up(self) -> Figures:
        """How many calls were taken in while the projection was made anew, in how many seconds, and how many a second.

        Without `caught_s` where it had not caught up when the watch ended.
        """
        if self._began is None or not self._counted:
            return {}
        seconds = (self._caught_at or self.states[-1][0]) - self._began
        found: Figures = {"caught": self._counted, "caught_per_s": round(self._counted / max(seconds, EVERY_SECONDS))}
        return found | ({"caught_s": round(seconds, 1)} if self.has_caught_up else {})


@contextmanager
def watching(url: str, old: int = _NEVER) -> Iterator[Watch]:
    """Watch until the end of the block."""
    watch = Watch(url, old)
    thread = threading.Thread(target=watch.run, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join(LONGEST_COUNT_SECONDS)
