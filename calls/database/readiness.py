"""Whether the database does its work: a row is written, and read again."""

import secrets
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from calls.models.readiness import Readiness

READY_SECONDS, NOT_READY_SECONDS = 5.0, 1.0
"""How long an answer is given to others who ask. Anybody may ask, a write costs more than a question, and on SQLite
it makes the live cache look at its calls anew."""
LONGEST_LOOK_SECONDS = 3.0
"""A look that takes longer says that the database is not ready: deliveries were refused by then."""


def write_and_read() -> None:
    """Write the row and read it. Raises a database error where that cannot be done."""
    written = secrets.token_hex(8)
    # More than one process does this: one statement, which no other can come between.
    Readiness.objects.bulk_create(
        [Readiness(id=1, written=written)], update_conflicts=True, unique_fields=["id"], update_fields=["written"]
    )
    if not Readiness.objects.filter(id=1).exists():
        raise DatabaseError("a row that was written is not there")


class Watch:
    """Answers whether the database takes writes, and looks only now and then.

    Of those who ask at once one looks, and the others get the latest answer; before the first there is none, so they
    wait for it. A look that hangs is an answer, too.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at: float | None = None
        self._looks_since: float | None = None
        self._ready = False

    def is_ready(self) -> bool:
        """The latest answer; a new one where it is old and nobody looks already."""
        if self._is_old() and self._lock.acquire(timeout=LONGEST_LOOK_SECONDS if self._looked_at is None else 0):
            try:
                if self._is_old():
                    self._looks_since = time.monotonic()
                    self.note(self._look())
            finally:
                self._looks_since = None
                self._lock.release()
        since = self._looks_since
        return self._ready and (since is None or time.monotonic() - since <= LONGEST_LOOK_SECONDS)

    def note(self, ready: bool) -> None:
        """Say that the database has just taken a write, or refused one: then nobody needs to look."""
        self._ready, self._looked_at = ready, time.monotonic()

    def _is_old(self) -> bool:
        holds = READY_SECONDS if self._ready else NOT_READY_SECONDS
        return self._looked_at is None or time.monotonic() - self._looked_at > holds

    @staticmethod
    def _look() -> bool:
        try:
            write_and_read()
        except (DatabaseError, InterfaceError):
            return False
        finally:
            connection.close()
        return True


watch = Watch()
"""The watch of this process."""
