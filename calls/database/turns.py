"""Taking turns: long work beside a server is done in short transactions, with pauses in which others write."""

import time

from django.db import connection

LEAST_PAUSE_SECONDS = 0.02


class Turns:
    """The turns of one piece of work. The first begins when it is made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def give_way(self) -> None:
        """Pause after a transaction; the next turn begins then.

        SQLite has one writer at a time, and who waits for the lock looks for it only every tenth of a second: between
        two transactions that follow each other closely it is hardly ever found free. So others have as much time.
        """
        took = time.monotonic() - self._began if connection.vendor == "sqlite" else 0.0
        time.sleep(max(LEAST_PAUSE_SECONDS, took))
        self._began = time.monotonic()
