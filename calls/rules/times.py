"""Times: a call's moments and lengths, and what follows from which."""

from datetime import datetime, timedelta

from calls.rules.events import CallEvent
from calls.rules.facts import Heard
from calls.words import Direction, Outcome, State

PHASES = {State.IVR: 0, State.DIALING: 1, State.RINGING: 2, State.TALKING: 3, State.ENDED: 4}
_LONGEST_CALL = timedelta(days=7)
_INCOMING = Direction.INCOMING


def first_heard(heard: Heard, name: str, phase: State) -> datetime | None:
    """When we first heard that the call had come this far: stands in until the report tells."""
    events = [event for event in heard.live if event.phase and PHASES[event.phase] >= PHASES[phase]]
    if not events:
        return None
    first = events[0] if len(events) == 1 else min(events, key=lambda event: (event.received_at, event.content_key))
    heard.facts.set_by[name] = first.delivery
    return first.received_at


def say_moments(heard: Heard) -> None:
    """The provider's own moments; what is missing follows from its lengths, and arrival is the last resort."""
    facts, reports = heard.facts, heard.reports
    facts.ended_at = heard.take("ended_at", "ended_at", reports)
    if facts.ended_at is None and facts.started_at and facts.duration_seconds is not None:
        facts.ended_at = facts.started_at + timedelta(seconds=facts.duration_seconds)
    if facts.ended_at is None:
        facts.ended_at = min(event.received_at for event in reports)
        heard.flags.add("end_time_assumed")
        heard.end_is_told = False
    elif facts.started_at and facts.ended_at < facts.started_at:
        facts.ended_at = facts.started_at + timedelta(seconds=facts.duration_seconds or 0)
        facts.set_by.pop("ended_at", None)
        heard.flags.add("times_disagree")
        heard.end_is_told = False
    facts.ringing_at = heard.same("ringing_at", "leg_b_started_at")
    if facts.outcome is Outcome.ANSWERED:
        facts.answered_at = heard.same("answered_at", "leg_b_picked_at")
        if facts.answered_at is None and facts.talk_seconds and heard.end_is_told:
            facts.answered_at = facts.ended_at - timedelta(seconds=facts.talk_seconds)


def measure_reported(heard: Heard, parts: list[CallEvent]) -> None:
    """The lengths of a call with its report; of several agents' `parts`, the wait is that before the first."""
    picked_at = heard.same("wait_seconds", "leg_a_picked_at")
    if parts and picked_at:
        picked_at = min(part.leg_a_picked_at for part in parts if part.leg_a_picked_at)
    measure(heard, picked_at or heard.facts.started_at)
    if heard.facts.wait_seconds is None:
        heard.facts.set_by.pop("wait_seconds", None)


def measure(heard: Heard, waits_since: datetime | None) -> None:
    """Lengths that the provider did not give. The wait runs from the pick-up by the platform."""
    facts = heard.facts
    if facts.direction is _INCOMING and facts.outcome is not Outcome.IVR_ONLY:
        answered = facts.outcome is Outcome.ANSWERED
        until = facts.answered_at if answered else facts.ended_at if heard.end_is_told else None
        facts.wait_seconds = seconds_between(waits_since, until)
    if facts.talk_seconds is None and facts.answered_at:
        facts.talk_seconds = seconds_between(facts.answered_at, facts.ended_at)
    if facts.duration_seconds is None and facts.started_at and heard.end_is_told:
        facts.duration_seconds = seconds_between(facts.started_at, facts.ended_at)


def seconds_between(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds between two moments; None where one is unknown, the clocks run backwards or lie weeks apart."""
    if start is None or end is None or not timedelta() <= end - start <= _LONGEST_CALL:
        return None
    return int((end - start).total_seconds())
