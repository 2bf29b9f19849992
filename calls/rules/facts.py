"""The facts of a call, and what was heard of it: the events in the order in which they count."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from calls.rules.events import CallEvent, Kind
from calls.words import Direction, Outcome, State

NEVER = datetime.min.replace(tzinfo=UTC)
# Bound once: to ask an enumeration for its member costs more than most of what is done with it here.
_UNKNOWN, _REPORT = Direction.UNKNOWN, Kind.REPORT

MOST_ALSO_SAID = 24
"""Names of values without a field of ours that a call lists at most."""


@dataclass(slots=True)
class CallFacts:
    """What a call is. The names and units are those of the model `Call`; `group` is a name."""

    direction: Direction = Direction.UNKNOWN
    state: State = State.IVR
    provisional: bool = False
    outcome: Outcome | None = None
    reason: str | None = None
    provider_status: str | None = None
    customer_number: str | None = None
    virtual_number: str | None = None
    agent_number: str | None = None
    agent_name: str | None = None
    group: str | None = None
    ring_attempts: list[dict[str, Any]] = field(default_factory=list)
    began_at: datetime = NEVER
    started_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    wait_seconds: int | None = None
    talk_seconds: int | None = None
    duration_seconds: int | None = None
    coins: str | None = None
    recording_url: str | None = None
    campaign_id: str | None = None
    error_code: str | None = None
    leg_a_picked_at: datetime | None = None
    leg_b_started_at: datetime | None = None
    leg_b_picked_at: datetime | None = None
    also_said: dict[str, str] = field(default_factory=dict)
    roles_assumed: bool = False
    flags: list[str] = field(default_factory=list)
    set_by: dict[str, int] = field(default_factory=dict)
    heard_at: datetime = NEVER


class Heard:
    """What was heard of one call, weakest event first, and the facts and flags that were found in it so far."""

    __slots__ = ("end_is_told", "events", "facts", "flags", "live", "reports")

    def __init__(self, events: list[CallEvent]) -> None:
        self.events = events
        self.reports = [event for event in events if event.kind is _REPORT]
        self.live = [event for event in events if event.kind is not _REPORT] if self.reports else events
        self.end_is_told = True  # until it turns out to be assumed, or impossible
        self.facts = CallFacts()
        self.flags: set[str] = set().union(*[event.flags for event in events])

    def take(self, name: str, of: str, among: list[CallEvent] | None = None, default: Any = None) -> Any:
        """The filled value of the strongest event, noted in `set_by`."""
        for event in reversed(self.events if among is None else among):
            value = getattr(event, of)
            # By identity: a group, or a caller, may well be called "unknown".
            if value is not None and value != "" and value is not _UNKNOWN:
                self.facts.set_by[name] = event.delivery
                return value
        return default

    def same(self, name: str, fact: str) -> Any:
        """What was taken for another fact already, noted in `set_by` for this one too."""
        value = getattr(self.facts, fact)
        if value is not None:
            self.facts.set_by[name] = self.facts.set_by[fact]
        return value

    def told(self, of: str) -> Any:
        """The length or moment of the strongest report that tells it, a length of zero included."""
        for event in reversed(self.reports):
            value = getattr(event, of)
            if value is not None:
                return value
        return None


def also_said(heard: Heard) -> None:
    """What was said and has no field of ours: of each name the strongest event's value, at most so many names."""
    said: dict[str, tuple[str, int]] = {}
    for event in heard.events:
        for name, text in event.also_said:
            said[name] = text, event.delivery
    if len(said) > MOST_ALSO_SAID:
        heard.flags.add("more_said")
        said = dict(sorted(said.items())[:MOST_ALSO_SAID])
    for name, (text, delivery) in said.items():
        heard.facts.also_said[name] = text
        heard.facts.set_by[said_as(name)] = delivery


def said_as(name: str) -> str:
    """What `set_by` calls a value without a field of ours, by the provider's name for it."""
    return f"also_said.{name}"
