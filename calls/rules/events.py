"""A call event: what one delivery says, in our terms and in no provider's."""

from dataclasses import dataclass
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


# Bound once: asking an enumeration for its member is slow.
_LIVE, _REPORT, _ANSWERED, _UNMAPPED = Kind.LIVE, Kind.REPORT, Verdict.ANSWERED, Verdict.UNMAPPED
_INCOMING, _OUTGOING = Direction.INCOMING, Direction.OUTGOING


@dataclass(slots=True, unsafe_hash=True)  # Not frozen: that would make it three times as slow to build.
class CallEvent:
    """One delivery's account of one call. Never changed after it was read; `dataclasses.replace` makes another.

    Moments are aware UTC datetimes, lengths whole seconds, numbers E.164 or the raw text. None and "" mean
    that the delivery did not say. `customer` and `agent` stand where the provider's field order puts them;
    unless `roles_known`, the directory has the last word (`rules.roles`). `customer_first`: on a call that we make,
    the customer stands where the party does that is dialled first.

    `call_id` is the provider's id of the call. `alternate_id` is a second id that some deliveries carry beside it
    or instead of it. `campaign_id` names the request that a call was made for, and is not unique: deliveries are
    joined by it (`joining_id`) on outgoing calls only. `also_said` holds what has no field here, by its name, sorted.
    """

    kind: Kind
    content_key: str
    received_at: datetime
    delivery: int = 0
    call_id: str = ""
    alternate_id: str = ""
    campaign_id: str = ""
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
    customer_first: bool = False
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
    error_code: str = ""
    also_said: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def is_report(self) -> bool:
        return self.kind is _REPORT

    @property
    def joining_id(self) -> str:
        """The campaign's id where deliveries of one call can be found by it, else ""."""
        return self.campaign_id if self.direction is _OUTGOING else ""

    @property
    def closes_attempt(self) -> bool:
        """A live event with a terminal word: somebody's phone stopped ringing, or a talk ended."""
        return self.kind is _LIVE and self.verdict is not None and self.verdict is not _ANSWERED

    @property
    def says_answered(self) -> bool:
        """The word says so; or it says nothing we know, and somebody talked."""
        if self.verdict is not None and self.verdict is not _UNMAPPED:
            return self.verdict is _ANSWERED and not (self.talk_seconds == 0 and self.answered_by_nobody)
        return bool(self.talk_seconds or (self.leg_b_picked_at and not self.voicemail))

    @property
    def answered_by_nobody(self) -> bool:
        """The platform answered, nobody else was dialled, and nobody talked."""
        if self.talk_seconds != 0 or self.leg_b_started_at or self.leg_b_picked_at or self.voicemail:
            return False
        if self.verdict is not _ANSWERED:
            return False
        return not self.agent if self.direction is _INCOMING else self.leg_a_picked_at is not None


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
# What events stored by earlier versions call the ids.
_OLD_NAMES = {"sid": "call_id", "uniqueid": "alternate_id", "campid": "campaign_id"}
_MOMENTS = ("received_at", "started_at", "ended_at", "leg_a_picked_at", "leg_b_started_at", "leg_b_picked_at")


def dump(event: CallEvent) -> str:
    """The event as JSON text, without what it did not say and without its delivery's id."""
    # Field by field, in the order of the class: a loop over them takes twice as long. What was not said gets no name.
    said = {
        "kind": event.kind,
        "content_key": event.content_key,
        "received_at": event.received_at,
        "call_id" if event.call_id else "": event.call_id,
        "alternate_id" if event.alternate_id else "": event.alternate_id,
        "campaign_id" if event.campaign_id else "": event.campaign_id,
        "direction" if event.direction != Direction.UNKNOWN else "": event.direction,
        "phase" if event.phase else "": event.phase,
        "verdict" if event.verdict else "": event.verdict,
        "cause" if event.cause else "": event.cause,
        "voicemail" if event.voicemail else "": event.voicemail,
        "ended_by" if event.ended_by else "": event.ended_by,
        "word" if event.word else "": event.word,
        "customer" if event.customer else "": event.customer,
        "agent" if event.agent else "": event.agent,
        "line" if event.line else "": event.line,
        "roles_known" if event.roles_known else "": event.roles_known,
        "customer_first" if event.customer_first else "": event.customer_first,
        "group" if event.group else "": event.group,
        "agent_name" if event.agent_name else "": event.agent_name,
        "started_at" if event.started_at else "": event.started_at,
        "ended_at" if event.ended_at else "": event.ended_at,
        "leg_a_picked_at" if event.leg_a_picked_at else "": event.leg_a_picked_at,
        "leg_b_started_at" if event.leg_b_started_at else "": event.leg_b_started_at,
        "leg_b_picked_at" if event.leg_b_picked_at else "": event.leg_b_picked_at,
        "talk_seconds" if event.talk_seconds is not None else "": event.talk_seconds,
        "duration_seconds" if event.duration_seconds is not None else "": event.duration_seconds,
        "coins" if event.coins else "": event.coins,
        "recording_url" if event.recording_url else "": event.recording_url,
        "error_code" if event.error_code else "": event.error_code,
        "also_said" if event.also_said else "": event.also_said,
        "flags" if event.flags else "": event.flags,
    }
    said.pop("", None)
    return orjson.dumps(said).decode()


def load(text: str, delivery: int) -> CallEvent:
    """The event that `dump` wrote, as said by this delivery."""
    said: dict[str, Any] = orjson.loads(text)
    for old, name in _OLD_NAMES.items():
        if old in said:
            said[name] = said.pop(old)
    for name, words in _WORDS.items():
        if name in said:
            said[name] = words[said[name]]
    for name in _MOMENTS:
        if name in said:
            said[name] = datetime.fromisoformat(said[name])
    if "flags" in said:
        said["flags"] = tuple(said["flags"])
    if "also_said" in said:
        said["also_said"] = tuple(map(tuple, said["also_said"]))
    return CallEvent(delivery=delivery, **said)
