"""A call event: what one delivery says, in our terms and in no provider's."""

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from calls.words import Direction, State


class Kind(StrEnum):
    """`live` events come during a call; a `report` is the provider's account of an ended one, and outranks them."""

    LIVE = "live"
    REPORT = "report"


class Verdict(StrEnum):
    """What a provider's word says of how a call, or one ring of it, went. The direction makes it an outcome."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    AGENT_ENGAGED = "agent_engaged"
    AGENT_RINGING = "agent_ringing"
    CONGESTION = "congestion"
    UNREACHABLE = "unreachable"
    AGENT_OFFLINE = "agent_offline"
    BAD_DIAL = "bad_dial"
    NOT_CONNECTED = "not_connected"
    AGENT_LEG = "agent_leg"
    CUSTOMER_LEG = "customer_leg"
    UNMAPPED = "unmapped"


@dataclass(slots=True, unsafe_hash=True)  # Not frozen: that would make it three times as slow to build.
class CallEvent:
    """One delivery's account of one call. Never changed after it was read; `dataclasses.replace` makes another.

    Moments are aware UTC datetimes, lengths whole seconds, numbers E.164 or the raw text. None and "" mean
    that the delivery did not say. `customer` and `agent` stand where the provider's field order puts them;
    unless `roles_known`, the directory has the last word (`lifecycle.roles`).
    """

    kind: Kind
    content_key: str
    received_at: datetime
    delivery: int = 0
    sid: str = ""
    uniqueid: str = ""
    campid: str = ""
    direction: Direction = Direction.UNKNOWN
    phase: State | None = None
    verdict: Verdict | None = None
    cause: Verdict | None = None
    voicemail: bool = False
    ended_by: str = ""
    word: str = ""
    customer: str = ""
    agent: str = ""
    line: str = ""
    roles_known: bool = False
    group: str = ""
    agent_name: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    leg_a_picked_at: datetime | None = None
    leg_b_started_at: datetime | None = None
    leg_b_picked_at: datetime | None = None
    talk_seconds: int | None = None
    duration_seconds: int | None = None
    coins: str = ""
    recording_url: str = ""
    flags: tuple[str, ...] = ()

    @property
    def is_report(self) -> bool:
        return self.kind is Kind.REPORT

    @property
    def closes_attempt(self) -> bool:
        """A live event with a terminal word: somebody's phone stopped ringing, or a talk ended."""
        return self.kind is Kind.LIVE and self.verdict is not None and self.verdict is not Verdict.ANSWERED

    @property
    def says_answered(self) -> bool:
        """The word says so; or it says nothing we know, and somebody talked."""
        if self.verdict not in (None, Verdict.UNMAPPED):
            return self.verdict is Verdict.ANSWERED
        return bool(self.talk_seconds or (self.leg_b_picked_at and not self.voicemail))


_DEFAULTS = {f.name: f.default for f in fields(CallEvent)}
_NAMES = tuple(_DEFAULTS)
_WORDS: dict[str, dict[str, Any]] = {
    name: {str(member): member for member in words}
    for name, words in (
        ("kind", Kind),
        ("direction", Direction),
        ("phase", State),
        ("verdict", Verdict),
        ("cause", Verdict),
    )
}
_MOMENTS = ("received_at", "started_at", "ended_at", "leg_a_picked_at", "leg_b_started_at", "leg_b_picked_at")


def dump(event: CallEvent) -> str:
    """The event as JSON text, without what it did not say and without its delivery's id."""
    said = {}
    for name in _NAMES:
        value = getattr(event, name)
        if value != _DEFAULTS[name] and name != "delivery":
            said[name] = value
    return orjson.dumps(said).decode()


def load(text: str, delivery: int) -> CallEvent:
    """The event that `dump` wrote, as said by this delivery."""
    said: dict[str, Any] = orjson.loads(text)
    for name, words in _WORDS.items():
        if name in said:
            said[name] = words[said[name]]
    for name in _MOMENTS:
        if name in said:
            said[name] = datetime.fromisoformat(said[name])
    if "flags" in said:
        said["flags"] = tuple(said["flags"])
    return CallEvent(delivery=delivery, **said)
