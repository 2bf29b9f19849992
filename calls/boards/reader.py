"""What the feed reads from the database, in one thread of its own.

Not in the thread that Channels shares between all consumers of a process: one slow query there stops everybody.
The thread keeps its connection; `renew` lets go of it now and then, so that a database file put in the place of
the old one, or a server that came back, is noticed.
"""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from calls.database.columns import Columns, figure_of, read_calls
from calls.database.compiled import Compiled
from calls.database.connecting import start_over
from calls.database.numbering import Changes
from calls.days import day_bounds, day_of
from calls.display.rows import Names, read_names
from calls.live.picture import KEPT_ENDED, Picture, Row
from calls.live.queries import latest_ended, live_at
from calls.live.today import Counted, Tally
from calls.models import Call, Head
from calls.phones import match_key

P = ParamSpec("P")
T = TypeVar("T")

FAR_BEHIND = 100_000
"""Changes after which it is cheaper to load everything again."""


class Reader:
    """One thread with one database connection."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feed")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: _reading(function, *args, **kwargs))

    async def renew(self) -> None:
        await self.run(_let_go)

    async def stop(self) -> None:
        await self.run(_let_go)
        self._thread.shutdown(wait=False)


def _let_go() -> None:
    connections[DEFAULT_DB_ALIAS].close()


def _reading(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    except (DatabaseError, InterfaceError):
        start_over()
        raise


@dataclass(slots=True)
class News:
    """What is new: calls that changed, and the directory with the rows that show another name now."""

    calls: list[Columns] = field(default_factory=list)
    names: Names | None = None
    renamed: list[Row] = field(default_factory=list)


@cache
def _head() -> Compiled:
    return Compiled(Head.objects.filter(id=1).values_list("epoch", "seq"))


@cache
def _calls_after() -> Compiled:
    return Compiled(Call.objects.filter(seq__gt=0).order_by("seq").values_list(*Columns._fields))


def head() -> tuple[str, int]:
    """The database's epoch and the number of its latest change."""
    found = _head().rows(1)
    return (found[0][0], found[0][1]) if found else ("", 0)


def load() -> Picture:
    """Everything, as at a start. The head comes first: what is committed meanwhile is read again, and harmless."""
    epoch, seq = head()
    now = timezone.now()
    day = day_of(now)
    picture = Picture(epoch, seq, day, read_names())
    live, ended = read_calls(live_at(Call.objects.all(), now)), latest_by_group(now)
    picture.take(live, now)
    for group_id, calls in ended.items():
        picture.take(calls, now)
        picture.groups[group_id].whole = len(calls) < KEPT_ENDED
    picture.seq = seq
    picture.begin_day(day, tally(day, seq))
    picture.heard_at = Call.objects.order_by("-seq").values_list("heard_at", flat=True).first()
    return picture


def latest_by_group(now: datetime) -> dict[int | None, list[Columns]]:
    """The latest completed calls of each group."""
    rank = Window(RowNumber(), partition_by=F("group_id"), order_by=[F("ended_at").desc(), F("id").desc()])
    recent = latest_ended(Call.objects.all(), now, None).order_by().annotate(rank=rank).filter(rank__lte=KEPT_ENDED)
    found: dict[int | None, list[Columns]] = {}
    for call in read_calls(recent):
        found.setdefault(call.group_id, []).append(call)
    return found


def latest_of(group_ids: list[int | None], now: datetime) -> dict[int | None, list[Columns]]:
    """The latest completed calls of these groups."""
    return {
        group_id: read_calls(latest_ended(Call.objects.filter(group_id=group_id), now, KEPT_ENDED))
        for group_id in group_ids
    }


def tally(day: date, seq: int) -> Tally:
    """Which ended calls count on this day, as of this change."""
    start, end = day_bounds(day)
    counted = Call.objects.ended().filter(began_at__gte=start, began_at__lt=end, seq__lte=seq)
    found = Tally()
    of_calls = counted.order_by("began_at").values_list("id", "group_id", "direction", "outcome")  # as the ids, nearly
    for call_id, group_id, direction, outcome in of_calls:
        if figure := figure_of(direction, outcome):
            found.note(call_id, Counted(group_id, figure))
    return found


def news(picture: Picture, names_too: bool) -> News | None:
    """What came after the picture; None: it cannot be continued (another epoch, or numbers that went back)."""
    epoch, seq = head()
    if epoch != picture.epoch or seq < picture.seq or seq - picture.seq > FAR_BEHIND:
        return None
    found = News()
    if seq > picture.seq:
        found.calls = [Columns._make(columns) for columns in _calls_after().rows(picture.seq)]
    if names_too or any(unnamed(call, picture.names) for call in found.calls):
        names = read_names()
        if names != picture.names:
            found.names, found.renamed = names, renamed(list(picture.rows.values()), picture.names, names)
    return found


def told(picture: Picture, changes: Iterable[Changes]) -> list[Columns] | None:
    """The same without a look at the database, where commits of this process told all that came after the picture.

    None where they did not: a number is missing, a call was merged away, or one shows a name that is not known yet.
    """
    seq, calls = picture.seq, dict[int, Columns]()
    for each in changes:
        if each.epoch == picture.epoch and each.last <= seq:
            continue
        if each.epoch != picture.epoch or each.first != seq + 1 or each.calls is None:
            return None
        seq = each.last
        for call in each.calls:
            calls[call.id] = call
    return None if any(unnamed(call, picture.names) for call in calls.values()) else list(calls.values())


def unnamed(call: Columns, names: Names) -> bool:
    return (call.group_id is not None and call.group_id not in names.groups) or call.source_id not in names.sources


def renamed(rows: list[Row], before: Names, now: Names) -> list[Row]:
    """Those of the rows that show a name that is another one now."""
    groups, sources = _differing(before.groups, now.groups), _differing(before.sources, now.sources)
    agents, lines = _differing(before.agents, now.agents), _differing(before.lines, now.lines)

    def touched(call: Columns) -> bool:
        if call.group_id in groups or call.source_id in sources:
            return True
        rung = [call.agent_number, *(attempt.get("agent_number") for attempt in call.ring_attempts)]
        return any(_named_in(call.source_id, number, agents) for number in rung) or _named_in(
            call.source_id, call.virtual_number, lines
        )

    return [row for row in rows if touched(row.call)]


def _named_in(source_id: int, number: str | None, keys: set[Any]) -> bool:
    return bool(keys) and bool(number) and (source_id, match_key(str(number))) in keys


def _differing(before: dict[Any, Any], now: dict[Any, Any]) -> set[Any]:
    return {key for key in before.keys() | now.keys() if before.get(key) != now.get(key)}
