"""What the latest commits left in memory: live calls with all that was heard of them.

A call's next delivery then reads nothing. That is only right while nobody else writes to the database: SQLite tells
what other connections did (`PRAGMA data_version`) and how much this one wrote (`total_changes`). When either is not
what the last commit left, all is forgotten. PostgreSQL does not tell; there nothing is remembered.
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
"""Calls remembered at most; those that were heard of longest ago are forgotten first."""


class Stored(NamedTuple):
    """What is needed of a call's row before it is written again: `fixed` are columns that seldom change."""

    digest: str
    seq: int
    fixed: tuple[Any, ...]


Ids = tuple[int, str, str, str, datetime | None]
"""All that an event says of whose call it is: source, CallSid, Uniqueid, campid, and the StartTime beside a campid."""


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
    """Live calls that this process committed last. Belongs to one connection at a time."""

    def __init__(self) -> None:
        self._calls: OrderedDict[int, Remembered] = OrderedDict()
        self._by_ids: dict[Ids, Remembered] = {}
        self._as_of: _AsOf | None = None

    def forget(self) -> None:
        self._calls.clear()
        self._by_ids.clear()
        self._as_of = None

    def check(self) -> None:
        """Forget all if anything was written since `keep`. Inside the transaction, when it holds the lock."""
        as_of = _as_of()
        if as_of is None or as_of != self._as_of:
            self.forget()
            self._as_of = as_of

    def keep(self) -> None:
        """Trust what is remembered until somebody writes again. As the last act of the transaction."""
        if self._as_of is not None:
            self._as_of = self._as_of._replace(written=_written())

    @contextmanager
    def uncounted_writes(self) -> Iterator[None]:
        """What this connection writes meanwhile concerns neither calls nor deliveries."""
        before = _written()
        yield
        if self._as_of is not None:
            self._as_of = self._as_of._replace(written=self._as_of.written + _written() - before)

    def of(self, call: int) -> Remembered | None:
        return self._calls.get(call)

    def meant_by(self, source: int, event: CallEvent) -> Remembered | None:
        """The call of an event whose ids say nothing new, with the CallSid among them: it can belong to no other."""
        return self._by_ids.get(ids_of(source, event)) if event.call_id else None

    def remember(self, call: int, ref: str, source: int, events: list[CallEvent], stored: Stored) -> None:
        """Keep a call as it is committed now. What was remembered of it before were its first events."""
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
    """A state of the database: the connection to its file, SQLite's number for what others did, and what we wrote."""

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
