"""Contradictions: what does not add up is named with a flag; nothing is corrected silently."""

from datetime import datetime

from calls.rules.events import CallEvent
from calls.rules.facts import CallFacts, Heard
from calls.rules.times import seconds_between
from calls.words import Direction, Outcome, State

_DURATION_SLACK_SECONDS, _TALK_SLACK_SECONDS = 1, 2
_CORRECTED = ("agent", "agent_name", "customer", "line", "group", "coins", "recording_url", "talk_seconds", "verdict")


def check(heard: Heard) -> None:
    """Flag what the reports of a call contradict: their own times and words, each other, and what was heard live."""
    facts = heard.facts
    ends = facts.ended_at if heard.end_is_told else None
    answered = facts.outcome is Outcome.ANSWERED
    _check_times(heard, ends, answered)
    picked_up = {event.agent for event in heard.live if event.phase is State.TALKING}
    if picked_up and (not answered or _is_another(facts, picked_up)):
        heard.flags.add("live_disagrees")
    if len(heard.reports) > 1:
        _check_reports(heard.reports, heard.flags)


def _is_another(facts: CallFacts, picked_up: set[str]) -> bool:
    """Whether the report names one agent, and others were heard to pick up an incoming call."""
    named = facts.agent_number and facts.direction is Direction.INCOMING and "" not in picked_up
    return bool(named and facts.agent_number not in picked_up)


def _check_times(heard: Heard, ends: datetime | None, answered: bool) -> None:
    facts = heard.facts
    talk, picked_at = heard.told("talk_seconds"), facts.leg_b_picked_at
    if (
        _differ(facts.duration_seconds, facts.started_at, ends, by=_DURATION_SLACK_SECONDS)
        or (answered and _differ(talk, picked_at, ends, by=_TALK_SLACK_SECONDS))
        or (facts.started_at and ends and seconds_between(facts.started_at, ends) is None)
    ):
        heard.flags.add("times_disagree")
    if not answered and talk:
        heard.flags.add("talk_without_answer")
    if answered and not talk and picked_at is None and (talk == 0 or facts.leg_b_started_at):
        heard.flags.add("answer_without_pickup")


def _check_reports(reports: list[CallEvent], flags: set[str]) -> None:
    if len({event.says_answered for event in reports}) > 1:
        flags.add("reports_disagree")
    strongest = reports[-1]
    for other in reports[:-1]:
        if _weigh(other) == _weigh(strongest) and _corrects(strongest, other):
            flags.add("report_corrected")


def _weigh(event: CallEvent) -> tuple[object, ...]:
    return event.says_answered, event.ended_at, event.duration_seconds


def _corrects(later: CallEvent, earlier: CallEvent) -> bool:
    """Whether both tell the same thing differently. Of many phones that nobody picked up, each has its own report."""
    if not later.says_answered and later.agent and earlier.agent and later.agent != earlier.agent:
        return False
    pairs = [(getattr(later, name), getattr(earlier, name)) for name in _CORRECTED]
    return any(new != old and new not in (None, "") and old not in (None, "") for new, old in pairs)


def _differ(told: int | None, start: datetime | None, end: datetime | None, by: int) -> bool:
    """Whether a length that was told is not the time between two moments that were told too."""
    return told is not None and start is not None and end is not None and abs(told - (end - start).total_seconds()) > by
