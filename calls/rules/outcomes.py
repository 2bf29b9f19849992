"""Outcomes: how an ended call went, from the provider's words, the direction and the legs."""

from calls.rules.events import CallEvent, Verdict
from calls.rules.facts import Heard
from calls.rules.legs import first_picked_up, who_missed
from calls.words import Direction, Outcome, State

_INCOMING, _OURS = Direction.INCOMING, (Direction.OUTGOING, Direction.INTERNAL)
_ANSWERED, _UNMAPPED = Verdict.ANSWERED, Verdict.UNMAPPED

# What a verdict means on an incoming call, as the table of docs/webhooks.md says it.
_OF_INCOMING = {
    Verdict.ABANDONED: (Outcome.ABANDONED, "all_busy"),
    Verdict.CANCELLED: (Outcome.ABANDONED, "hung_up"),
    Verdict.NO_ANSWER: (Outcome.MISSED, "rang_out"),
    Verdict.BUSY: (Outcome.MISSED, "busy"),
    Verdict.AGENT_ENGAGED: (Outcome.MISSED, "agent_engaged"),
    Verdict.AGENT_RINGING: (Outcome.MISSED, "agent_ringing"),
    Verdict.CONGESTION: (Outcome.FAILED, "congestion"),
    Verdict.UNREACHABLE: (Outcome.FAILED, "unreachable"),
    Verdict.AGENT_OFFLINE: (Outcome.FAILED, "agent_offline"),
    Verdict.BAD_DIAL: (Outcome.FAILED, "bad_dial"),
    Verdict.NOT_CONNECTED: (Outcome.IVR_ONLY, "not_forwarded"),
}
REASONS = {verdict: reason for verdict, (_, reason) in _OF_INCOMING.items()}
"""Why a phone was not picked up, by verdict."""
TERMINAL = (*_OF_INCOMING, Verdict.AGENT_LEG, Verdict.CUSTOMER_LEG)
"""Verdicts that end a call, the one that says most first."""


def say_outcome(heard: Heard) -> None:
    """How a call with a report went."""
    facts = heard.facts
    judge = _judge(heard.reports)
    if any(event.verdict is _UNMAPPED for event in heard.reports):
        heard.flags.add("unmapped_word")
    facts.outcome, facts.reason = outcome(heard, judge)
    facts.set_by["outcome"] = facts.set_by["reason"] = judge.delivery
    if any(event.voicemail for event in heard.reports):
        facts.reason = "voicemail"


def _judge(reports: list[CallEvent]) -> CallEvent:
    """The report that says how the call went: an answered one, else the strongest whose word we know."""
    if len(reports) == 1:
        return reports[0]
    strongest = reports[::-1]
    telling = [event for event in strongest if event.says_answered or event.verdict not in (None, _UNMAPPED)]
    worded = [event for event in strongest if event.verdict]
    return (telling or worded or strongest)[0]


def outcome(heard: Heard, judge: CallEvent) -> tuple[Outcome, str | None]:
    """Outcome and reason, by the event that says how the call went."""
    verdict, direction = judge.verdict, heard.facts.direction
    if judge.answered_by_nobody:
        return _by_nobody(heard)
    if verdict is _ANSWERED:
        return Outcome.ANSWERED, f"{judge.ended_by}_hung_up" if judge.ended_by else None
    if verdict in _OF_INCOMING and direction is _INCOMING:
        return _OF_INCOMING[verdict]
    if verdict in TERMINAL and direction in _OURS:
        return _outgoing(heard, judge)
    return _unmapped(heard, judge)


def _by_nobody(heard: Heard) -> tuple[Outcome, str | None]:
    """The word says answered, the rest that nobody was dialled and nobody talked: it is no answered call."""
    heard.flags.add("answered_by_nobody")
    direction = heard.facts.direction
    if any(event.phase is State.TALKING for event in heard.live):
        return Outcome.ANSWERED, None
    if direction is _INCOMING:
        return _OF_INCOMING[Verdict.NOT_CONNECTED]
    return (who_missed(heard) if direction in _OURS else Outcome.UNKNOWN), None


def _outgoing(heard: Heard, judge: CallEvent) -> tuple[Outcome, str | None]:
    """Whose phone was not picked up: the word names the leg, or the legs' own times tell."""
    verdict = judge.verdict
    reason = REASONS.get(judge.cause or verdict or _UNMAPPED)
    if verdict is Verdict.BAD_DIAL:
        return Outcome.FAILED, reason
    if verdict is Verdict.AGENT_LEG:
        return Outcome.AGENT_MISSED, reason
    if verdict is Verdict.CUSTOMER_LEG:
        return Outcome.CUSTOMER_MISSED, reason
    return who_missed(heard), reason


def _unmapped(heard: Heard, judge: CallEvent) -> tuple[Outcome, str | None]:
    """A word that means nothing here: what the times say, else unknown, with the word for a reason."""
    if judge.verdict:
        heard.flags.add("unmapped_word")
    if any(event.says_answered for event in heard.reports):
        return Outcome.ANSWERED, None
    if heard.facts.direction in _OURS and first_picked_up(heard):
        return who_missed(heard), REASONS.get(judge.cause) if judge.cause else None
    return Outcome.UNKNOWN, (judge.word or None) and judge.word[:40]
