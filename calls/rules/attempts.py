"""Ring attempts: each phone that rang for a customer, who talks, and the end of a call that nobody reported yet."""

from typing import Any

from calls.rules.events import CallEvent, Verdict
from calls.rules.facts import Heard
from calls.rules.outcomes import REASONS, TERMINAL
from calls.words import Direction, Outcome, State

_INCOMING = Direction.INCOMING
_TALKING = State.TALKING
_OPEN = {State.RINGING: "ringing", _TALKING: "talking"}
_RANKS = {"ringing": 0, "talking": 1}
_CLOSED_RANK = 2

Attempts = dict[str, dict[str, Any]]
"""By the agent's number; "" is one unnamed. Each: `agent_number`, `state`, and `at`, when we first heard of it."""


def ring_attempts(heard: Heard) -> Attempts:
    """Each phone that rang for the customer: open, talking, or closed with a reason. None on calls that we make."""
    found: Attempts = {}
    if heard.facts.direction is not _INCOMING:
        return found
    ranks: dict[str, int] = {}
    for event in heard.live:
        state = _state(event)
        if state is None:
            continue
        known = found.get(event.agent)
        if known is None:
            known = found[event.agent] = {"agent_number": event.agent, "state": "", "at": event.received_at}
            ranks[event.agent] = -1
        elif event.received_at < known["at"]:
            known["at"] = event.received_at
        rank = _RANKS.get(state, _CLOSED_RANK)
        if rank >= ranks[event.agent]:
            ranks[event.agent], known["state"] = rank, state
    return found


def _state(event: CallEvent) -> str | None:
    if event.closes_attempt:
        return REASONS.get(event.verdict, "closed") if event.verdict else None
    return _OPEN.get(event.phase) if event.phase else None


def shown(attempts: Attempts) -> list[dict[str, Any]]:
    """The attempts of named agents, by number."""
    return [attempts[number] for number in sorted(attempts) if number]


def agent_now(heard: Heard, attempts: Attempts) -> str | None:
    """Who talks; else whose phone was last heard to ring; else who talked; on calls that we make, who dials."""
    if heard.facts.direction is not _INCOMING:
        agent: str | None = heard.take("agent_number", "agent")
        return agent
    named = [attempt for number, attempt in attempts.items() if number]
    if not named:
        return None
    number = named[0]["agent_number"] if len(named) == 1 else _likeliest(heard, named)
    heard.facts.set_by["agent_number"] = max([event.delivery for event in heard.live if event.agent == number])
    return str(number)


def _likeliest(heard: Heard, named: list[dict[str, Any]]) -> str:
    talked = {event.agent for event in heard.live if event.phase is _TALKING}

    def claim(attempt: dict[str, Any]) -> tuple[Any, ...]:
        number, state = attempt["agent_number"], attempt["state"]
        return (state == "talking", state == "ringing", number in talked, attempt["at"], number)

    return str(max(named, key=claim)["agent_number"])


def closing_event(heard: Heard, attempts: Attempts) -> CallEvent | None:
    """The live event that ended the call, if no attempt is left open."""
    closing = [event for event in heard.live if event.closes_attempt]
    if not closing:
        return None
    left = any(attempt["state"] in ("ringing", "talking") for attempt in attempts.values())
    if left and not any(event.verdict is Verdict.ABANDONED for event in closing):
        return None
    return min(closing, key=lambda event: (_order(event.verdict), event.content_key))


def _order(verdict: Verdict | None) -> int:
    return TERMINAL.index(verdict) if verdict in TERMINAL else len(TERMINAL)


def credit_agent(heard: Heard) -> None:
    """Credit the agent whom the report names; on an answered call, else the one who was heard to pick up."""
    facts = heard.facts
    attempts = ring_attempts(heard)
    facts.agent_number = heard.take("agent_number", "agent", heard.reports)
    answered = facts.outcome is Outcome.ANSWERED
    if facts.agent_number is None and (answered or facts.direction is not _INCOMING):
        talking = [event for event in heard.live if event.phase is _TALKING or event.direction is not _INCOMING]
        facts.agent_number = heard.take("agent_number", "agent", talking)
    of_agent = [event for event in heard.reports if event.agent in ("", facts.agent_number or "")]
    facts.agent_name = heard.take("agent_name", "agent_name", of_agent)
    for number, attempt in attempts.items():
        if answered and number == facts.agent_number:
            attempt["state"] = "talking"
        elif attempt["state"] in ("ringing", "talking"):
            attempt["state"] = "not_taken"
    facts.ring_attempts = shown(attempts)
