"""Legs: a call has one to the customer and one to an agent; who was dialled first depends on the direction."""

from calls.rules.facts import Heard
from calls.words import State

_FOLLOWS_THE_AGENT = (State.RINGING, State.TALKING)


def agent_picked_up(heard: Heard) -> bool:
    """Outgoing: the agent's own leg was up, by the report's times or by a live event that follows it."""
    return any(event.leg_a_picked_at for event in heard.reports) or any(
        event.phase in _FOLLOWS_THE_AGENT for event in heard.live
    )
