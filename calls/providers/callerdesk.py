"""CallerDesk and its white labels: their two webhooks, Live Call and Call Report, as call events.

Facts are from the provider's public documentation and from public integrations; `callerdesk_words` marks which of
its words are documented and which were only seen. One adapter serves the family: no host name is wired in.
"""

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from calls.phones import WITHHELD
from calls.rules.events import CallEvent, Kind, Verdict
from calls.words import Direction, State

from .adapter import BROKEN, Arrival, Habits, Reading, ignored, quarantined
from .callerdesk_words import DIRECTIONS, OTHERS, PHASES, PRESSED, SPELLINGS, VERDICTS, is_sample
from .folds import choose_readings, is_set_back
from .values import (
    Unreadable,
    also_said,
    amount,
    code,
    looks_like_a_call,
    moment,
    number,
    opaque_id,
    or_nobody,
    seconds,
)

LABEL = "CallerDesk (also Digidonar, RP Digital Phone, IndiaVoice, CCS Express IVR)"

# What says which call it is, whose, and how it goes: a guess at a broken letter could be another call's.
_IDENTITY = (
    "source", "destination", "dialled", "status", "callstatus", "callresult", "call_id", "alternate_id", "campaign_id",
    "direction", "type",
)  # fmt: skip
_OF_A_CALL = ("call_id", "alternate_id", "source", "destination", "dialled", "started_at", "ended_at", "recording_url")
_FREE_TEXTS = ("group", "agent_name")
_LENGTHS = ("duration_seconds", "talk_seconds")
_ACCOUNT = (
    "ended_at", "leg_a_picked_at", "leg_b_started_at", "leg_b_picked_at", "talk_seconds", "duration_seconds", "coins",
    "agent_name", "recording_url", "error_code",
)  # fmt: skip
_account_of = itemgetter(*_ACCOUNT)
_REPORT_ONLY = ("ended_at", "leg_a_picked_at", "leg_b_started_at", "leg_b_picked_at", "recording_url")
_FIELD = {spelling: name for name, spellings in SPELLINGS.items() for spelling in spellings}
FIELDS = _FIELD.keys()
_NOTHING_SAID = dict.fromkeys(SPELLINGS, "")
# Read by the rules, and listed as they came all the same.
_LISTED_TOO = ("hangup_cause", "callresult")

_CAUSES = frozenset(VERDICTS.values()) - {Verdict.ANSWERED, Verdict.AGENT_LEG, Verdict.CUSTOMER_LEG}
_BLANK_WORDS = frozenset({"", "NA", "0", "NULL", "NONE"})
_VOICEMAIL = "VOICEMAIL"
# Where two fields disagree the more specific word decides; both are kept as the provider's words.
_SPECIFIC = {None: 0, Verdict.UNMAPPED: 1, Verdict.NO_ANSWER: 2, Verdict.ANSWERED: 3}
_SPECIFIC |= {Verdict.AGENT_LEG: 5, Verdict.CUSTOMER_LEG: 5}
_LEGS = {"agent": Verdict.AGENT_LEG, "customer": Verdict.CUSTOMER_LEG}
_PHASE_ORDER = list(State)
_BRACKET = re.compile(r"\(([^)]*)\)?")  # One that is never closed reaches to the end: so each sign is read once.
_NOT_LETTERS = re.compile(r"[^A-Z0-9]")


def read(fields: dict[str, str], habits: Habits, arrival: Arrival) -> Reading:
    """Say what one delivery means.

    `fields` are folded keys to stripped text. Never raises for any text: a field that cannot be read is left
    empty and flagged `unreadable_<field>`.
    """
    if _FIELD.keys().isdisjoint(fields):
        return quarantined("unknown_fields") if looks_like_a_call(fields) else ignored("no_call_fields")
    said, others = _said(fields)
    if is_sample(said):
        return ignored("provider_sample")
    broken = BROKEN in "".join(fields.values())
    if broken and BROKEN in "".join(map(said.__getitem__, _IDENTITY)):
        return quarantined("broken_characters")
    kind = _kind(said)
    if kind is None:
        has_call = looks_like_a_call(others) or any(map(said.__getitem__, _OF_A_CALL))
        return quarantined("unknown_type") if has_call else ignored("not_a_call_event")
    words = _words(
        kind is Kind.REPORT, said["direction"], said["status"], said["callstatus"], said["callresult"],
        said["hangup_cause"],
    )  # fmt: skip
    if words is None:
        return quarantined("unknown_word")
    event = _event(kind, said, words, habits, arrival)
    if is_set_back(habits.time_zone):
        choose_readings(event, said, habits.time_zone)
    _add_others(event, said, others)
    if broken and any(BROKEN in said[name] for name in _FREE_TEXTS):
        _add_flag(event, "broken_characters")
    if event.call_id or event.alternate_id:
        return Reading(event)
    if not event.joining_id:
        return _without_id(event)
    return Reading(event) if event.started_at else quarantined("no_start_time")


def _said(fields: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The fields by our names, of several spellings the first of the table that is filled; and all others."""
    said, others = _NOTHING_SAID.copy(), dict[str, str]()
    for spelling, value in fields.items():
        if not value:
            continue
        name = _FIELD.get(spelling)
        if name is None:
            others[spelling] = value
        elif not said[name]:
            said[name] = value
        else:
            said[name] = next(filter(None, map(fields.get, SPELLINGS[name])))
            others |= {each: fields[each] for each in SPELLINGS[name] if fields.get(each, said[name]) != said[name]}
    return said, others


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


# --- what the words say -----------------------------------------------------------------------------------------


class _Words(NamedTuple):
    """What a delivery's words say together, in the terms of a call event."""

    direction: Direction
    phase: State | None
    verdict: Verdict | None
    cause: Verdict | None
    ended_by: str
    voicemail: bool
    word: str
    flags: tuple[str, ...]


@lru_cache(maxsize=512)  # Systems say the same few things all day; working them out takes as long as all the rest.
def _words(
    report: bool, direction: str, status: str, callstatus: str, callresult: str, hangup_cause: str
) -> _Words | None:
    """What the words say. None for a live event with a word that is unknown: a guess could end a call."""
    side_of_call, flags = _direction(direction)
    folded = [fold(text) for text in (status, callstatus, callresult)]
    phase, verdict = _phase_and_verdict(report, folded, side_of_call)
    if verdict is Verdict.UNMAPPED and not report:
        return None
    cause, side = _cause(verdict, (hangup_cause, callstatus, status))
    if side_of_call is Direction.OUTGOING and side and verdict in _CAUSES - {Verdict.BAD_DIAL}:
        verdict = _LEGS[side]
    return _Words(
        direction=side_of_call,
        phase=phase,
        verdict=verdict,
        cause=cause,
        ended_by=side if verdict is Verdict.ANSWERED else "",
        voicemail=report and _VOICEMAIL in folded,
        word=" / ".join(dict.fromkeys(word for word in (status, callstatus) if word))[:200],
        flags=flags,
    )


def fold(word: str) -> str:
    """A status word without bracketed cause, case, spaces and hyphens."""
    return _NOT_LETTERS.sub("", _BRACKET.sub("", word).upper())


def _direction(text: str) -> tuple[Direction, tuple[str, ...]]:
    """Unknown words do not pick a side silently."""
    word = fold(text).lower()
    flags = ("unknown_direction",) if word and word not in DIRECTIONS else ()
    return DIRECTIONS.get(word, Direction.UNKNOWN), flags


def _phase_and_verdict(report: bool, folded: list[str], direction: Direction) -> tuple[State | None, Verdict | None]:
    """What the two status words say; the result of the report list helps only where they say nothing."""
    *words, result = folded
    if not report:
        phases = [phase for word in words if (phase := _phase(word, direction))]
        if phases:
            return max(phases, key=_PHASE_ORDER.index), None
        if all(word in _BLANK_WORDS for word in words):
            # The early event before anything happened: the agent's leg is dialled, or the menu plays.
            return (State.DIALING if direction is Direction.OUTGOING else State.IVR), None
    verdict = max(map(_verdict, words), key=_specificity)
    if report and verdict in (None, Verdict.UNMAPPED):
        # The coarse result of the report list; "Click-to-call" says nothing of success.
        verdict = VERDICTS.get(result) or verdict
    return (State.ENDED if report else None), verdict


def _phase(word: str, direction: Direction) -> State | None:
    if word == "LEGAANSWER" and direction is Direction.INCOMING:
        return State.IVR
    return PHASES.get(word) or (State.IVR if word.startswith("IVR") else None)


def _verdict(word: str) -> Verdict | None:
    return None if word in _BLANK_WORDS or word == _VOICEMAIL else VERDICTS.get(word, Verdict.UNMAPPED)


def _specificity(verdict: Verdict | None) -> int:
    return _SPECIFIC.get(verdict, 4)


def _cause(verdict: Verdict | None, texts: tuple[str, ...]) -> tuple[Verdict | None, str]:
    """The finer cause, and the side that a bracket names: on an answered call who hung up, else whose phone."""
    cause, side = None, ""
    for text in texts:
        if not text:
            continue
        known = VERDICTS.get(fold(text))
        if cause is None and known in _CAUSES:
            cause = known
        bracket = _BRACKET.search(text)
        if not side and bracket and (known is Verdict.ANSWERED) == (verdict is Verdict.ANSWERED):
            side = next((who for who in _LEGS if who in bracket[1].lower()), "")
    return cause, side


# --- the event --------------------------------------------------------------------------------------------------


def _event(kind: Kind, said: dict[str, str], words: _Words, habits: Habits, arrival: Arrival) -> CallEvent:
    direction, region, flags = words.direction, habits.region, list(words.flags)
    # By position. On outgoing calls the directory decides later.
    customer, agent, line = _numbers(said, flags, region)
    incoming = direction is Direction.INCOMING
    if not incoming and habits.outgoing_source_is_agent:
        customer, agent = agent, customer
    if agent == WITHHELD:
        agent = ""  # A stand-in for a hidden number is nobody of ours.
    event = CallEvent(
        kind=kind,
        content_key=arrival.content_key,
        received_at=arrival.received_at,
        call_id=opaque_id(said["call_id"]),
        alternate_id=opaque_id(said["alternate_id"]),
        campaign_id=opaque_id(said["campaign_id"]),
        direction=direction,
        phase=words.phase,
        verdict=words.verdict,
        cause=words.cause,
        voicemail=words.voicemail,
        ended_by=words.ended_by,
        word=words.word,
        customer=customer,
        agent=agent,
        line="" if line == WITHHELD else line,
        roles_known=incoming,
        customer_first=not incoming and not habits.outgoing_source_is_agent,
        group=or_nobody(said["group"])[:120],
        started_at=_value(said, "started_at", flags, moment, habits.time_zone),
    )
    if kind is Kind.REPORT:
        _add_account(event, said, flags, habits.time_zone)
    if flags:
        event.flags = tuple(sorted(set(flags)))
    return event


def _add_account(event: CallEvent, said: dict[str, str], flags: list[str], zone: str) -> None:
    """What only a report tells: how the call went on after its start, and what it came to."""
    event.ended_at = _value(said, "ended_at", flags, moment, zone)
    event.leg_a_picked_at = _value(said, "leg_a_picked_at", flags, moment, zone)
    event.leg_b_started_at = _value(said, "leg_b_started_at", flags, moment, zone)
    event.leg_b_picked_at = _value(said, "leg_b_picked_at", flags, moment, zone)
    event.talk_seconds = _value(said, "talk_seconds", flags, seconds)
    event.duration_seconds = _value(said, "duration_seconds", flags, seconds)
    event.coins = _value(said, "coins", flags, amount) or ""
    event.agent_name = or_nobody(said["agent_name"])[:120]
    event.recording_url = or_nobody(said["recording_url"])
    event.error_code = code(said["error_code"])


def _add_others(event: CallEvent, said: dict[str, str], others: dict[str, str]) -> None:
    """What the delivery said beside the fields of a call, as it came."""
    for name in _LISTED_TOO:
        if said[name]:
            others[SPELLINGS[name][0]] = said[name]
    if event.call_id and event.alternate_id not in ("", event.call_id):
        others["uniqueid"] = said["alternate_id"]
    if event.kind is Kind.LIVE and any(_account_of(said)):
        others |= {name: said[name] for name in _ACCOUNT if said[name] and or_nobody(said[name])}
    if others:
        event.also_said, whole = also_said(others, OTHERS, PRESSED)
        if not whole:
            _add_flag(event, "more_said")


def _add_flag(event: CallEvent, flag: str) -> None:
    event.flags = tuple(sorted({*event.flags, flag}))


def _numbers(said: dict[str, str], flags: list[str], region: str) -> list[str]:
    """The numbers of source, dialled and destination; "" for one that cannot be read."""
    found = []
    for text in (said["source"], said["dialled"], said["destination"]):
        try:
            found.append(number(text, region))
        except Unreadable:
            flags.append("unreadable_number")
            found.append("")
    return found


def _value(said: dict[str, str], name: str, flags: list[str], read_as: Callable[..., Any], *more: str) -> Any:
    if not (text := said[name]):
        return None
    try:
        return read_as(text, *more)
    except Unreadable:
        flags.append(f"unreadable_{name}")
        return None


def _without_id(event: CallEvent) -> Reading:
    """No id at all: one is made of the numbers and the start; without a start nothing can be said."""
    if event.started_at is None or not (event.customer or event.agent):
        return quarantined("no_call_id") if event.is_report else ignored("pre_dial")
    numbers = [event.customer, event.line] if event.roles_known else [event.customer, event.agent, event.line]
    known_by = f"{'|'.join(sorted(numbers))}|{event.started_at.isoformat()}"
    event.call_id = f"no-id-{hashlib.sha256(known_by.encode()).hexdigest()[:24]}"
    _add_flag(event, "no_call_id")
    return Reading(event)
