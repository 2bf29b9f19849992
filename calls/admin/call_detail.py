"""The page of one call: its facts with the delivery that set each, its story, and its customer's other calls."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calls.database.columns import columns_of
from calls.display import figure_words, formats, wording
from calls.display.causes import code_with_cause
from calls.display.explanation import story
from calls.display.masking import masked_set_by
from calls.figures.call_waits import told as waits_told
from calls.figures.group_rules import Rules
from calls.history import search as history
from calls.models import Call
from calls.models.call import CallQuerySet
from calls.rules.facts import said_as

from . import shown
from .call_parts import how, marks, number, recording, with_finer
from .site import is_masked, sees_all

GROUPS = {
    "Who": [
        "direction", "customer_number", "virtual_number", "group", "agent_name", "agent_number", "roles_assumed",
        "campaign_id",
    ],
    "How it went": ["state", "provisional", "outcome", "reason", "provider_status", "error_code"],
    "When": [
        "began_at", "started_at", "leg_a_picked_at", "leg_b_started_at", "leg_b_picked_at", "ringing_at", "answered_at",
        "ended_at",
    ],
    "How long, how much": ["wait_seconds", "talk_seconds", "duration_seconds", "coins", "recording_url"],
    "Where from": ["source", "ref", "flags"],
}  # fmt: skip
_WORDS = {
    "direction": wording.direction_word,
    "state": wording.state_word,
    "outcome": wording.outcome_word,
    "reason": wording.reason_word,
    "error_code": code_with_cause,
}


def explained(request: HttpRequest, call: Call, visible: CallQuerySet) -> dict[str, Any]:
    """What the page of this call shows to whoever asks. `call` has its `row`; `visible` are the calls they may see."""
    masked = is_masked(request)
    told = story(call, masked=masked)
    newer, older = neighbours(visible, call)
    zone = call.source.time_zone
    return {
        "title": f"{wording.direction_word(call.direction)} call",
        "call": call,
        "how": how(call.row),
        "began": shown.moment(call.began_at, zone),
        "groups": [
            *((title, [_fact(call, name) for name in names]) for title, names in GROUPS.items()),
            *_waits(call),
            *_said(call, masked),
        ],
        "attempts": [_attempt(attempt, zone) for attempt in call.row["ring_attempts"]],
        "story": [_told(entry, zone) for entry in told],
        "sees_deliveries": sees_all(request),
        "newer": newer,
        "older": older,
    }


def neighbours(calls: CallQuerySet, call: Call) -> tuple[Call | None, Call | None]:
    """The next and the previous call of the same customer that the reader may see."""
    if not call.customer_key:
        return None, None
    same = calls.filter(customer_reversed=call.customer_reversed, customer_key=call.customer_key)
    keys = ("began_at", "id")
    return history.beside(same, keys, call, upwards=True), history.beside(same, keys, call, upwards=False)


def _fact(call: Call, name: str) -> dict[str, Any]:
    return {
        "label": wording.field_word(name),
        "value": _value(call, name),
        "delivery": call.set_by.get("recording_url" if name == "recording_url" else name),
    }


def _waits(call: Call) -> list[tuple[str, list[dict[str, Any]]]]:
    """How long the caller waited on each clock, which of them counts, and as what the call counts."""
    told = waits_told(columns_of(call), Rules().of(call.group_id), timezone.now())
    if told is None:
        return []
    clocks = [{"label": clock["word"], "value": _clock(clock)} for clock in told["clocks"]]
    counts_as = {"label": figure_words.COUNTS_AS, "value": with_finer(told["word"], told["limit"])}
    return [(str(figure_words.WAITED), [*clocks, counts_as])]


def _clock(told: dict[str, Any]) -> SafeString:
    """The wait on one clock, with what is to be known of it; the one that counts stands out."""
    length = formats.length(told["seconds"])
    return with_finer(format_html("<b>{}</b>", length) if told["counts"] else length, told["note"])


def _said(call: Call, masked: bool) -> list[tuple[str, list[dict[str, Any]]]]:
    """What the provider said beside the fields of a call, under its own names."""
    set_by = masked_set_by(call.set_by) if masked else call.set_by
    said = [
        {"label": name, "value": text, "delivery": set_by.get(said_as(name))}
        for name, text in sorted(call.row["also_said"].items())
    ]
    return [(wording.field_word("also_said"), said)] if said else []


def _value(call: Call, name: str) -> str | SafeString:
    row = call.row
    if name == "recording_url":
        return recording(row)
    if name == "flags":
        return marks(row)
    if name.endswith("_number"):
        return number(row[name], row["virtual_label"] if name == "virtual_number" else None)
    return plain(name, row[name], call.source.time_zone)


def plain(name: str, value: Any, zone: str) -> str | SafeString:
    """A value of a call's field as text for people."""
    if name == "ring_attempts":
        return (
            ", ".join(f"{each['agent_number']} {wording.attempt_word(each['state'])}" for each in value or [])
            or shown.NOTHING
        )
    if name.endswith("_at"):
        return _at(value, zone)
    if name.endswith("_seconds"):
        return formats.length(value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {text}" for name, text in sorted(value.items())) or shown.NOTHING
    if isinstance(value, list):
        return ", ".join(wording.flag_word(each) for each in value) or shown.NOTHING
    if value in (None, ""):
        return shown.NOTHING
    return _WORDS[name](value) if name in _WORDS else str(value)


def _at(value: datetime | str | None, zone: str) -> str | SafeString:
    """A moment of a row (a datetime) or of a story (text)."""
    return shown.moment(parse_datetime(value) if isinstance(value, str) else value, zone)


def _attempt(attempt: dict[str, Any], zone: str) -> dict[str, Any]:
    return {**attempt, "at": _at(attempt["at"], zone), "word": wording.attempt_word(attempt["state"])}


def _told(entry: dict[str, Any], zone: str) -> dict[str, Any]:
    return {
        **entry,
        "at": _at(entry["received_at"], zone),
        "reason_word": wording.set_aside(entry["reason"]).sentence if entry["reason"] else "",
        "result_word": wording.result_word(entry["result"]),
        "kind_word": wording.kind_word(entry["kind"]),
        "changes": [
            format_html(
                "<b>{}</b> {}{}",
                wording.field_word(change["field"]),
                format_html('<span class="was">{}</span> → ', plain(change["field"], change["from"], zone))
                if change["from"] not in (None, "", [], {}, False)
                else "",
                plain(change["field"], change["to"], zone),
            )
            for change in entry["changed"]
        ],
        "ignored_words": ", ".join(wording.field_word(name) for name in entry["ignored"]),
    }
