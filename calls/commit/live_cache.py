"""What the latest commits left in memory: live calls with all that was heard of them.

The next delivery of a remembered call reads nothing from the database. This is right only while nobody else writes to
it. SQLite tells whether another connection wrote (`PRAGMA data_version`) and how much this one wrote
(`total_changes`). If one of the two differs from what the last commit left, the cache forgets everything. PostgreSQL
does not tell, so there the cache stays empty.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from calls.rules.events import CallEvent

MAX_REMEMBERED_CALLS = 5_000
"""Beyond this, the cache forgets the calls that were heard of longest ago."""


class Stored(NamedTuple):
    """The parts of a stored row that the next write compares with. `fixed` holds the columns that seldom change."""

    digest: str
    seq: int
    fixed: tuple[Any, ...]


Ids = tuple[int, str, str, str, datetime | None]
"""Everything in an event that decides which call it belongs to: source, CallSid, Uniqueid, campid, and with a campid
the StartTime."""


def ids_of(source: int, event: CallEvent) -> Ids:
    return source, event.call_id, event.alternate_id, event.joining_id, event.started_at if event.joining_id else None


@dataclass(slots=True)
class Remembered:
    """A call as it was last committed."""

    id: int
    ref: str
    source: int
    events: list[CallEvent]
    stored: Stored
    ids: set[Ids]


class LiveCache:
    """The live calls that this process committed last. One cache serves one connection at a time."""

    def __init__(self) -> None:
        self._calls: OrderedDict[int, Remembered] = OrderedDict()
        self._by_ids: dict[Ids, Remembered] = {}
        self._as_of: _AsOf | None = None

    def forget(self) -> None:
        self._calls.clear()
        self._by_ids.clear()
        self._as_of = None

    def check(self) -> None:
        """Forget everything if somebody wrote since `keep`. Call it inside the transaction that holds the lock."""
        as_of = _as_of()
        if as_of is None or as_of != self._as_of:
            self.forget()
            self._as_of = as_of

    def keep(self) -> None:
        """Trust the remembered calls until somebody writes again. Call it as the last step of the transaction."""
        if self._as_of is not None:
            self._as_of = self._as_of._replace(written=_written())

    @contextmanager
    def uncounted_writes(self) -> Iterator[None]:
        """Keep the cache although this connection writes: the caller promises to write neither calls nor deliveries."""
        before = _written()
        yield
        if self._as_of is not None:
            self._as_of = self._as_of._replace(written=self._as_of.written + _written() - before)

    def of(self, call: int) -> Remembered | None:
        return self._calls.get(call)

    def meant_by(self, source: int, event: CallEvent) -> Remembered | None:
        """Find the call of an event by its ids, if the call has heard exactly these ids before.

        Such an event cannot belong to another call, provided that a CallSid is among the ids.
        """
        return self._by_ids.get(ids_of(source, event)) if event.call_id else None

    def remember(self, call: int, ref: str, source: int, events: list[CallEvent], stored: Stored) -> None:
        """Remember a call as this transaction commits it. Only the events after the ones known so far bring new ids."""
        if self._as_of is None:
            return
        known = self._calls.get(call)
        if known is None:
            known = self._calls[call] = Remembered(call, ref, source, [], stored, set())
        for event in events[len(known.events) :]:
            if event.call_id:
                ids = ids_of(source, event)
                known.ids.add(ids)
                self._by_ids[ids] = known
        known.events, known.stored = events, stored
        self._calls.move_to_end(call)
        if len(self._calls) > MAX_REMEMBERED_CALLS:
            self.drop([next(iter(self._calls))])

    def drop(self, calls: Iterable[int]) -> None:
        for call in calls:
            if known := self._calls.pop(call, None):
                for ids in known.ids:
                    self._by_ids.pop(ids, None)


class _AsOf(NamedTuple):
    """A state of the database: our connection, SQLite's count of what others did, and the number of rows we wrote."""

    connection: Any
    others: int
    written: int


def _written() -> int:
    """The rows that this connection has written since it was opened."""
    return int(getattr(transaction.get_connection().connection, "total_changes", 0))


def _as_of() -> _AsOf | None:
    connection = transaction.get_connection()
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return _AsOf(connection.connection, cursor.fetchone()[0], _written())
