"""A delivery's row: how it is stored, how a replayed one is changed, and how it moves to another call."""

from collections import defaultdict
from typing import Any

from django.db.models import Q

from calls.commit.matching import MatchedCall
from calls.commit.received import Received
from calls.database.bulk import Table
from calls.models import Delivery
from calls.rules.events import dump
from calls.words import Result

_TABLE = Table(
    Delivery,
    (
        "id", "source_id", "received_at", "method", "query", "content_type", "content_encoding", "body", "body_size",
        "content_key", "result", "reason", "flags", "event", "call_id", "part_of_id", "part",
    ),
)  # fmt: skip
_READING = ("content_key", "result", "reason", "flags", "event", "call_id")
_READINGS = Table(Delivery, ("id", *_READING))
"""What a replay may change of a stored delivery: the rest is as it came."""


def write(batch: list[Received]) -> None:
    """Insert the new deliveries; set what the replayed ones say now."""
    _TABLE.insert([_row(received) for received in batch if not received.replayed])
    _READINGS.change([(_READING, _reading(received)) for received in batch if received.replayed])


def move(moves: dict[int, MatchedCall]) -> None:
    """Give these deliveries, and their duplicates, to other calls."""
    by_call: dict[MatchedCall, list[int]] = defaultdict(list)
    for delivery, call in moves.items():
        by_call[call].append(delivery)
    for call, deliveries in by_call.items():
        keys = list(Delivery.objects.filter(id__in=deliveries).values_list("content_key", flat=True))
        duplicates = Q(source=call.source, content_key__in=keys, result=Result.DUPLICATE)
        Delivery.objects.filter(Q(id__in=deliveries) | duplicates).update(call=call.id)


def _row(received: Received) -> tuple[Any, ...]:
    return (
        received.delivery,
        received.source.id,
        received.received_at,
        received.method,
        received.query,
        received.content_type,
        received.content_encoding,
        received.body,
        received.body_size,
        *_reading(received)[1:],
        received.part_of.delivery if received.part_of else None,
        received.part,
    )


def _reading(received: Received) -> tuple[Any, ...]:
    return (
        received.delivery,
        received.content_key,
        str(received.result),
        received.reason,
        received.flags,
        dump(received.event) if received.event else "",
        received.call,
    )
