"""The story of a call: what each of its deliveries changed, as far as its reader may know."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from calls.display.masking import mask, mask_text, masked_id, masked_said
from calls.display.recordings import allowed_link, hosts_of
from calls.models import Agent, Call, Delivery, VirtualNumber
from calls.phones import match_key
from calls.rules import events, explain
from calls.rules.roles import Directory
from calls.words import Result

MOST_STEPS = 100
MOST_DELIVERIES = 1_000
_NUMBERS = {"customer_number", "agent_number", "virtual_number"}
_TEXTS = {"agent_name", "provider_status", "reason", "group", "state", "error_code"}


def story(call: Call, *, masked: bool) -> list[dict[str, Any]]:
    """Tell the call's deliveries in order of arrival, repeats counted with what they repeat.

    Each: `delivery` (id), `received_at`, `kind`, `result`, `reason`, `provider_status`, `changed` (`field`, `from`,
    `to`), `ignored` (fields said in vain), `repeats`. Values are masked for masked people.
    """
    deliveries = list(call.deliveries.defer("body", "query").order_by("received_at", "id")[:MOST_DELIVERIES])
    repeats = Counter(row.content_key for row in deliveries if row.result == Result.DUPLICATE)
    told = [row for row in deliveries if row.result != Result.DUPLICATE]
    said = {row.id: events.load(row.event, row.id) for row in told if row.event}
    heard = [said[row.id] for row in told if row.id in said and row.result == Result.APPLIED]
    steps = {step.delivery: step for step in explain.story(heard[:MOST_STEPS], _directory(call, heard))}
    numbers = {number for event in said.values() for number in (event.customer, event.agent, event.line)}
    shown_as = _Masking(hosts_of(call.source.recording_hosts), numbers, masked=masked)
    return [_entry(row, said.get(row.id), steps.get(row.id), repeats[row.content_key], shown_as) for row in told]


def _entry(
    row: Delivery, said: events.CallEvent | None, step: explain.Step | None, repeats: int, shown_as: "_Masking"
) -> dict[str, Any]:
    changed = step.changed if step else []
    return {
        "delivery": row.id,
        "received_at": plain(row.received_at),
        "kind": str(said.kind) if said else None,
        "result": row.result,
        "reason": row.reason or None,
        "provider_status": shown_as("provider_status", said.word) if said and said.word else None,
        "changed": [{"field": of, "from": shown_as(of, old), "to": shown_as(of, new)} for of, old, new in changed],
        "ignored": step.ignored if step else [],
        "repeats": repeats,
    }


class _Masking:
    """Shows a value of a field as its reader may see it, in plain JSON types."""

    def __init__(self, hosts: frozenset[str], numbers: set[str], *, masked: bool) -> None:
        self.hosts = hosts
        self.numbers = numbers
        self.masked = masked

    def __call__(self, of: str, value: Any) -> Any:
        if of == "recording_url":
            return None if self.masked else allowed_link(value, self.hosts)
        if of == "ring_attempts":
            return [{name: self(name, part) for name, part in attempt.items()} for attempt in value or []]
        if self.masked and of == "also_said":
            return masked_said(value or {})
        if self.masked and of == "campaign_id":
            return masked_id(value, self.numbers)
        if self.masked and of == "flags":
            return [mask_text(flag) for flag in value or []]
        if self.masked and of in _NUMBERS:
            return mask(value)
        if self.masked and of in _TEXTS:
            return mask_text(value)
        return plain(value)


def plain(value: Any) -> Any:
    """A value as JSON holds it: moments in ISO 8601 UTC, decimals as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Decimal) else value


def _directory(call: Call, heard: list[events.CallEvent]) -> Directory:
    """What is known of the numbers that this call's deliveries name."""
    keys = {match_key(number) for said in heard for number in (said.customer, said.agent, said.line) if number}
    return Directory(
        *(
            dict(
                of.objects.filter(source=call.source_id, ours=True, number_key__in=keys).values_list(
                    "number_key", "group__name"
                )
            )
            for of in (Agent, VirtualNumber)
        )
    )
