"""Whether the database does its work: a row is written, and read again."""

import secrets
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from calls.models.readiness import Readiness

READY_SECONDS, NOT_READY_SECONDS = 5.0, 1.0
"""How long an answer is given to others who ask. Anybody may ask, a write costs more than a question, and on SQLite
it makes the live cache look at its calls anew."""


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
    """Answers whether the database takes writes, and looks only now and then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at = -float("inf")
        self._ready = False

    def is_ready(self) -> bool:
        """The latest answer; a new one where it is old and nobody looks already."""
        holds = READY_SECONDS if self._ready else NOT_READY_SECONDS
        if time.monotonic() - self._looked_at > holds and self._lock.acquire(blocking=False):
            try:
                self._ready = self._look()
                self._looked_at = time.monotonic()
            finally:
                self._lock.release()
        return self._ready

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
