"""A picture from the database: the whole at a start, and the parts of it that have to be read anew later."""

from datetime import date, datetime
from functools import cache

from django.db.models import F, OuterRef, Subquery, Window
from django.db.models.functions import RowNumber

from calls.database.columns import Columns, figure_of, read_calls
from calls.database.compiled import Compiled
from calls.days import day_bounds, day_of
from calls.display.rows import read_names
from calls.live.groups import KEPT_ENDED
from calls.live.picture import Picture
from calls.live.queries import latest_ended, live_at
from calls.live.today import Counted, Tally
from calls.models import Call, CallGroup, Head


@cache
def _head() -> Compiled:
    return Compiled(Head.objects.filter(id=1).values_list("epoch", "seq"))


def read_head() -> tuple[str, int]:
    """The database's epoch and the number of its latest change."""
    found = _head().rows(1)
    return (found[0][0], found[0][1]) if found else ("", 0)


def load_picture(now: datetime) -> Picture:
    """Everything, as at a start. The head comes first: what is committed meanwhile is read again, and harmless."""
    epoch, seq = read_head()
    day = day_of(now)
    picture = Picture(epoch, seq, day, read_names())
    live, ended = read_calls(live_at(Call.objects.all(), now)), read_latest_of_all(now)
    picture.take(live, now)
    for group_id, calls in ended.items():
        picture.take(calls, now)
        picture.groups[group_id].whole = len(calls) < KEPT_ENDED
    picture.seq = seq
    picture.begin_day(day, read_tally(day, seq))
    picture.heard_at = read_heard_at() | picture.heard_at
    return picture


def read_heard_at() -> dict[int | None, datetime]:
    """When each group (None: no group) was last heard of (UTC).

    By its latest call, since no index tells of the latest delivery.
    """
    latest = Call.objects.order_by("-began_at", "-id").values("heard_at")
    of_groups = CallGroup.objects.annotate(heard_at=Subquery(latest.filter(group_id=OuterRef("pk"))[:1]))
    found: dict[int | None, datetime] = {
        group_id: heard_at for group_id, heard_at in of_groups.values_list("pk", "heard_at") if heard_at is not None
    }
    for heard_at in latest.filter(group_id=None).values_list("heard_at", flat=True)[:1]:
        found[None] = heard_at
    return found


def read_latest_of_all(now: datetime) -> dict[int | None, list[Columns]]:
    """The latest completed calls of every group, KEPT_ENDED of each at most; None stands for no group."""
    rank = Window(RowNumber(), partition_by=F("group_id"), order_by=[F("ended_at").desc(), F("id").desc()])
    recent = latest_ended(Call.objects.all(), now, None).order_by().annotate(rank=rank).filter(rank__lte=KEPT_ENDED)
    found: dict[int | None, list[Columns]] = {}
    for call in read_calls(recent):
        found.setdefault(call.group_id, []).append(call)
    return found


def read_latest_of(group_ids: list[int | None], now: datetime) -> dict[int | None, list[Columns]]:
    """The latest completed calls of these groups, KEPT_ENDED of each at most; None stands for no group."""
    return {
        group_id: read_calls(latest_ended(Call.objects.filter(group_id=group_id), now, KEPT_ENDED))
        for group_id in group_ids
    }


def read_tally(day: date, seq: int) -> Tally:
    """Which ended calls count on this day, as of this change."""
    start, end = day_bounds(day)
    counted = Call.objects.ended().filter(began_at__gte=start, began_at__lt=end, seq__lte=seq)
    found = Tally()
    of_calls = counted.order_by("began_at").values_list("id", "group_id", "direction", "outcome")  # as the ids, nearly
    for call_id, group_id, direction, outcome in of_calls:
        if figure := figure_of(direction, outcome):
            found.note(call_id, Counted(group_id, figure))
    return found
