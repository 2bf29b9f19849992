"""Reads the calls for the figures that set calls beside one another: of spans with few enough of them."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from calls.database.columns import columns_of, lost_track
from calls.days import day_of
from calls.figures.close_look import WEEK, Dialled, Found, Seen, Span, look
from calls.figures.group_rules import Rules
from calls.figures.inspector import in_groups, inspect
from calls.figures.levels import LOST
from calls.figures.parts import quarter_of, seconds
from calls.figures.reading import Asked
from calls.models import Call
from calls.models.call import CallQuerySet
from calls.rules.attempts import was_taken
from calls.words import Direction, Outcome, State

MOST_CALLS = 5_000
"""Of so many calls the figures are found while somebody waits. A span with more has none of them."""
LONGEST_CALL = timedelta(hours=6)
"""A call that began so long before a span is not looked for in it."""
_AT_ONCE = 500
_CAN_BE_LOST = (Outcome.ABANDONED, Outcome.MISSED, Outcome.IVR_ONLY)
_OF_LATER = ("id", "customer_key", "group_id", "direction", "state", "began_at", "answered_at", "coins")
Moments = dict[str, list[float]]
"""By customer, in seconds since 1970, in their order."""
_COLUMNS = (
    *("id", "direction", "state", "outcome", "group_id", "customer_key", "customer_reversed", "agent_number"),
    *("began_at", "started_at", "leg_a_picked_at", "ringing_at", "answered_at", "ended_at", "heard_at"),
    "ring_attempts",
)


def look_closely(asked: Asked, now: datetime) -> dict[str, Found] | None:
    """The figures by name; None where the span has more than `MOST_CALLS` calls."""
    span = Span(asked.start.timestamp(), min(asked.end, now).timestamp())
    rows = _overlapping(asked, now).values_list(*_COLUMNS)[: MOST_CALLS + 1]
    calls = [dict(zip(_COLUMNS, each, strict=True)) for each in rows]
    if len(calls) > MOST_CALLS:
        return None
    rules = Rules()
    lost = _lost([call["id"] for call in calls if _can_be_lost(call, rules)], rules, now)
    seen = {
        call["customer_reversed"]: None
        for call in calls
        if call["customer_reversed"] and (call["outcome"] == Outcome.ANSWERED or call["id"] in lost)
    }
    within = [_seen(call, now, lost, rules) for call in calls if not asked.business or _is_open(call, rules)]
    return look(within, span=span, **_later(asked, seen.keys()))


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


def _is_open(call: dict[str, Any], rules: Rules) -> bool:
    return rules.is_open(quarter_of(call["began_at"]), call["group_id"])


def _can_be_lost(call: dict[str, Any], rules: Rules) -> bool:
    return call["outcome"] in _CAN_BE_LOST and rules.of(call["group_id"]).offers(call["outcome"])


def _lost(ids: list[int], rules: Rules, now: datetime) -> set[int]:
    """Which of these calls the figures count as lost, by the settings of their groups: no short abandon."""
    found = set()
    for at in range(0, len(ids), _AT_ONCE):
        calls = Call.objects.filter(id__in=ids[at : at + _AT_ONCE])
        found |= {call.pk for call in calls if inspect(call, columns_of(call), rules, now).mark in LOST}
    return found


def _seen(call: dict[str, Any], now: datetime, lost: set[int], rules: Rules) -> Seen:
    incoming, ended = call["direction"] == Direction.INCOMING, call["state"] == State.ENDED
    ends = (call["ended_at"] or call["heard_at"]) if ended else now
    outgoing = call["direction"] == Direction.OUTGOING
    busy_from = call["ringing_at"] or call["answered_at"]
    return Seen(
        call["id"],
        incoming,
        incoming and rules.of(call["group_id"]).offers(call["outcome"]),
        ended and call["outcome"] == Outcome.ANSWERED,
        (call["customer_key"] or "") if call["customer_reversed"] else "",
        call["agent_number"] or "",
        day_of(call["began_at"]),
        call["began_at"].timestamp(),
        busy_from.timestamp() if busy_from else None,
        ends.timestamp(),
        lost=call["id"] in lost,
        outgoing=outgoing,
        reaction=seconds(call["started_at"], call["leg_a_picked_at"]) if outgoing else None,
        rings=tuple(_rings(call["ring_attempts"])),
    )


def _rings(attempts: list[dict[str, Any]]) -> Iterator[tuple[str, bool]]:
    for each in attempts:
        taken = was_taken(each["state"])
        if taken is not None:
            yield each["agent_number"], taken


def _later(asked: Asked, numbers: Collection[str]) -> dict[str, Any]:
    """When the incoming calls of these numbers began, in the span and the week after, when somebody talked with them,
    and the outgoing calls to them. Only calls of the scope.
    """
    until, all_of_them = asked.end + timedelta(seconds=WEEK, hours=24), list(numbers)
    began: Moments = defaultdict(list)
    talked: Moments = defaultdict(list)
    dialled: dict[str, list[Dialled]] = defaultdict(list)
    for at in range(0, len(all_of_them), _AT_ONCE):
        same = Call.objects.standing().filter(customer_reversed__in=all_of_them[at : at + _AT_ONCE])
        same = same.filter(began_at__gte=asked.start, began_at__lt=until).order_by("began_at")
        for call, customer, group, direction, state, begins, answered, coins in same.values_list(*_OF_LATER):
            if not asked.scope.allows(group):
                continue
            if direction == Direction.INCOMING:
                began[customer or ""].append(begins.timestamp())
            elif direction == Direction.OUTGOING and state == State.ENDED:
                spent = Dialled(call, (answered or begins).timestamp(), int(1000 * (coins or 0)))
                dialled[customer or ""].append(spent)
            if answered:
                talked[customer or ""].append(answered.timestamp())
    talks = {customer: sorted(moments) for customer, moments in talked.items()}
    return {"later": dict(began), "talks": talks, "dialled": dict(dialled)}
