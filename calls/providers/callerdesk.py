"""CallerDesk and its white labels: their two webhooks, Live Call and Call Report, as call events.

Facts are from the provider's public documentation and from public integrations; docs/webhooks.md names what
is documented and what was only seen. One adapter serves the family: no host name is wired in.
"""

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from calls.events import CallEvent, Kind, Verdict
from calls.numbers import normalise
from calls.words import Direction, State

from .reading import Arrival, Habits, Reading, ignored, quarantined
from .values import Unreadable, amount, moment, or_nobody, seconds

LABEL = "CallerDesk (also Digidonar, RP Digital Phone, IndiaVoice, CCS Express IVR)"

# Every spelling seen of a field, folded (lower case, letters and digits only); the first that is filled wins.
SPELLINGS = {
    "source": ("sourcenumber", "callingpartya", "customernumber"),
    "destination": ("destinationnumber", "destinationnumbe", "did"),
    "dialled": ("dialwhomnumber", "callingpartyb"),
    "status": ("status",),
    "callstatus": ("callstatus",),
    "callresult": ("callresult",),
    "hangup_cause": ("hangupcause",),
    "sid": ("callsid", "callid"),
    "uniqueid": ("uniqueid",),
    "campid": ("campid",),
    "direction": ("direction", "calldirection", "flowtype"),
    "group": ("callgroup", "groupname"),
    "agent_name": ("receivername",),
    "started_at": ("starttime",),
    "ended_at": ("endtime",),
    "leg_a_picked_at": ("legapickedtime",),
    "leg_b_started_at": ("legbstarttime",),
    "leg_b_picked_at": ("legbpickedtime",),
    "talk_seconds": ("talkduration",),
    "duration_seconds": ("callduration",),
    "coins": ("coins",),
    "recording_url": ("callrecordingurl", "recordingurl", "voicerecordurl", "fileurl"),
    "type": ("type",),
}
_LENGTHS = ("duration_seconds", "talk_seconds")
_REPORT_ONLY = ("ended_at", "leg_a_picked_at", "leg_b_started_at", "leg_b_picked_at", "recording_url")
_FIELD = {spelling: name for name, spellings in SPELLINGS.items() for spelling in spellings}
_NOTHING_SAID = dict.fromkeys(SPELLINGS, "")

DIRECTIONS = {
    "ivr": Direction.INCOMING,
    "inbound": Direction.INCOMING,
    "incoming": Direction.INCOMING,
    "webobd": Direction.OUTGOING,
    "outbound": Direction.OUTGOING,
    "outgoing": Direction.OUTGOING,
}

# Words of the provider's tables, folded: bracketed cause dropped, letters and digits only, upper case.
VERDICTS = {
    "ANSWER": Verdict.ANSWERED,
    "ANSWERED": Verdict.ANSWERED,
    "LEGAANSWER": Verdict.ANSWERED,
    "LEGBANSWER": Verdict.ANSWERED,
    "ABANDONEDCALL": Verdict.ABANDONED,
    "ABANDONED": Verdict.ABANDONED,
    "ABANDONMENT": Verdict.ABANDONED,
    "CANCEL": Verdict.CANCELLED,
    "CANCELLED": Verdict.CANCELLED,
    "NOANSWER": Verdict.NO_ANSWER,
    "MISSED": Verdict.NO_ANSWER,
    "BUSY": Verdict.BUSY,
    "AGENTENGAGED": Verdict.AGENT_ENGAGED,
    "AGENTONRING": Verdict.AGENT_RINGING,
    "CONGESTION": Verdict.CONGESTION,
    "UNAVAILABLE": Verdict.UNREACHABLE,
    "UNAVAIL": Verdict.UNREACHABLE,
    "CHANUNAVAIL": Verdict.AGENT_OFFLINE,
    "AGENTUNREGISTERED": Verdict.AGENT_OFFLINE,
    "INVALIDARGS": Verdict.BAD_DIAL,
    "FAILED": Verdict.BAD_DIAL,
    "NOTCONNECTED": Verdict.NOT_CONNECTED,
    "CANCELAGENT": Verdict.AGENT_LEG,
    "CANCELCUSTOMER": Verdict.CUSTOMER_LEG,
}
_CAUSES = frozenset(VERDICTS.values()) - {Verdict.ANSWERED, Verdict.AGENT_LEG, Verdict.CUSTOMER_LEG}
PHASES = {
    "TRANSFERTOAGENT": State.RINGING,
    # Despite its words: on click-to-call the agent has picked up and the customer rings.
    "TRANSFERRINGCALLTOAGENT": State.RINGING,
    "TRANSFERRING": State.RINGING,
    "RINGING": State.RINGING,
    "PICKED": State.TALKING,
    "ANSWER": State.TALKING,
    "ANSWERED": State.TALKING,
    "LEGBANSWER": State.TALKING,
    "LEGAANSWER": State.RINGING,
    "DIALING": State.DIALING,
    "CONNECTING": State.DIALING,
    "PROGRESS": State.DIALING,
    "QUEUED": State.IVR,
    "CALLINIT": State.IVR,
    "IVR": State.IVR,
}
_BLANK_WORDS = frozenset({"", "NA", "0", "NULL", "NONE"})
_VOICEMAIL = "VOICEMAIL"
# Where two fields disagree the more specific word decides; both are kept as the provider's words.
_SPECIFIC = {None: 0, Verdict.UNMAPPED: 1, Verdict.NO_ANSWER: 2, Verdict.ANSWERED: 3}
_SPECIFIC |= {Verdict.AGENT_LEG: 5, Verdict.CUSTOMER_LEG: 5}
_LEGS = {"agent": Verdict.AGENT_LEG, "customer": Verdict.CUSTOMER_LEG}
_PHASE_ORDER = list(State)
_BRACKET = re.compile(r"\(([^)]*)\)")
_NOT_LETTERS = re.compile(r"[^A-Z0-9]")
_LONGEST_ID = 100


def read(fields: dict[str, str], habits: Habits, arrival: Arrival) -> Reading:
    """Say what one delivery means.

    `fields` are folded keys to stripped text. Never raises for any text: a field that cannot be read is left
    empty and flagged `unreadable_<field>`.
    """
    if _FIELD.keys().isdisjoint(fields):
        return ignored("no_call_fields")
    said = _said(fields)
    kind = _kind(said)
    if kind is None:
        has_call = any(said[name] for name in ("sid", "uniqueid", "source", "destination", "dialled"))
        return quarantined("unknown_type") if has_call else ignored("not_a_call_event")
    return _Delivery(said, kind, habits, arrival).read()


def _said(fields: dict[str, str]) -> dict[str, str]:
    """The fields by our names; of several spellings the first of the table that is filled."""
    said, spelled = dict(_NOTHING_SAID), dict[str, str]()
    for spelling, value in fields.items():
        name = _FIELD.get(spelling)
        if not name or not value:
            continue
        known = spelled.get(name)
        if known is None or SPELLINGS[name].index(spelling) < SPELLINGS[name].index(known):
            said[name], spelled[name] = value, spelling
    return said


def _kind(said: dict[str, str]) -> Kind | None:
    """By the type where there is one; older shapes have none, and only reports have ends, lengths and legs."""
    word = said["type"].casefold().replace("_", "").replace(" ", "")
    if word in ("livecall", "live"):
        return Kind.LIVE
    if word in ("callreport", "report"):
        return Kind.REPORT
    if word:
        return None
    ends = any(said[name] for name in _LENGTHS) or any(
        or_nobody(said[name]) and not said[name].startswith("0000-00-00") for name in _REPORT_ONLY
    )
    return Kind.REPORT if ends else Kind.LIVE


@lru_cache(maxsize=4_096)
def fold(word: str) -> str:
    """A status word without bracketed cause, case, spaces and hyphens."""
    return _NOT_LETTERS.sub("", _BRACKET.sub("", word).upper())


class _Delivery:
    """One delivery being read."""

    def __init__(self, said: dict[str, str], kind: Kind, habits: Habits, arrival: Arrival) -> None:
        self.said, self.kind, self.habits, self.arrival = said, kind, habits, arrival
        self.flags: list[str] = []
        self.words = [fold(said[name]) if said[name] else "" for name in ("status", "callstatus", "callresult")]

    def read(self) -> Reading:
        direction = self.direction()
        phase, verdict, word = self.phase_and_verdict(direction)
        if self.kind is Kind.LIVE and verdict is Verdict.UNMAPPED:
            return quarantined("unknown_word")
        event = self.event(direction, phase, verdict, word)
        if not (event.sid or event.uniqueid or event.campid):
            return self.without_id(event)
        if event.campid and not (event.sid or event.uniqueid) and event.started_at is None:
            return quarantined("no_start_time")
        return Reading(event)

    def event(self, direction: Direction, phase: State | None, verdict: Verdict | None, word: str) -> CallEvent:
        said, report = self.said, self.kind is Kind.REPORT
        moments = {name: self.value(name, moment, self.habits.time_zone) for name in ("started_at",)}
        if report:
            for name in ("ended_at", "leg_a_picked_at", "leg_b_started_at", "leg_b_picked_at"):
                moments[name] = self.value(name, moment, self.habits.time_zone)
            for name in ("talk_seconds", "duration_seconds"):
                moments[name] = self.value(name, seconds)
        customer, agent, line = self.numbers(direction)
        cause, side = self.cause(verdict)
        if direction is Direction.OUTGOING and side and verdict in _CAUSES - {Verdict.BAD_DIAL}:
            verdict = _LEGS[side]
        return CallEvent(
            kind=self.kind,
            content_key=self.arrival.content_key,
            received_at=self.arrival.received_at,
            sid=_id(said["sid"]),
            uniqueid=_id(said["uniqueid"]),
            campid=_id(said["campid"]) if direction is Direction.OUTGOING else "",
            direction=direction,
            phase=phase,
            verdict=verdict,
            cause=cause,
            voicemail=report and _VOICEMAIL in self.words,
            ended_by=side if verdict is Verdict.ANSWERED else "",
            word=word,
            customer=customer,
            agent=agent,
            line=line,
            roles_known=direction is Direction.INCOMING,
            group=or_nobody(said["group"])[:120],
            agent_name=or_nobody(said["agent_name"])[:120] if report else "",
            coins=self.value("coins", amount) or "" if report else "",
            recording_url=or_nobody(said["recording_url"]) if report else "",
            **moments,
            flags=tuple(sorted(set(self.flags))),
        )

    def value(self, name: str, read_as: Callable[..., Any], *more: str) -> Any:
        if not (text := self.said[name]):
            return None
        try:
            return read_as(text, *more)
        except Unreadable:
            self.flags.append(f"unreadable_{name}")
            return None

    def direction(self) -> Direction:
        """Unknown words do not pick a side silently."""
        word = fold(self.said["direction"]).lower()
        if word and word not in DIRECTIONS:
            self.flags.append("unknown_direction")
        return DIRECTIONS.get(word, Direction.UNKNOWN)

    def numbers(self, direction: Direction) -> tuple[str, str, str]:
        """Customer, agent and line, by position. On outgoing calls the directory decides later."""
        source, dialled, line = (
            normalise(or_nobody(self.said[name]), self.habits.region)[:64]
            for name in ("source", "dialled", "destination")
        )
        if direction is not Direction.INCOMING and self.habits.outgoing_source_is_agent:
            return dialled, source, line
        return source, dialled, line

    def phase_and_verdict(self, direction: Direction) -> tuple[State | None, Verdict | None, str]:
        """What the status words say, and the words themselves as the provider wrote them."""
        spelled = [self.said["status"], self.said["callstatus"]]
        written = " / ".join(dict.fromkeys(word for word in spelled if word))[:200]
        found = [_phase(word, direction) for word in self.words[:2]]
        if self.kind is Kind.LIVE:
            phases = [phase for phase in found if phase]
            if phases:
                return max(phases, key=_PHASE_ORDER.index), None, written
            if all(word in _BLANK_WORDS for word in self.words[:2]):
                # The early event before anything happened: the agent's leg is dialled, or the menu plays.
                return (State.DIALING if direction is Direction.OUTGOING else State.IVR), None, written
        verdict = max((_verdict(word) for word in self.words[:2]), key=_specificity)
        if self.kind is Kind.REPORT and verdict in (None, Verdict.UNMAPPED):
            # The coarse result of the report list; "Click-to-call" says nothing of success.
            verdict = VERDICTS.get(self.words[2]) or verdict
        return (State.ENDED if self.kind is Kind.REPORT else None), verdict, written

    def cause(self, verdict: Verdict | None) -> tuple[Verdict | None, str]:
        """The finer cause, and the side that a bracket names: on an answered call who hung up, else whose phone."""
        cause, side = None, ""
        for name in ("hangup_cause", "callstatus", "status"):
            text = self.said[name]
            if not text:
                continue
            known = VERDICTS.get(fold(text))
            if cause is None and known in _CAUSES:
                cause = known
            bracket = _BRACKET.search(text)
            if not side and bracket and (known is Verdict.ANSWERED) == (verdict is Verdict.ANSWERED):
                side = next((who for who in _LEGS if who in bracket[1].lower()), "")
        return cause, side

    def without_id(self, event: CallEvent) -> Reading:
        """No id at all: one is made of the numbers and the start; without a start nothing can be said."""
        if event.started_at is None or not (event.customer or event.agent):
            return ignored("pre_dial") if self.kind is Kind.LIVE else quarantined("no_call_id")
        numbers = (
            "|".join(sorted((event.customer, event.line)))
            if event.roles_known
            else "|".join(sorted((event.customer, event.agent, event.line)))
        )
        made = hashlib.sha256(f"{numbers}|{event.started_at.isoformat()}".encode()).hexdigest()[:24]
        self.flags.append("no_call_id")
        self.said["sid"] = f"no-id-{made}"
        return Reading(self.event(event.direction, event.phase, event.verdict, event.word))


def _id(text: str) -> str:
    """An opaque id; placeholders are none. One that is too long keeps its start and a digest of the whole."""
    text = or_nobody(text)
    if len(text) <= _LONGEST_ID:
        return text
    return text[: _LONGEST_ID - 25] + "-" + hashlib.sha256(text.encode()).hexdigest()[:24]


def _phase(word: str, direction: Direction) -> State | None:
    if word == "LEGAANSWER" and direction is Direction.INCOMING:
        return State.IVR
    return PHASES.get(word) or (State.IVR if word.startswith("IVR") else None)


def _verdict(word: str) -> Verdict | None:
    return None if word in _BLANK_WORDS or word == _VOICEMAIL else VERDICTS.get(word, Verdict.UNMAPPED)


def _specificity(verdict: Verdict | None) -> int:
    return _SPECIFIC.get(verdict, 4)
