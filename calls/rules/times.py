"""Times: a call's moments and lengths, what follows from which, and where they contradict each other."""

from datetime import datetime, timedelta

from calls.rules.facts import Heard
from calls.words import Direction, Outcome, State

PHASES = {State.IVR: 0, State.DIALING: 1, State.RINGING: 2, State.TALKING: 3, State.ENDED: 4}
_LONGEST_CALL = timedelta(days=7)
_DURATION_SLACK_SECONDS, _TALK_SLACK_SECONDS = 1, 2
_INCOMING = Direction.INCOMING


def first_heard(heard: Heard, name: str, phase: State) -> datetime | None:
    """When we first heard that the call had come this far: stands in until the report tells."""
    events = [event for event in heard.live if event.phase and PHASES[event.phase] >= PHASES[phase]]
    if not events:
        return None
    first = events[0] if len(events) == 1 else min(events, key=lambda event: (event.received_at, event.content_key))
    heard.facts.set_by[name] = first.delivery
    return first.received_at


def say_times(heard: Heard) -> None:
    """The provider's own moments; what is missing follows from its lengths, and arrival is the last resort."""
    facts, reports = heard.facts, heard.reports
    facts.ended_at = heard.take("ended_at", "ended_at", reports)
    if facts.ended_at is None and facts.started_at and facts.duration_seconds is not None:
        facts.ended_at = facts.started_at + timedelta(seconds=facts.duration_seconds)
    if facts.ended_at is None:
        facts.ended_at = min(event.received_at for event in reports)
        heard.flags.add("end_time_assumed")
    facts.ringing_at = heard.take("ringing_at", "leg_b_started_at", reports)
    if facts.outcome is Outcome.ANSWERED:
        facts.answered_at = heard.take("answered_at", "leg_b_picked_at", reports)
        if facts.answered_at is None and facts.talk_seconds and "end_time_assumed" not in heard.flags:
            facts.answered_at = facts.ended_at - timedelta(seconds=facts.talk_seconds)
    measure(heard, heard.take("wait_seconds", "leg_a_picked_at", reports) or facts.started_at)
    if facts.wait_seconds is None:
        facts.set_by.pop("wait_seconds", None)


def measure(heard: Heard, waits_since: datetime | None) -> None:
    """Lengths that the provider did not give. The wait runs from the pick-up by the platform."""
    facts = heard.facts
    assumed = "end_time_assumed" in heard.flags
    if facts.direction is _INCOMING and facts.outcome is not Outcome.IVR_ONLY:
        answered = facts.outcome is Outcome.ANSWERED
        until = facts.answered_at if answered else None if assumed else facts.ended_at
        facts.wait_seconds = seconds_between(waits_since, until)
    if facts.talk_seconds is None and facts.answered_at:
        facts.talk_seconds = seconds_between(facts.answered_at, facts.ended_at)
    if facts.duration_seconds is None and facts.started_at and not assumed:
        facts.duration_seconds = seconds_between(facts.started_at, facts.ended_at)


def check(heard: Heard) -> None:
    """Name what does not add up; nothing is corrected silently."""
    facts = heard.facts
    talk = heard.told("talk_seconds")
    ends = None if "end_time_assumed" in heard.flags else facts.ended_at
    answered = facts.outcome is Outcome.ANSWERED
    if (
        _differ(facts.duration_seconds, facts.started_at, ends, by=_DURATION_SLACK_SECONDS)
        or (answered and _differ(talk, heard.told("leg_b_picked_at"), ends, by=_TALK_SLACK_SECONDS))
        or (facts.started_at and ends and seconds_between(facts.started_at, ends) is None)
    ):
        heard.flags.add("times_disagree")
    if not answered and talk:
        heard.flags.add("talk_without_answer")
    if len({event.says_answered for event in heard.reports}) > 1:
        heard.flags.add("reports_disagree")


def _differ(told: int | None, start: datetime | None, end: datetime | None, by: int) -> bool:
    """Whether a length that was told is not the time between two moments that were told too."""
    return told is not None and start is not None and end is not None and abs(told - (end - start).total_seconds()) > by


def seconds_between(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds between two moments; None where one is unknown, the clocks run backwards or lie weeks apart."""
    if start is None or end is None or not timedelta() <= end - start <= _LONGEST_CALL:
        return None
    return int((end - start).total_seconds())
