"""Replaying: read stored deliveries again by the rules of today, and derive their calls anew.

For deliveries that were quarantined until a rule or a setting changed, and as the proof that calls are nothing
but their deliveries. The calls of one request, which share its bytes, are read again together, as a family.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import fields

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import Max

from calls.commit.cache import Cache
from calls.commit.received import Received
from calls.commit.transaction import commit
from calls.display.rows import read_names
from calls.intake.interpreting import no_longer_found, receive
from calls.models import Call, CallAlias, Delivery, Head
from calls.models.call import new_epoch
from calls.models.delivery import DeliveryQuerySet
from calls.rules.events import CallEvent, load
from calls.upkeep.replay_report import Before, ReplayReport, changes, images, why_derived_otherwise
from calls.words import Result

DELIVERIES_PER_STEP = 100
"""Deliveries that are read in one transaction, with the families that they belong to."""

Pair = tuple[Delivery | None, Received]
"""A delivery as it is stored (None: a call that is found in its request only now), and as it is read today."""
Family = tuple[Delivery, list[Delivery]]
"""The delivery that has the bytes of a request, and the deliveries of its further calls."""
TRIES = 3
log = logging.getLogger("callboard.replay")


def replay(
    deliveries: DeliveryQuerySet, cache: Cache, apply: bool, tell: Callable[[ReplayReport], None] | None = None
) -> ReplayReport:
    """Read these deliveries again, in small transactions that intake can go on between.

    Without `apply` every transaction is rolled back: the report says what would change. Deliveries whose raw bytes
    were pruned stay as they were read; those that come meanwhile are left out.
    """
    last = _pruned_to()
    report = ReplayReport(place=last, end=deliveries.aggregate(end=Max("id"))["end"] or 0)
    families = _Families(deliveries, first=last)
    while chunk := list(deliveries.filter(id__gt=last, id__lte=report.end).order_by("id")[:DELIVERIES_PER_STEP]):
        cache.refresh()
        _step(families.of(chunk), cache, apply, report)
        last = report.place = chunk[-1].pk
        if tell:
            tell(report)
    return report


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


# --- what is read ---------------------------------------------------------------------------------------------


class _Families:
    """The requests that deliveries stood in, each once: the row that has the bytes, and the rows of further calls."""

    def __init__(self, deliveries: DeliveryQuerySet, first: int) -> None:
        self._deliveries, self._first = deliveries, first
        self._done: set[int] = set()

    def of(self, chunk: list[Delivery]) -> list[Family]:
        """The families of these deliveries, but for those that were or will be read at their own first row."""
        parents = {row.pk: row for row in chunk if row.part_of_id is None}
        others = {row.part_of_id for row in chunk if row.part_of_id} - parents.keys() - self._done
        if others:
            others -= set(self._deliveries.filter(id__in=others, id__gt=self._first).values_list("id", flat=True))
            # One whose bytes are gone, or that was pruned as a whole, leaves its parts as they were read.
            parents |= {row.pk: row for row in Delivery.objects.filter(id__in=others, id__gt=self._first)}
            self._done |= others
        parts: dict[int, list[Delivery]] = defaultdict(list)
        for part in Delivery.objects.filter(part_of__in=parents).order_by("part"):
            parts[part.part_of_id or 0].append(part)
        return [(row, parts[key]) for key, row in sorted(parents.items())]


def _read_again(parent: Delivery, parts: list[Delivery], cache: Cache) -> list[Pair]:
    body = bytes(parent.body)
    first = receive(
        source=cache.sources[parent.source_id],
        received_at=parent.received_at,
        method=parent.method,
        query=parent.query,
        content_type=parent.content_type,
        content_encoding=parent.content_encoding,
        body=body,
        body_size=parent.body_size,
        content_key=parent.content_key if parent.body_size > len(body) else "",
        delivery=parent.pk,
    )
    _keep_call(parent, first)
    found = {each.part: each for each in first.others}
    pairs: list[Pair] = [(parent, first)]
    for row in parts:
        received = found.pop(row.part, None) or no_longer_found(first, row.part, row.pk)
        received.delivery, received.replayed = row.pk, True
        _keep_call(row, received)
        pairs.append((row, received))
    return pairs + [(None, received) for received in found.values()]


def _keep_call(row: Delivery, received: Received) -> None:
    before = load(row.event, row.pk) if row.event else None
    if before and received.event and _ids(before) == _ids(received.event):
        received.call = row.call_id


def _ids(event: CallEvent) -> tuple[object, ...]:
    """What decides which call an event belongs to."""
    return event.call_id, event.alternate_id, event.joining_id, event.started_at if not event.call_id else None


# --- what becomes of it ---------------------------------------------------------------------------------------


def _step(families: list[Family], cache: Cache, apply: bool, report: ReplayReport) -> None:
    """Read these families in one transaction. One at which the rules fail is found by halving, and stays as it was."""
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                _apply([pair for family in families for pair in _read_again(*family, cache)], cache, report)
                transaction.set_rollback(not apply)
            break
        except OperationalError as error:  # PostgreSQL ends one of two processes that wait for each other.
            if attempt == TRIES - 1 or "deadlock" not in str(error):
                raise
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            cache.forget()
            _halves(families, cache, apply, report)
            return
    if not apply:
        cache.forget()


def _halves(families: list[Family], cache: Cache, apply: bool, report: ReplayReport) -> None:
    if len(families) == 1:
        log.exception("delivery %d could not be read again", families[0][0].pk)
        report.note_failure(families[0][0].pk)
        return
    half = len(families) // 2
    _step(families[:half], cache, apply, report)
    _step(families[half:], cache, apply, report)


def _apply(pairs: list[Pair], cache: Cache, report: ReplayReport) -> None:
    head, before = _seq(), Before()
    commit(
        [received for _, received in pairs],
        cache,
        again={row.call_id for row, _ in pairs if row and row.call_id},
        before_writing=before,
    )
    report.calls_changed += _seq() - head
    report.deliveries += len(pairs)
    for row, received in pairs:
        old, new = _result_of(row), _named(received.result, received.reason)
        if old != new:
            report.results[old, new] += 1
    _compare(pairs, before, report)


def _compare(pairs: list[Pair], before: Before, report: ReplayReport) -> None:
    after, names = images([*before.calls]), read_names()
    report.calls_new += len(after.keys() - before.images.keys())
    report.calls_gone += len(before.images.keys() - after.keys())
    causes = _causes(pairs)
    for call in sorted(after.keys() & before.images.keys()):
        old, new = before.images[call], after[call]
        found = changes(old, new, names)
        why = causes.get(call)
        by_field = {name: why or why_derived_otherwise(old, new, name) for name, _, _ in found}
        report.note(call, found, by_field)
        if not found and old["seq"] != new["seq"]:
            report.calls_renumbered += 1
            report.calls_changed -= 1


def _causes(pairs: Iterable[Pair]) -> dict[int, str]:
    """Why calls change whose deliveries are read otherwise than before, by call."""
    found: dict[int, set[str]] = defaultdict(set)
    for row, received in pairs:
        for cause in _causes_of(row, received):
            for call in {row.call_id if row else None, received.call} - {None}:
                found[call or 0].add(cause)
    return {call: "; ".join(sorted(causes)) for call, causes in found.items()}


def _causes_of(row: Delivery | None, received: Received) -> Iterable[str]:
    old, new = _result_of(row), _named(received.result, received.reason)
    if old != new and Result.APPLIED in (old, new):
        yield f"a delivery goes from {old} to {new}"
    elif row and row.event and received.event:
        before = load(row.event, row.pk)
        if names := [each.name for each in fields(CallEvent) if _differs(before, received.event, each.name)]:
            yield f"a delivery is read otherwise: {', '.join(names)}"
        if row.call_id != received.call:
            yield "a delivery belongs to another call"


def _differs(before: CallEvent, now: CallEvent, name: str) -> bool:
    return name != "delivery" and getattr(before, name) != getattr(now, name)


def _result_of(row: Delivery | None) -> str:
    return _named(row.result, row.reason) if row else "not found"


def _named(result: str, reason: str) -> str:
    return f"{result} ({reason})" if reason else str(result)


def _pruned_to() -> int:
    return Head.objects.values_list("raw_pruned_to", flat=True).first() or 0


def _seq() -> int:
    return Head.objects.values_list("seq", flat=True).first() or 0
