"""Reports of several agents: each tells one agent's part of a call that was handed on, or of a ring of many phones."""

from datetime import datetime, timedelta
from itertools import pairwise

from calls.rules.attempts import Attempts
from calls.rules.events import CallEvent
from calls.rules.facts import NEVER, Heard
from calls.words import Direction, Outcome, State

HAND_OVER = timedelta(seconds=15)
"""A report that ends later than this after another agent picked up tells of that agent's talk, too."""
TOUCHING = timedelta(seconds=2)
"""Talks that overlap by no more than this followed each other."""

REPORT_OF_ANOTHER = "report_of_another"
"""The flag of a call whose reports name others than the agent who talks."""

_INCOMING, _TALKING = Direction.INCOMING, State.TALKING


def waits_for(heard: Heard) -> str:
    """The agent who picked up and whom no report names yet: the reports that came tell of others. "" for nobody.

    Such a call is not over. Reports of phones that were not picked up end no talk of another agent; an answered
    report ends it, unless its own agent was heard to pick up, and this one took the call over just before its end.
    """
    picks = [event for event in heard.live if event.phase is _TALKING and event.direction is _INCOMING]
    if not picks:
        return ""
    picked_up = {event.agent for event in picks}
    reported = {event.agent for event in heard.reports}
    if not picked_up - reported - {""}:
        return ""
    if not all(agent.removeprefix("+").isdigit() for agent in reported):
        return ""  # one of them speaks of the whole call, or masks whom it names
    attempts = Attempts(heard.live, settled=False)
    mine = [each for each in attempts.all if each.picked_at and each.agent and each.agent not in reported]
    answered = [event for event in heard.reports if event.says_answered]
    if not answered:
        return mine[-1].agent
    last = attempts.talking
    if last is None or last not in mine:
        return ""
    whole = any(report.agent not in picked_up or _covers(report, last.at, last.since) for report in answered)
    return "" if whole else last.agent


def _covers(report: CallEvent, heard_at: datetime, picked_at: datetime) -> bool:
    """Whether an answered report is also that of an agent who picked up then; of one heard of later it always is."""
    return report.ended_at is None or heard_at >= report.received_at or report.ended_at - picked_at > HAND_OVER


def parts_of(reports: list[CallEvent]) -> list[CallEvent]:
    """The strongest report of each agent, as their parts began. Empty where they name fewer than two."""
    if len(reports) < 2:
        return []
    strongest = {event.agent: event for event in reports if event.agent}
    if len(strongest) < 2:
        return []
    return sorted(strongest.values(), key=lambda event: (_talk(event) or (event.started_at or NEVER,), event.agent))


def add_up(heard: Heard, parts: list[CallEvent]) -> None:
    """Say when the whole call was and how long all talked, where several agents have reports."""
    facts = heard.facts
    first = min((part for part in parts if part.started_at), key=_started, default=None)
    if first and facts.started_at and _started(first) < facts.started_at:
        facts.started_at, facts.set_by["started_at"] = first.started_at, first.delivery
        facts.began_at, facts.duration_seconds = _started(first), None
    talks = [talk for part in parts if part.says_answered and (talk := _talk(part))]
    if facts.outcome is not Outcome.ANSWERED or len(talks) < 2:
        return
    if any(later[0] - earlier[1] < -TOUCHING for earlier, later in pairwise(talks)):
        heard.flags.add("reports_disagree")
        return
    facts.answered_at = talks[0][0]
    facts.talk_seconds = sum(part.talk_seconds or 0 for part in parts if part.says_answered)
    heard.flags.add("handed_over")


def _started(event: CallEvent) -> datetime:
    return event.started_at or NEVER


def _talk(event: CallEvent) -> tuple[datetime, datetime] | None:
    """From when to when its agent talked, as far as an answered report tells."""
    if not event.says_answered or event.ended_at is None:
        return None
    if event.leg_b_picked_at:
        return event.leg_b_picked_at, event.ended_at
    return (event.ended_at - timedelta(seconds=event.talk_seconds), event.ended_at) if event.talk_seconds else None
