"""The first screenful of a board, straight from the database: what a page carries before its socket is open."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from django.utils import timezone

from calls.database.columns import read_calls
from calls.display.rows import Names, encode, read_names, row
from calls.live.queries import among_few, latest_ended, live_at
from calls.live.totals import by_name, totals_from_database
from calls.live.urgency import FIRST_ENDED, most_urgent
from calls.models import Head
from calls.models.access import Scope, scope_of
from calls.words import NO_GROUP, State

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


def snapshot_for(
    user: "AbstractBaseUser | AnonymousUser", live: int | None = 200, ended: int = FIRST_ENDED
) -> dict[str, Any] | None:
    """A `snapshot` message for this person straight from the database, as plain JSON values (moments are text).

    It holds the `live` most urgent calls (None: all) and the `ended` latest completed; the totals are whole.
    None for somebody who may see nothing.
    """
    scope = scope_of(user)
    if scope is None:
        return None
    now = timezone.now()
    head = Head.objects.first() or Head(epoch="")
    names = read_names()
    (totals, today), rows = totals_from_database(scope, now), rows_for(scope, now, live, ended, names)
    # As for an audience: a scope is not told how often calls of others change.
    seq = head.seq if scope.groups is None else max((row["seq"] for row in rows), default=0)
    left_out = totals["live"] + totals["lost_track"] - sum(row["state"] != State.ENDED for row in rows)
    fields = {"type": "snapshot", "epoch": head.epoch, "seq": seq, "now": now, "left_out": left_out}
    fields |= {"part": 1, "parts": 1}
    sums = {"totals": totals, "groups_today": by_name(today, names.groups, scope.masked)}
    return orjson.loads(encode({**fields, **sums, "calls": rows}))


def rows_for(scope: Scope, now: datetime, live: int | None, ended: int, names: Names) -> list[dict[str, Any]]:
    """Rows of at most `live` live calls (None: all), the most urgent first, then of at most `ended` completed ones."""
    calls = among_few(scope)
    columns = read_calls(most_urgent(live_at(calls, now), now)[:live]) + read_calls(latest_ended(calls, now, ended))
    return [row(each, names, scope.masked) for each in columns]


def totals_for(user: "AbstractBaseUser | AnonymousUser", groups: Sequence[str]) -> dict[str, Any]:
    """The totals over those of these call groups that the person may see: what the strip begins with."""
    scope = scope_of(user)
    wanted = frozenset(key for key, name in read_names().groups.items() if name in groups)
    if scope is None or NO_GROUP in groups:
        return {}
    ids = wanted if scope.groups is None else wanted & scope.groups
    found, _by_group = totals_from_database(Scope(ids, scope.masked), timezone.now())
    return orjson.loads(encode(found))
