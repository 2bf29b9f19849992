"""The report of a replay: which fields of calls change, from what to what, and why. Its size has a bound."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from calls.commit.matching import MatchedCall
from calls.display.masking import mask, mask_text
from calls.display.rows import Names
from calls.models import Call
from calls.rules.facts import CallFacts

MAX_DISTINCT_CHANGES = 500
"""Distinct changes of one field that are counted apart; what comes later counts to `other`."""
MAX_EXAMPLES = 3
OTHER = "other"

_FIELDS = [name for name in CallFacts.__dataclass_fields__ if name not in ("group", "heard_at", "set_by")]
_COLUMNS = ["ref", "group_id", *_FIELDS]
_NUMBERS = ("customer_number", "virtual_number", "agent_number")
_HIDDEN = ("recording_url", "also_said", "ref")


@dataclass(frozen=True, slots=True)
class Example:
    """One call whose field changed, values as they are shown on a terminal: numbers and links are hidden."""

    call: int
    old: str
    new: str
    why: str


@dataclass(slots=True)
class FieldChanges:
    """How one field changed: in how many calls, from what to what, and why."""

    calls: int = 0
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def note(self, call: int, old: str, new: str, why: str) -> None:
        self.calls += 1
        full = (old, new) not in self.values and len(self.values) >= MAX_DISTINCT_CHANGES
        self.values[(OTHER, OTHER) if full else (old, new)] += 1
        full = why not in self.reasons and len(self.reasons) >= MAX_DISTINCT_CHANGES
        self.reasons[OTHER if full else why] += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(Example(call, old, new, why))


@dataclass(slots=True)
class ReplayReport:
    """What a replay did, or would do: deliveries read, results that changed, visible changes of calls."""

    deliveries: int = 0
    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls_changed: int = 0
    calls_new: int = 0
    calls_gone: int = 0
    calls_renumbered: int = 0
    """Calls that take a new number although nothing shown of them changes: seeded ones have no digest of their own."""
    fields: dict[str, FieldChanges] = field(default_factory=dict)
    failed: int = 0
    failed_ids: list[int] = field(default_factory=list)
    """Deliveries at which a rule of ours failed; the first of their ids."""
    place: int = 0
    end: int = 0
    """The id of the delivery that was read last, and of the last one that is to be read."""

    def note(self, call: int, changes: Iterable[tuple[str, str, str]], why: Mapping[str, str]) -> None:
        """Note the changes (field, old, new) of one call, and why each field changed."""
        for name, old, new in changes:
            self.fields.setdefault(name, FieldChanges()).note(call, old, new, why[name])

    def note_failure(self, delivery: int) -> None:
        self.failed += 1
        if self.failed <= MAX_EXAMPLES:
            self.failed_ids.append(delivery)


Images = dict[int, dict[str, Any]]
"""What is shown of calls by their ids, and which delivery set which field (`set_by`)."""


class Before:
    """The calls that a transaction is about to derive, as they are before it writes."""

    def __init__(self) -> None:
        self.calls: dict[int, MatchedCall] = {}
        self.images: Images = {}

    def __call__(self, touched: dict[int, MatchedCall]) -> None:
        self.calls = dict(touched)
        self.images = images([call.id for call in touched.values() if not call.is_new])


def images(calls: list[int]) -> Images:
    """These calls as they are stored, those that were merged into others left out."""
    rows = Call.objects.standing().filter(id__in=calls).order_by()
    return {row["id"]: row for row in rows.values("id", "seq", "set_by", *_COLUMNS)}


def changes(old: Mapping[str, Any], new: Mapping[str, Any], names: Names) -> list[tuple[str, str, str]]:
    """The fields that differ, each with both values as they are told."""
    found = []
    for name in _COLUMNS:
        if old[name] != new[name]:
            said = name.removesuffix("_id") if name == "group_id" else name
            found.append((said, *_told(name, old[name], new[name], names)))
    return found


def _told(name: str, old: Any, new: Any, names: Names) -> tuple[str, str]:
    if isinstance(old, datetime) and isinstance(new, datetime):
        return "a moment", _shift(new - old)
    if name == "flags":
        gone, came = sorted({*old} - {*new}), sorted({*new} - {*old})
        return " ".join(f"-{flag}" for flag in gone) or "-", " ".join(f"+{flag}" for flag in came) or "-"
    return _value(name, old, names), _value(name, new, names)


def _shift(by: timedelta) -> str:
    seconds = abs(by.total_seconds())
    hours, minutes = divmod(int(seconds) // 60, 60)
    length = f"{hours} h {minutes:02} min" if seconds >= 3_600 else f"{seconds:g} s"
    return f"{length} {'later' if by > timedelta() else 'earlier'}"


def _value(name: str, value: Any, names: Names) -> str:
    if value is None or value in ("", [], {}):
        return "nothing"
    if name == "group_id":
        return mask_text(names.groups.get(value)) or f"group {value}"
    if name == "ring_attempts":
        return ", ".join(str(attempt.get("state")) for attempt in value)
    if name in _NUMBERS:
        return mask(value) or ""
    if name in _HIDDEN:
        return "something"
    if isinstance(value, datetime):
        return "a moment"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return (mask_text(value) or "") if isinstance(value, str) else str(value)


def why_derived_otherwise(old: Mapping[str, Any], new: Mapping[str, Any], field_name: str) -> str:
    """Why a field changed although all deliveries of the call are read as they were."""
    if came := sorted({*new["flags"]} - {*old["flags"]}):
        return f"a rule: {', '.join(came)}"
    if _setters(old, field_name) != _setters(new, field_name):
        return "another delivery decides"
    return "today's rules or directory"


def _setters(shown: Mapping[str, Any], field_name: str) -> dict[str, int]:
    return {of: delivery for of, delivery in shown["set_by"].items() if of.partition(".")[0] == field_name}
