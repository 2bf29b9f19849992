"""Reads the calls for the figures that set calls beside one another: of spans with few enough of them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from calls.database.columns import lost_track
from calls.days import day_of
from calls.figures.close_look import WEEK, Found, Seen, Span, look
from calls.figures.group_rules import Rules
from calls.figures.inspector import in_groups
from calls.figures.parts import quarter_of
from calls.figures.reading import Asked
from calls.models import Call
from calls.models.call import CallQuerySet
from calls.words import Direction, Outcome, State

MOST_CALLS = 5_000
"""Of so many calls the figures are found while somebody waits. A span with more has none of them."""
LONGEST_CALL = timedelta(hours=6)
"""A call that began so long before a span is not looked for in it."""
_AT_ONCE = 500
_COLUMNS = (
    *("id", "direction", "state", "outcome", "group_id", "customer_key", "customer_reversed", "agent_number"),
    *("began_at", "ringing_at", "answered_at", "ended_at", "heard_at"),
)


def look_closely(asked: Asked, now: datetime) -> dict[str, Found] | None:
    """The figures by name; None where the span has more than `MOST_CALLS` calls."""
    span = Span(asked.start.timestamp(), min(asked.end, now).timestamp())
    rows = _overlapping(asked, now).values_list(*_COLUMNS)[: MOST_CALLS + 1]
    calls = [dict(zip(_COLUMNS, each, strict=True)) for each in rows]
    if len(calls) > MOST_CALLS:
        return None
    rules = Rules() if asked.business else None
    seen = {
        call["customer_reversed"]: None
        for call in calls
        if call["customer_reversed"] and call["outcome"] == Outcome.ANSWERED
    }
    within = [_seen(call, now) for call in calls if _counts(call, rules)]
    return look(within, _later(asked, seen.keys()), span)


def _overlapping(asked: Asked, now: datetime) -> CallQuerySet:
    rows = Call.objects.standing().filter(began_at__gte=asked.start - LONGEST_CALL, began_at__lt=asked.end)
    rows = rows.filter(Q(ended_at=None) | Q(ended_at__gt=asked.start) | Q(began_at__gte=asked.start))
    rows = rows.exclude(~Q(state=State.ENDED) & lost_track(now))
    for groups in (asked.scope.groups, asked.groups):
        if groups is not None:
            rows = rows.filter(in_groups(groups))
    if asked.agent:
        rows = rows.filter(agent_number=asked.agent)
    return rows.order_by("-began_at", "-id")


def _counts(call: dict[str, Any], rules: Rules | None) -> bool:
    return rules is None or rules.is_open(quarter_of(call["began_at"]), call["group_id"])


def _seen(call: dict[str, Any], now: datetime) -> Seen:
    incoming, ended = call["direction"] == Direction.INCOMING, call["state"] == State.ENDED
    ends = (call["ended_at"] or call["heard_at"]) if ended else now
    busy_from = call["ringing_at"] or call["answered_at"]
    return Seen(
        call["id"],
        incoming,
        incoming and call["outcome"] != Outcome.IVR_ONLY,
        ended and call["outcome"] == Outcome.ANSWERED,
        (call["customer_key"] or "") if call["customer_reversed"] else "",
        call["agent_number"] or "",
        day_of(call["began_at"]),
        call["began_at"].timestamp(),
        busy_from.timestamp() if busy_from else None,
        ends.timestamp(),
    )


def _later(asked: Asked, numbers: Collection[str]) -> dict[str, list[float]]:
    """When the incoming calls of these numbers began, in the span and the week after. Only calls of the scope."""
    until, found, all_of_them = asked.end + timedelta(seconds=WEEK, hours=24), defaultdict(list), list(numbers)
    incoming = Call.objects.standing().filter(direction=Direction.INCOMING)
    for at in range(0, len(all_of_them), _AT_ONCE):
        same = incoming.filter(customer_reversed__in=all_of_them[at : at + _AT_ONCE])
        same = same.filter(began_at__gte=asked.start, began_at__lt=until)
        for customer, group, began in same.values_list("customer_key", "group_id", "began_at").order_by("began_at"):
            if asked.scope.allows(group):
                found[customer or ""].append(began.timestamp())
    return dict(found)
