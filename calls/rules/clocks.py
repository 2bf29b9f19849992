"""Clocks: whether the provider's times can be true, held against when its deliveries came."""

from datetime import datetime, timedelta

from calls.rules.facts import Heard

AHEAD = timedelta(minutes=2)
"""A moment further in the future than this, when it is told, was read from a wrong clock or in a wrong time zone."""
BEHIND = timedelta(minutes=50)
"""So is the start of a call that was heard of so long after it, while it was live."""
REPLAYED = timedelta(hours=24)
"""What began longer ago than any time zone explains is traffic of another day that is delivered again."""

WRONG_CLOCK = frozenset({"clock_ahead", "clock_behind"})
"""The flags of calls whose provider has a wrong clock, or whose source has a wrong time zone."""


def say_when_it_began(heard: Heard, first: datetime) -> None:
    """By the provider's start; where its clock cannot be true, when we first heard of the call (`first`)."""
    facts = heard.facts
    facts.began_at = facts.started_at or first
    if facts.started_at is None:
        return
    if facts.started_at - first > AHEAD or (heard.reports and _ends_in_future(heard)):
        heard.flags.add("clock_ahead")
        facts.began_at = first
    elif first - facts.started_at > BEHIND and _is_behind(heard, facts.started_at, first):
        heard.flags.add("clock_behind")
        facts.began_at = first


def _ends_in_future(heard: Heard) -> bool:
    return any(event.ended_at and event.ended_at - event.received_at > AHEAD for event in heard.reports)


def _is_behind(heard: Heard, started_at: datetime, first: datetime) -> bool:
    """A report may come any time after its call, but a live event comes during it."""
    if not heard.live or first - started_at > REPLAYED:
        return False
    return all(event.ended_at is None or event.received_at - event.ended_at > BEHIND for event in heard.reports)


def put_right(heard: Heard) -> None:
    """Move the moments of an ended call by what its clock was wrong: it lasted as long, from when we heard of it.

    Of a call that only its report told of we heard at its end. The start stays as the provider says it.
    """
    facts = heard.facts
    if facts.started_at is None or heard.flags.isdisjoint(WRONG_CLOCK):
        return
    length = facts.ended_at - facts.started_at if facts.ended_at and heard.end_is_told else timedelta()
    if not heard.live and length < REPLAYED:
        facts.began_at -= length
    wrong_by = facts.began_at - facts.started_at
    facts.ringing_at, facts.answered_at, facts.ended_at = (
        moment and moment + wrong_by for moment in (facts.ringing_at, facts.answered_at, facts.ended_at)
    )
