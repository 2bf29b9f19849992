"""What a call is, given everything heard about it: the one door of the rules.

No Django, no clock, no database. A call with its report depends on the set of its deliveries alone. A live call
depends on when they came only where the provider gives no time: what followed what, and moments not told yet.
Arrival is stored with each delivery, so the same deliveries always make the same call.
"""

from collections.abc import Iterable
from typing import Any

from calls.rules.attempts import agent_now, attempts_of, closing_event
from calls.rules.clocks import put_right, say_when_it_began
from calls.rules.contradictions import check
from calls.rules.credits import credit_agents
from calls.rules.events import CallEvent
from calls.rules.facts import NEVER, CallFacts, Heard, also_said
from calls.rules.masked import name_who_said_it, with_full_numbers
from calls.rules.outcomes import outcome, say_outcome
from calls.rules.repeats import distinct
from calls.rules.roles import Directory, inferred_group, with_roles
from calls.rules.stretches import REPORT_OF_ANOTHER, add_up, parts_of, waits_for
from calls.rules.times import PHASES, first_heard, measure, measure_reported, say_moments
from calls.words import Direction, Outcome, State

MOST_EVENTS_OF_A_CALL = 500
"""More events than any real call has: beyond it deliveries are quarantined instead of derived."""

_UNKNOWN = Direction.UNKNOWN
_IVR, _RINGING, _TALKING, _ENDED = State.IVR, State.RINGING, State.TALKING, State.ENDED


def derive(events: Iterable[CallEvent], directory: Directory | None = None) -> CallFacts:
    """Say what a call is, given everything heard about it.

    Providers repeat, reorder and contradict themselves, so this folds the *set* of events in an order of
    its own: per field a report outranks live events, then a filled value an empty one, then `standing`.
    """
    directory = directory or Directory()
    said = distinct(events)
    said.sort(key=standing)
    ordered = with_full_numbers(said)
    heard = Heard([event if event.roles_known else with_roles(event, directory) for event in ordered])
    if not heard.reports:
        _live_only(heard)
    elif waits_for(heard):
        heard.flags.add(REPORT_OF_ANOTHER)
        _live_only(heard)
    else:
        _reported(heard)
    facts = _finished(heard, directory)
    if ordered is not said:
        name_who_said_it(facts, said)
    return facts


def standing(event: CallEvent) -> tuple[Any, ...]:
    """The order of the fold, weakest first. An answered report outranks any other; the later end, the longer.

    Of reports that are equal in this the one that was first heard later counts: it corrects the other.
    """
    if event.is_report:
        length = -1 if event.duration_seconds is None else event.duration_seconds
        told = (1, event.says_answered, event.ended_at or NEVER, length)
        return (*told, event.received_at, event.delivery, event.content_key)
    phase = PHASES.get(event.phase, -1) if event.phase else -1
    return (0, phase, event.started_at or NEVER, 0, event.content_key, event.received_at, event.delivery)


def _say_what_is_common(heard: Heard) -> None:
    """What is folded the same way whether the call has ended or not."""
    facts = heard.facts
    facts.direction = heard.take("direction", "direction", default=_UNKNOWN)
    facts.customer_number = heard.take("customer_number", "customer")
    facts.virtual_number = heard.take("virtual_number", "line")
    facts.group = heard.take("group", "group")
    facts.campaign_id = heard.take("campaign_id", "campaign_id")
    also_said(heard)
    facts.started_at = heard.take("started_at", "started_at")
    arrivals = [event.received_at for event in heard.events]
    facts.heard_at = max(arrivals)
    say_when_it_began(heard, min(arrivals))
    named = [event for event in heard.events if event.customer or event.agent]
    facts.roles_assumed = bool(named) and not named[-1].roles_known


def _live_only(heard: Heard) -> None:
    """A call without a report of its own: still going on, or ended provisionally by a terminal word."""
    _say_what_is_common(heard)
    facts = heard.facts
    facts.provider_status = heard.take("provider_status", "word", heard.live)
    phases = [event for event in heard.live if event.phase]
    if phases:
        facts.state, facts.set_by["state"] = phases[-1].phase or _IVR, phases[-1].delivery
    attempts = attempts_of(heard)
    if heard.reports:
        attempts.end_rings({event.agent for event in heard.reports})
    facts.ring_attempts = attempts.shown()
    facts.agent_number = agent_now(heard, attempts)
    facts.ringing_at = first_heard(heard, "ringing_at", _RINGING)
    facts.answered_at = first_heard(heard, "answered_at", _TALKING)
    if closing := closing_event(heard, attempts):
        _end_provisionally(heard, closing)


def _end_provisionally(heard: Heard, closing: CallEvent) -> None:
    facts = heard.facts
    facts.state, facts.provisional, facts.provider_status = _ENDED, True, closing.word
    facts.ended_at = max(event.received_at for event in heard.live if event.closes_attempt)
    if facts.answered_at:
        facts.outcome, facts.reason = Outcome.ANSWERED, None
    else:
        facts.outcome, facts.reason = outcome(heard, closing)
    for name in ("state", "outcome", "reason", "ended_at", "provider_status"):
        facts.set_by[name] = closing.delivery
    measure(heard, facts.began_at)


def _reported(heard: Heard) -> None:
    """A call with a report: ended, in the provider's own times. Live events only fill gaps."""
    _say_what_is_common(heard)
    facts, reports = heard.facts, heard.reports
    facts.state, facts.set_by["state"] = _ENDED, reports[-1].delivery
    facts.talk_seconds = heard.take("talk_seconds", "talk_seconds", reports)
    facts.duration_seconds = heard.take("duration_seconds", "duration_seconds", reports)
    facts.provider_status = heard.take("provider_status", "word")
    facts.coins = heard.take("coins", "coins", reports)
    facts.recording_url = heard.take("recording_url", "recording_url", reports)
    facts.error_code = heard.take("error_code", "error_code", reports)
    for leg in ("leg_a_picked_at", "leg_b_started_at", "leg_b_picked_at"):
        setattr(facts, leg, heard.take(leg, leg, reports))
    say_outcome(heard)
    say_moments(heard)
    parts = parts_of(reports)
    if parts:
        add_up(heard, parts)
    measure_reported(heard, parts)
    credit_agents(heard, parts)
    check(heard)
    put_right(heard)


def _finished(heard: Heard, directory: Directory) -> CallFacts:
    """The facts, with what rests on those found so far."""
    facts = heard.facts
    if not facts.group and (inferred := inferred_group(facts, directory)):
        facts.group = inferred
        heard.flags.add("group_inferred")
    facts.flags = sorted(heard.flags)
    return facts
