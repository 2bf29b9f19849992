"""Pruning: drop the raw bytes of old deliveries, and after more days old calls with all that belongs to them.

An applied delivery loses its raw bytes, but keeps the event that was read from them for as long as its call stays:
without it, a late delivery would derive the call from a part of what is known. Deliveries that belong to no call go as
a whole. Everything is done in small batches.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from calls.database.bulk import select
from calls.database.connecting import unhurried
from calls.database.turns import Turns
from calls.figures import rollups
from calls.models import AuditEntry, Call, Delivery, Head
from calls.people.sign_in import drop_old
from calls.words import Result

ROWS_PER_BATCH = 500
CALLS_PER_BATCH = 100
"""Fewer: each takes its figures along."""


@dataclass(slots=True)
class Pruned:
    """How much was pruned: deliveries that lost their bytes (`stripped`), whole deliveries, calls, audit entries."""

    stripped: int = 0
    deliveries: int = 0
    calls: int = 0
    audit: int = 0


def prune(
    raw_before: datetime | None, calls_before: datetime | None, audit_before: datetime | None = None
) -> Iterator[Pruned]:
    """Prune what is older (aware moments; None: keep it), one batch at a time. Gives the state after each.

    Failed sign-ins go in any case, as soon as they count no longer.
    """
    pruned = Pruned()
    drop_old(timezone.now())
    turns = Turns()
    for _ in _batches(raw_before, calls_before, audit_before, pruned):
        yield pruned
        turns.give_way()


def _batches(
    raw_before: datetime | None, calls_before: datetime | None, audit_before: datetime | None, pruned: Pruned
) -> Iterator[None]:
    """Each step is one batch, in a transaction of its own."""
    if raw_before:
        yield from _strip(raw_before, pruned)
        yield from _drop_loose(raw_before, pruned)
    if calls_before:
        yield from _drop_calls(calls_before, pruned)
    if audit_before:
        yield from _drop_audit(audit_before, pruned)


def _strip(before: datetime, pruned: Pruned) -> Iterator[None]:
    """Empty the raw bytes. The head row remembers how far that went: nothing is looked at twice."""
    done = Head.objects.values_list("raw_pruned_to", flat=True).first() or 0
    while True:
        with transaction.atomic():
            rows = Delivery.objects.filter(id__gt=done).order_by("id").values_list("id", "received_at")[:ROWS_PER_BATCH]
            old = [delivery for delivery, received_at in rows if received_at < before]
            if not old:
                return
            pruned.stripped += Delivery.objects.filter(id__in=old).update(body=b"", query="")
            done = old[-1]
            Head.objects.filter(id=1).update(raw_pruned_to=done)
        yield


def _drop_loose(before: datetime, pruned: Pruned) -> Iterator[None]:
    """Drop deliveries that are no part of a call: repeats, ignored and quarantined ones."""
    for result in (Result.DUPLICATE, Result.IGNORED, Result.QUARANTINED):
        # By result and id: in the order of time among all deliveries, every look would pass the applied ones again.
        rows = Delivery.objects.filter(result=result).order_by("id").values_list("id", "received_at")
        while ids := [delivery for delivery, received_at in rows[:ROWS_PER_BATCH] if received_at < before]:
            pruned.deliveries += _delete("calls_delivery", "id", ids)
            yield


def _drop_calls(before: datetime, pruned: Pruned) -> Iterator[None]:
    """Drop calls that began, and were last heard of, before then; oldest first, with deliveries and aliases."""
    while True:
        old = Call.objects.filter(began_at__lt=before, heard_at__lt=before).order_by("began_at", "id")
        ids = list(old.values_list("id", flat=True)[:CALLS_PER_BATCH])
        if not ids:
            return
        ids += _merged_into(ids)
        with transaction.atomic():
            rollups.keep_figures_of(ids)
            pruned.deliveries += _delete("calls_delivery", "call_id", ids)
            _delete("calls_callalias", "call_id", ids)
            pruned.calls += _delete("calls_call", "id", ids)
        yield


def _merged_into(ids: list[int]) -> list[int]:
    """The rows that were merged into these calls, and those merged into them: without the call they must not stand."""
    found: dict[int, None] = {}
    latest = ids
    while latest:
        merged = Call.objects.filter(merged_into__in=latest).values_list("id", flat=True)
        latest = [row for row in merged if row not in found and row not in ids]
        found |= dict.fromkeys(latest)
    return list(found)


def _drop_audit(before: datetime, pruned: Pruned) -> Iterator[None]:
    """Drop the audit's rows from the oldest on."""
    rows = AuditEntry.objects.order_by("id").values_list("id", "at")
    while ids := [entry for entry, at in rows[:ROWS_PER_BATCH] if at < before]:
        pruned.audit += _delete("calls_auditentry", "id", ids)
        yield


def _delete(table: str, column: str, ids: list[int]) -> int:
    marks = ", ".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {column} IN ({marks})", ids)  # noqa: S608 (names of our own)
        return int(cursor.rowcount)


def database_size() -> tuple[int, int]:
    """Bytes of the database, and how many of them are free for new rows (0 where the database does not say)."""
    if connection.vendor == "postgresql":
        return int(select("SELECT pg_database_size(current_database())")[0][0]), 0
    pages, free, size = (int(select(f"PRAGMA {name}")[0][0]) for name in ("page_count", "freelist_count", "page_size"))
    return pages * size, free * size


def give_back() -> None:
    """Give free space back to the disk. Locks the whole database for as long as it takes: stop the server first."""
    with unhurried(), connection.cursor() as cursor:
        cursor.execute("VACUUM")
