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
NAME = "rollups"
_STATE = f"""
SELECT (SELECT seq FROM calls_head), (SELECT position FROM calls_projection WHERE name = '{NAME}'),
    (SELECT generation FROM calls_projection WHERE name = '{NAME}')
"""
_REBUILD = f"UPDATE calls_projection SET signature = '' WHERE name = '{NAME}'"

State = tuple[int, int, int]
"""Number of the latest change, position and generation of the projection."""


def ask_for_all_anew(url: str) -> None:
    """Have the server make the projection from nothing."""
    with stores.connected(url) as connection:
        connection.execute(_REBUILD)


class Watch:
    """Looks at a database every 20 ms, in a thread. `behind` holds how many seconds old the oldest change was that was
    not taken in yet, at each look."""

    def __init__(self, url: str) -> None:
        self.states: list[tuple[float, State]] = []
        self.behind: list[float] = []
        self._url = url
        self._over = threading.Event()
        self._waiting: deque[tuple[float, int]] = deque()

    def run(self) -> None:
        with stores.connected(self._url) as connection:
            while not self._over.wait(EVERY_SECONDS):
                self._note(time.monotonic(), connection.execute(_STATE).fetchone())

    def _note(self, at: float, state: Any) -> None:
        latest, position, generation = (int(each or 0) for each in state)
        if not self._waiting or self._waiting[-1][1] < latest:
            self._waiting.append((at, latest))
        while self._waiting and self._waiting[0][1] <= position:
            self._waiting.popleft()
        self.states.append((at, (latest, position, generation)))
        self.behind.append(at - self._waiting[0][0] if self._waiting else 0.0)

    def stop(self) -> None:
        self._over.set()

    def lag(self) -> Figures:
        return {
            "behind_p50_ms": percentile(self.behind, 0.5),
            "behind_p99_ms": percentile(self.behind, 0.99),
            "behind_most_ms": percentile(self.behind, 1),
        }

    def caught_per_second(self) -> int | None:
        """How many changes a second were taken in while the projection was last made anew; None of a single look."""
        newest = self.states[-1][1][2]
        anew = [(at, latest, position) for at, (latest, position, generation) in self.states if generation == newest]
        began, goal, first = anew[0]
        at, position = next(((at, place) for at, _, place in anew if place >= goal), (anew[-1][0], anew[-1][2]))
        return round((position - first) / (at - began)) if at > began else None


@contextmanager
def watching(url: str) -> Iterator[Watch]:
    """Watch until the end of the block."""
    watch = Watch(url)
    thread = threading.Thread(target=watch.run, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join(10)
