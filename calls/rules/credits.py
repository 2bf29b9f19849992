"""Credits: who is named for a call that has its report, and what became of each phone that rang."""

from itertools import pairwise

from calls.rules.attempts import NOT_TAKEN, TALKED, TALKING, Attempt, Attempts, attempts_of
from calls.rules.events import CallEvent
from calls.rules.facts import Heard
from calls.rules.outcomes import REASONS
from calls.words import Direction, Outcome, State

_INCOMING = Direction.INCOMING


def credit_agents(heard: Heard, parts: list[CallEvent]) -> None:
    """Credit the agent whom the report names; on an answered call, else the one who was heard to pick up.

    Whoever picked up talked, whatever the report names; `parts` are the reports of several agents.
    """
    facts = heard.facts
    facts.agent_number = heard.take("agent_number", "agent", heard.reports)
    answered = facts.outcome is Outcome.ANSWERED
    if facts.agent_number is None and (answered or facts.direction is not _INCOMING):
        talking = [event for event in heard.live if event.phase is State.TALKING or event.direction is not _INCOMING]
        facts.agent_number = heard.take("agent_number", "agent", talking)
    of_agent = [event for event in heard.reports if event.agent in ("", facts.agent_number or "")]
    facts.agent_name = heard.take("agent_name", "agent_name", of_agent)
    attempts = attempts_of(heard, settled=True)
    credited = attempts.latest(facts.agent_number) if answered and facts.agent_number else None
    if credited and credited.told and not credited.picked_at:
        heard.flags.add("live_disagrees")
    if parts and facts.direction is _INCOMING:
        _add_parts(attempts, parts)
        credited = attempts.latest(facts.agent_number) if answered and facts.agent_number else None
    for attempt in attempts.all:
        if attempt is credited:
            attempt.state = TALKING
        elif attempt.picked_at:
            attempt.state = TALKED
        elif attempt.open:
            attempt.state = NOT_TAKEN
    _say_hand_overs(attempts)
    facts.ring_attempts = attempts.shown()


def _add_parts(attempts: Attempts, parts: list[CallEvent]) -> None:
    """What the reports of several agents tell of each, in their own times."""
    for part in parts:
        known = attempts.latest(part.agent)
        at = part.leg_b_started_at or part.leg_b_picked_at or part.started_at or part.received_at
        if known is None:
            known = attempts.add(
                Attempt(part.agent, at, REASONS.get(part.verdict, "closed") if part.verdict else "closed")
            )
        if part.says_answered:
            known.picked_at = known.picked_at or part.leg_b_picked_at or at
            known.talk_seconds = part.talk_seconds


def _say_hand_overs(attempts: Attempts) -> None:
    """Who handed the call on had talked until another picked up, where no report tells how long."""
    talks = [each for each in attempts.all if each.picked_at]
    if len(talks) > 1:
        talks.sort(key=lambda each: (each.since, each.agent))
    for earlier, later in pairwise(talks):
        if earlier.state == TALKED:
            earlier.ended_at = later.picked_at
