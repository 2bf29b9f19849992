"""Legs: a call has one to the customer and one to an agent; who was dialled first depends on the direction."""

from calls.rules.facts import Heard
from calls.words import Outcome, State

_FOLLOWS_THE_FIRST = (State.RINGING, State.TALKING)


def who_missed(heard: Heard) -> Outcome:
    """Outgoing: the party that was dialled and did not pick up. Where the first did, it was the second.

    The agent is dialled first, unless the directory says that the number in the first place is the customer's.
    """
    customer_first = is_customer_first(heard)
    if customer_first:
        heard.flags.add("customer_first")
    return Outcome.CUSTOMER_MISSED if first_picked_up(heard) is not customer_first else Outcome.AGENT_MISSED


def first_picked_up(heard: Heard) -> bool:
    """Outgoing: the leg that was dialled first was up, by the report's times or by a live event that follows it."""
    return any(event.leg_a_picked_at for event in heard.reports) or any(
        event.phase in _FOLLOWS_THE_FIRST for event in heard.live
    )


def is_customer_first(heard: Heard) -> bool:
    """Outgoing: the customer was dialled first, and the directory knows who is who."""
    return any(event.customer_first and event.roles_known for event in heard.events)
