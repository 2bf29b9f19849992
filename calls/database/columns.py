"""A call's columns as a board reads them, and what follows from them: live, waiting, lost track."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar

import orjson
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.core.signals import setting_changed
from django.db import connection
from django.db.models import DateTimeField, F, JSONField, Q

from calls.database.bulk import moment_from
from calls.models import Call
from calls.models.call import CallQuerySet
from calls.words import Direction, Outcome, State

DAY = timedelta(hours=24)
TODAY = (Outcome.ANSWERED, Outcome.ABANDONED, Outcome.MISSED, Outcome.FAILED)
NOT_ANSWERED = (State.IVR, State.DIALING, State.RINGING)


class Columns(NamedTuple):
    """The columns of a call that a board needs, in the order in which they are read."""

    id: int
    ref: str
    source_id: int
    direction: str
    state: str
    provisional: bool
    outcome: str | None
    reason: str | None
    provider_status: str | None
    customer_number: str | None
    customer_key: str | None
    virtual_number: str | None
    group_id: int | None
    agent_number: str | None
    agent_name: str | None
    ring_attempts: list[dict[str, Any]]
    began_at: datetime
    started_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    wait_seconds: int | None
    talk_seconds: int | None
    duration_seconds: int | None
    coins: Decimal | None
    recording_url: str | None
    campaign_id: str | None
    error_code: str | None
    leg_a_picked_at: datetime | None
    leg_b_started_at: datetime | None
    leg_b_picked_at: datetime | None
    roles_assumed: bool
    flags: list[str]
    heard_at: datetime
    merged_into_id: int | None
    seq: int

    @property
    def live(self) -> bool:
        return self.state != State.ENDED and self.merged_into_id is None

    @property
    def ended(self) -> bool:
        return self.state == State.ENDED and self.merged_into_id is None

    @property
    def waiting(self) -> bool:
        """A customer called, and nobody has answered."""
        return self.direction == Direction.INCOMING and self.state in NOT_ANSWERED

    @property
    def lost_track_at(self) -> datetime:
        """From when on a live call counts as lost track, unless something is heard.

        What had begun a day before it was heard of is replayed traffic: lost at once, so never shown as live.
        """
        if self.began_at < self.heard_at - DAY:
            return self.heard_at
        return self.heard_at + lost_track_after()[self.state]

    @property
    def finished_at(self) -> datetime:
        return self.ended_at or self.heard_at

    @property
    def today_as(self) -> str | None:
        """The figure of the day that it counts to, once ended."""
        return figure_of(self.direction, self.outcome) if self.ended else None


@lru_cache(maxsize=1)  # asked for each change, and Django's settings take their time
def lost_track_after() -> dict[str, timedelta]:
    """The silence after which a live call of each state counts as lost track."""
    return {state: timedelta(seconds=seconds) for state, seconds in settings.CALLBOARD_LOST_TRACK_SECONDS.items()}


setting_changed.connect(lambda **_: lost_track_after.cache_clear(), weak=False)


def lost_track(now: datetime) -> Q:
    """The condition of `Columns.lost_track_at`, for a query."""
    silent = Q(began_at__lt=F("heard_at") - DAY)
    for state, silence in lost_track_after().items():
        silent |= Q(state=state, heard_at__lte=now - silence)
    return silent


WAITING = Q(direction=Direction.INCOMING, state__in=NOT_ANSWERED)
"""The condition of `Columns.waiting`, for a query."""


def figure_of(direction: str, outcome: str | None) -> str | None:
    """The figure of the day that an ended call counts to."""
    if direction == Direction.OUTGOING:
        return "outgoing_today"
    if direction == Direction.INCOMING and outcome in TODAY:
        return f"{outcome}_today"
    return None


_columns = attrgetter(*Columns._fields)


def columns_of(call: Call) -> Columns:
    return Columns._make(_columns(call))


Row = TypeVar("Row", bound=tuple[Any, ...])
_THOUSANDTHS = Decimal("0.001")


class RowsOf(Generic[Row]):
    """Makes the rows of a statement into named tuples, whose fields are columns of a call, in the statement's order.

    The ORM's converters take three quarters of the time of reading calls.
    """

    def __init__(self, kind: type[Row]) -> None:
        fields = {field.attname: field for field in Call._meta.concrete_fields}
        self.names: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]
        self._make: Callable[[list[Any]], Row] = kind._make  # type: ignore[attr-defined]
        self._moments = [place for place, name in enumerate(self.names) if isinstance(fields[name], DateTimeField)]
        self._texts_of_json = [place for place, name in enumerate(self.names) if isinstance(fields[name], JSONField)]
        self._coins = self.names.index("coins")

    def made_of(self, row: Sequence[Any]) -> Row:
        cells = list(row)
        for place in self._moments:
            cells[place] = moment_from(cells[place])
        for place in self._texts_of_json:
            cells[place] = orjson.loads(cells[place])
        if cells[self._coins] is not None:
            cells[self._coins] = Decimal(cells[self._coins]).quantize(_THOUSANDTHS)
        return self._make(cells)


_COLUMNS = RowsOf(Columns)


def read_calls(calls: CallQuerySet) -> list[Columns]:
    """The calls as boards and figures read them, in the order of the query: the ORM's."""
    try:
        sql, params = calls.values_list(*_COLUMNS.names).query.sql_with_params()
    except EmptyResultSet:  # `id__in=[]`
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [_COLUMNS.made_of(row) for row in cursor.fetchall()]
