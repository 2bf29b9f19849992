"""Replaying: read stored deliveries again by the rules of today, and derive their calls anew.

For deliveries that were quarantined until a rule or a setting changed, and as the proof that calls are nothing
but their deliveries.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import transaction

from calls.commit.cache import Cache
from calls.commit.received import Received
from calls.commit.transaction import commit
from calls.intake.interpreting import receive
from calls.models import Call, CallAlias, Delivery, Head
from calls.models.call import new_epoch
from calls.models.delivery import DeliveryQuerySet
from calls.rules.events import CallEvent, load

CHUNK = 200


@dataclass(slots=True)
class Outcome:
    """What a replay did, or would do: deliveries read, results that changed, visible changes of calls."""

    deliveries: int = 0
    changed: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls_changed: int = 0


def replay(
    deliveries: DeliveryQuerySet, cache: Cache, apply: bool, tell: Callable[[Outcome], None] | None = None
) -> Outcome:
    """Read these deliveries again, in small transactions that intake can go on between.

    Without `apply` every transaction is rolled back: the outcome says what would change. Deliveries whose raw bytes
    were pruned stay as they were read.
    """
    outcome, last = Outcome(), _pruned_to()
    while chunk := list(deliveries.filter(id__gt=last).order_by("id")[:CHUNK]):
        cache.refresh()
        with transaction.atomic():
            _replay_chunk(chunk, cache, outcome)
            transaction.set_rollback(not apply)
        if not apply:
            cache.forget()
        last = chunk[-1].pk
        if tell:
            tell(outcome)
    return outcome


class RawBytesGone(Exception):
    """Calls cannot be made from nothing where raw bytes were pruned."""


def forget_all_calls() -> None:
    """Delete everything derived. The new epoch tells every board to start over. Raises RawBytesGone."""
    if _pruned_to():
        raise RawBytesGone
    with transaction.atomic():
        Delivery.objects.update(call=None)
        CallAlias.objects.all().delete()
        Call.objects.all()._raw_delete("default")
        Head.objects.update(epoch=new_epoch())


def _replay_chunk(chunk: list[Delivery], cache: Cache, outcome: Outcome) -> None:
    before = _seq()
    batch = [_read_again(delivery, cache) for delivery in chunk]
    commit(batch, cache, again={delivery.call_id for delivery in chunk if delivery.call_id})
    outcome.calls_changed += _seq() - before
    outcome.deliveries += len(chunk)
    for delivery, received in zip(chunk, batch, strict=True):
        old, new = _named(delivery.result, delivery.reason), _named(received.result, received.reason)
        if old != new:
            outcome.changed[old, new] += 1


def _read_again(delivery: Delivery, cache: Cache) -> Received:
    body = bytes(delivery.body)
    received = receive(
        source=cache.sources[delivery.source_id],
        received_at=delivery.received_at,
        method=delivery.method,
        query=delivery.query,
        content_type=delivery.content_type,
        content_encoding=delivery.content_encoding,
        body=body,
        body_size=delivery.body_size,
        content_key=delivery.content_key if delivery.body_size > len(body) else "",
        delivery=delivery.pk,
    )
    before = load(delivery.event, delivery.pk) if delivery.event else None
    if before and received.event and _ids(before) == _ids(received.event):
        received.call = delivery.call_id
    return received


def _ids(event: CallEvent) -> tuple[object, ...]:
    """What decides which call an event belongs to."""
    return event.call_id, event.alternate_id, event.joining_id, event.started_at if not event.call_id else None


def _named(result: str, reason: str) -> str:
    return f"{result} ({reason})" if reason else str(result)


def _pruned_to() -> int:
    return Head.objects.values_list("raw_pruned_to", flat=True).first() or 0


def _seq() -> int:
    return Head.objects.values_list("seq", flat=True).first() or 0
