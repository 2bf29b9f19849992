"""Named locks of one transaction, against other processes that share a PostgreSQL database.

SQLite has one writer at a time anyway: there every lock is free, and none is asked for.
"""

from collections.abc import Iterable

from django.db import transaction

_KEYS = "(SELECT DISTINCT hashtextextended(unnest(%s::text[]), 0) AS k ORDER BY k) AS wanted"
"""The locks' numbers, sorted: two processes that take them in one order cannot wait for each other."""


class HeldByAnother(Exception):
    """Another process holds locks that this transaction found out late that it needs: begin anew, with them first."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = names


class Locks:
    """The locks that a transaction holds until it ends."""

    def __init__(self, last_try: bool) -> None:
        """On its last try a transaction waits even for locks that it takes out of their order."""
        self.shared = transaction.get_connection().vendor == "postgresql"
        self.last_try = last_try
        self._held: set[str] = set()

    def hold(self, names: set[str]) -> None:
        """Wait for these locks. Call it once, before anything else: a second call would be out of order."""
        if self.shared:
            _lock(names)
            self._held |= names

    def hold_late(self, names: set[str]) -> None:
        """Take locks that only now turned out to be needed, out of their order. Raises HeldByAnother.

        Waiting here could be for a process that waits for this one. PostgreSQL would end one of the two, but only
        after a second, which is longer than a webhook has.
        """
        wanted = names - self._held if self.shared else set()
        if not wanted:
            return
        if self.last_try:
            self.hold(wanted)
        elif not _try(wanted):
            raise HeldByAnother(wanted)


def _lock(names: Iterable[str]) -> None:
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock(k) FROM {_KEYS}", [list(names)])  # noqa: S608


def _try(names: Iterable[str]) -> bool:
    """Take the locks without waiting; whether all were free. After a no, the transaction must be undone."""
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(f"SELECT bool_and(pg_try_advisory_xact_lock(k)) FROM {_KEYS}", [list(names)])  # noqa: S608
        return bool(cursor.fetchone()[0])
