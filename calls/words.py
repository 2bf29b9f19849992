"""The words of the trade, each with one meaning everywhere (docs/glossary.md)."""

from enum import StrEnum


class Direction(StrEnum):
    """Who reached out: `incoming` a customer called us, `outgoing` we called a customer."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    INTERNAL = "internal"
    UNKNOWN = "unknown"


class State(StrEnum):
    """Where a call is. Phases only move forward, in the order written here."""

    IVR = "ivr"
    DIALING = "dialing"
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


class Outcome(StrEnum):
    """How an ended call went."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    MISSED = "missed"
    FAILED = "failed"
    IVR_ONLY = "ivr_only"
    AGENT_MISSED = "agent_missed"
    CUSTOMER_MISSED = "customer_missed"
    UNKNOWN = "unknown"


class Result(StrEnum):
    """What became of a stored delivery. Every delivery has exactly one."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


class Act(StrEnum):
    """What the audit keeps: looks at what is personal, and changes of who may look."""

    NUMBER_SEARCHED = "number_searched"
    RECORDING_READ = "recording_read"
    RAW_READ = "raw_read"
    REPLAYED = "replayed"
    RIGHTS_CHANGED = "rights_changed"
    ADDRESS_MADE = "address_made"
    SIGNED_IN = "signed_in"


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    """The words as Django wants them: (value, label), labels in sentence case."""
    return [(str(word), str(word).replace("_", " ").capitalize()) for word in words]


NO_GROUP = "-"
"""Stands for the calls without a group, where groups are named: in an address, in totals by group."""
