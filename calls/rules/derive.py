"""The rules: what a call is, given the set of everything heard about it.

No Django, no clock, no database. The order in which deliveries came plays no part in how an ended call
looks; only while a call is live do arrival times stand in for moments that the provider has not told yet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from calls.phones import match_key
from calls.rules.events import CallEvent, Verdict
from calls.words import Direction, Outcome, State

MANY_EVENTS = 500
"""More events than any real call has: beyond it deliveries are quarantined instead of derived."""

# Bound once: to ask an enumeration for its member costs more than most of what is done with it here.
_UNKNOWN, _FROM_CUSTOMER = Direction.UNKNOWN, Direction.INCOMING
_IVR, _RINGING, _TALKING, _ENDED = State.IVR, State.RINGING, State.TALKING, State.ENDED
_ANSWERED, _UNMAPPED = Verdict.ANSWERED, Verdict.UNMAPPED

_NEVER = datetime.min.replace(tzinfo=UTC)
_LONGEST_CALL = timedelta(days=7)
_PHASES = {State.IVR: 0, State.DIALING: 1, State.RINGING: 2, State.TALKING: 3, State.ENDED: 4}

# Outcome and reason on incoming calls (design: "From the provider's words to ours").
_INCOMING = {
    Verdict.ABANDONED: (Outcome.ABANDONED, "all_busy"),
    Verdict.CANCELLED: (Outcome.ABANDONED, "hung_up"),
    Verdict.NO_ANSWER: (Outcome.MISSED, "rang_out"),
    Verdict.BUSY: (Outcome.MISSED, "busy"),
    Verdict.AGENT_ENGAGED: (Outcome.MISSED, "agent_engaged"),
    Verdict.AGENT_RINGING: (Outcome.MISSED, "agent_ringing"),
    Verdict.CONGESTION: (Outcome.FAILED, "congestion"),
    Verdict.UNREACHABLE: (Outcome.FAILED, "unreachable"),
    Verdict.AGENT_OFFLINE: (Outcome.FAILED, "agent_offline"),
    Verdict.BAD_DIAL: (Outcome.FAILED, "bad_dial"),
    Verdict.NOT_CONNECTED: (Outcome.IVR_ONLY, "not_forwarded"),
}
_CAUSES = {verdict: reason for verdict, (_, reason) in _INCOMING.items()}
_TERMINAL = (*_INCOMING, Verdict.AGENT_LEG, Verdict.CUSTOMER_LEG)


@dataclass(frozen=True, slots=True)
class Directory:
    """What is known of our own numbers: match key -> name of the call group they stand for, or ""."""

    agents: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)

    def is_agent(self, number: str) -> bool:
        return bool(number) and match_key(number) in self.agents

    def is_line(self, number: str) -> bool:
        return bool(number) and match_key(number) in self.lines


@dataclass(slots=True)
class CallFacts:
    """What a call is. The names and units are those of the model `Call`; `group` is a name."""

    direction: Direction = Direction.UNKNOWN
    state: State = State.IVR
    provisional: bool = False
    outcome: Outcome | None = None
    reason: str | None = None
    provider_status: str | None = None
    customer_number: str | None = None
    virtual_number: str | None = None
    agent_number: str | None = None
    agent_name: str | None = None
    group: str | None = None
    ring_attempts: list[dict[str, Any]] = field(default_factory=list)
    began_at: datetime = _NEVER
    started_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    wait_seconds: int | None = None
    talk_seconds: int | None = None
    duration_seconds: int | None = None
    coins: str | None = None
    recording_url: str | None = None
    roles_assumed: bool = False
    flags: list[str] = field(default_factory=list)
    set_by: dict[str, int] = field(default_factory=dict)
    heard_at: datetime = _NEVER


def derive(events: Iterable[CallEvent], directory: Directory | None = None) -> CallFacts:
    """Say what a call is, given everything heard about it.

    Providers repeat, reorder and contradict themselves, so this folds the *set* of events in an order of
    its own: per field a report outranks live events, then a filled value an empty one, then `standing`.
    """
    directory = directory or Directory()
    ordered = sorted(distinct(events), key=standing)
    cast = [event if event.roles_known else _with_roles(event, directory) for event in ordered]
    call = _Fold(cast, directory)
    return call.reported() if call.reports else call.live_only()


def distinct(events: Iterable[CallEvent]) -> list[CallEvent]:
    """The events without repeats: of those that say the same, the one that came first."""
    first: dict[str, CallEvent] = {}
    for event in events:
        known = first.get(event.content_key)
        if known is None or (event.received_at, event.delivery) < (known.received_at, known.delivery):
            first[event.content_key] = event
    return list(first.values())


def standing(event: CallEvent) -> tuple[Any, ...]:
    """The order of the fold, weakest first. An answered report outranks any other; the later end, the longer."""
    if event.is_report:
        return (
            1,
            event.says_answered,
            event.ended_at or _NEVER,
            -1 if event.duration_seconds is None else event.duration_seconds,
            event.content_key,
        )
    return (0, _PHASES.get(event.phase, -1) if event.phase else -1, event.started_at or _NEVER, 0, event.content_key)


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is who on one event, and whether that was assumed from the position of the fields."""

    direction: Direction
    customer: str
    agent: str
    line: str
    assumed: bool


def roles(event: CallEvent, directory: Directory) -> Roles:
    """Decide who is who by knowledge, not by position: lines first, then agents, then who remains.

    The provider's own sources contradict each other on outgoing calls, and only there.
    """
    customer, agent, line = event.customer, event.agent, event.line
    if event.roles_known:
        return Roles(event.direction, customer, agent, line, assumed=False)
    if line and not directory.is_line(line):
        if directory.is_line(customer):
            customer, line = line, customer
        elif directory.is_line(agent):
            agent, line = line, agent
    ours, theirs = directory.is_agent(agent), directory.is_agent(customer)
    if ours and theirs:
        return Roles(Direction.INTERNAL, customer, agent, line, assumed=False)
    if theirs:
        customer, agent = agent, customer
    return Roles(event.direction, customer, agent, line, assumed=not (ours or theirs))


def _with_roles(event: CallEvent, directory: Directory) -> CallEvent:
    found = roles(event, directory)
    return replace(
        event,
        direction=found.direction,
        customer=found.customer,
        agent=found.agent,
        line=found.line,
        roles_known=not found.assumed,
    )


_ATTEMPTS = {_RINGING: "ringing", _TALKING: "talking"}
_RANKS = {"ringing": 0, "talking": 1}


def _attempt_state(event: CallEvent) -> str | None:
    if event.closes_attempt:
        return _CAUSES.get(event.verdict, "closed") if event.verdict else None
    return _ATTEMPTS.get(event.phase) if event.phase else None


class _Fold:
    """The events of one call, weakest first, and what they add up to."""

    def __init__(self, events: list[CallEvent], directory: Directory) -> None:
        self.events = events
        self.directory = directory
        self.reports = [event for event in events if event.is_report]
        self.live = [event for event in events if not event.is_report]
        self.facts = CallFacts()
        self.flags: set[str] = set().union(*[event.flags for event in events])

    def take(self, name: str, of: str, among: list[CallEvent] | None = None, default: Any = None) -> Any:
        """The filled value of the strongest event, noted in `set_by`."""
        for event in reversed(self.events if among is None else among):
            value = getattr(event, of)
            # By identity: a group, or a caller, may well be called "unknown".
            if value is not None and value != "" and value is not _UNKNOWN:
                self.facts.set_by[name] = event.delivery
                return value
        return default

    @staticmethod
    def strongest(of: str, among: list[CallEvent]) -> CallEvent | None:
        """The strongest event that tells this length or moment."""
        for event in reversed(among):
            if getattr(event, of) is not None:
                return event
        return None

    def common(self) -> CallFacts:
        """What is folded the same way whether the call has ended or not."""
        facts = self.facts
        facts.direction = self.take("direction", "direction", default=_UNKNOWN)
        facts.customer_number = self.take("customer_number", "customer")
        facts.virtual_number = self.take("virtual_number", "line")
        facts.provider_status = self.take("provider_status", "word")
        facts.group = self.take("group", "group")
        facts.started_at = self.take("started_at", "started_at")
        heard = [event.received_at for event in self.events]
        facts.heard_at = max(heard)
        facts.began_at = facts.started_at or min(heard)
        named = next((event for event in reversed(self.events) if event.customer or event.agent), None)
        facts.roles_assumed = named is not None and not named.roles_known
        return facts

    def finish(self) -> CallFacts:
        """What rests on the facts found so far."""
        facts = self.facts
        if not facts.group and (inferred := self.inferred_group()):
            facts.group = inferred
            self.flags.add("group_inferred")
        facts.flags = sorted(self.flags)
        return facts

    def inferred_group(self) -> str | None:
        agent, line = self.facts.agent_number, self.facts.virtual_number
        return (
            self.directory.agents.get(match_key(agent) if agent else "")
            or self.directory.lines.get(match_key(line) if line else "")
            or None
        )

    # --- live -----------------------------------------------------------------------------------------

    def live_only(self) -> CallFacts:
        """A call without a report: still going on, or ended provisionally by a terminal word."""
        facts = self.common()
        phases = [event for event in self.live if event.phase]
        if phases:
            facts.state, facts.set_by["state"] = phases[-1].phase or _IVR, phases[-1].delivery
        attempts = self.attempts()
        facts.ring_attempts = [attempts[number] for number in sorted(attempts) if number]
        facts.agent_number = self.agent_now(attempts)
        facts.ringing_at = self.first_heard("ringing_at", _RINGING)
        facts.answered_at = self.first_heard("answered_at", _TALKING)
        if over := self.over(attempts):
            self.end_provisionally(over)
        return self.finish()

    def attempts(self) -> dict[str, dict[str, Any]]:
        """Each phone that rang for the customer: open, talking, or closed with a reason. "" is one unnamed."""
        found: dict[str, dict[str, Any]] = {}
        if self.facts.direction is not _FROM_CUSTOMER:
            return found
        rank: dict[str, int] = {}
        for event in self.live:
            state = _attempt_state(event)
            if state is None:
                continue
            known = found.get(event.agent)
            if known is None:
                known = found[event.agent] = {"agent_number": event.agent, "state": "", "at": event.received_at}
                rank[event.agent] = -1
            elif event.received_at < known["at"]:
                known["at"] = event.received_at
            new = _RANKS.get(state, 2)
            if new >= rank[event.agent]:
                rank[event.agent], known["state"] = new, state
        return found

    def agent_now(self, attempts: dict[str, dict[str, Any]]) -> str | None:
        """Who talks; else whose phone was last heard to ring; else who talked; outgoing: who dials."""
        if self.facts.direction is not _FROM_CUSTOMER:
            return self.take("agent_number", "agent")
        named = [attempt for number, attempt in attempts.items() if number]
        if not named:
            return None
        best = named[0]
        if len(named) > 1:
            talked = {event.agent for event in self.live if event.phase is _TALKING}

            def claim(attempt: dict[str, Any]) -> tuple[Any, ...]:
                number, state = attempt["agent_number"], attempt["state"]
                return (state == "talking", state == "ringing", number in talked, attempt["at"], number)

            best = max(named, key=claim)
        number = best["agent_number"]
        self.facts.set_by["agent_number"] = max([event.delivery for event in self.live if event.agent == number])
        return str(number)

    def first_heard(self, name: str, phase: State) -> datetime | None:
        """When we first heard that the call had come this far: stands in until the report tells."""
        heard = [event for event in self.live if event.phase and _PHASES[event.phase] >= _PHASES[phase]]
        if not heard:
            return None
        first = heard[0] if len(heard) == 1 else min(heard, key=lambda event: (event.received_at, event.content_key))
        self.facts.set_by[name] = first.delivery
        return first.received_at

    def over(self, attempts: dict[str, dict[str, Any]]) -> CallEvent | None:
        """The live event that ended the call, if no attempt is left open."""
        closing = [event for event in self.live if event.closes_attempt]
        if not closing:
            return None
        left = any(attempt["state"] in ("ringing", "talking") for attempt in attempts.values())
        if left and not any(event.verdict is Verdict.ABANDONED for event in closing):
            return None
        return min(closing, key=lambda e: (_order(e.verdict), e.content_key))

    def end_provisionally(self, over: CallEvent) -> None:
        facts = self.facts
        facts.state, facts.provisional, facts.provider_status = _ENDED, True, over.word
        facts.ended_at = max(event.received_at for event in self.live if event.closes_attempt)
        if facts.answered_at:
            facts.outcome, facts.reason = Outcome.ANSWERED, None
        else:
            facts.outcome, facts.reason = self.outcome(over)
        for name in ("state", "outcome", "reason", "ended_at", "provider_status"):
            facts.set_by[name] = over.delivery
        self.measure(facts.began_at)

    # --- report ---------------------------------------------------------------------------------------

    def reported(self) -> CallFacts:
        """A call with a report: ended, in the provider's own times. Live events only fill gaps."""
        facts, reports = self.common(), self.reports
        facts.state, facts.set_by["state"] = _ENDED, reports[-1].delivery
        facts.talk_seconds = self.take("talk_seconds", "talk_seconds", reports)
        facts.duration_seconds = self.take("duration_seconds", "duration_seconds", reports)
        facts.coins = self.take("coins", "coins", reports)
        facts.recording_url = self.take("recording_url", "recording_url", reports)
        self.say_outcome()
        self.say_times()
        self.say_agent()
        self.check()
        return self.finish()

    def say_outcome(self) -> None:
        facts = self.facts
        judge = self.judge()
        if any(event.verdict is _UNMAPPED for event in self.reports):
            self.flags.add("unmapped_word")
        facts.outcome, facts.reason = self.outcome(judge)
        facts.set_by["outcome"] = facts.set_by["reason"] = judge.delivery
        if any(event.voicemail for event in self.reports):
            facts.reason = "voicemail"

    def judge(self) -> CallEvent:
        """The report that says how the call went: an answered one, else the strongest whose word we know."""
        strongest = self.reports[::-1]
        telling = [event for event in strongest if event.says_answered or event.verdict not in (None, _UNMAPPED)]
        worded = [event for event in strongest if event.verdict]
        return (telling or worded or strongest)[0]

    def outcome(self, judge: CallEvent) -> tuple[Outcome, str | None]:
        """How it went, from the strongest word, the direction and the legs."""
        verdict, direction = judge.verdict, self.facts.direction
        if verdict is _ANSWERED:
            return Outcome.ANSWERED, f"{judge.ended_by}_hung_up" if judge.ended_by else None
        if verdict in _INCOMING and direction is _FROM_CUSTOMER:
            return _INCOMING[verdict]
        if verdict in _TERMINAL and direction in (Direction.OUTGOING, Direction.INTERNAL):
            return self.outgoing_outcome(judge)
        return self.unmapped_outcome(judge)

    def unmapped_outcome(self, judge: CallEvent) -> tuple[Outcome, str | None]:
        """A word that means nothing here: what the times say, else unknown, with the word for a reason."""
        if judge.verdict:
            self.flags.add("unmapped_word")
        if any(event.says_answered for event in self.reports):
            return Outcome.ANSWERED, None
        if self.facts.direction in (Direction.OUTGOING, Direction.INTERNAL) and self.agent_picked():
            return Outcome.CUSTOMER_MISSED, _CAUSES.get(judge.cause) if judge.cause else None
        return Outcome.UNKNOWN, (judge.word or None) and judge.word[:40]

    def outgoing_outcome(self, judge: CallEvent) -> tuple[Outcome, str | None]:
        """Whose phone was not picked up: the word names the leg, or the legs' own times tell."""
        verdict = judge.verdict
        reason = _CAUSES.get(judge.cause or verdict or _UNMAPPED)
        if verdict is Verdict.BAD_DIAL:
            return Outcome.FAILED, reason
        if verdict is Verdict.AGENT_LEG:
            return Outcome.AGENT_MISSED, reason
        if verdict is Verdict.CUSTOMER_LEG:
            return Outcome.CUSTOMER_MISSED, reason
        return (Outcome.CUSTOMER_MISSED if self.agent_picked() else Outcome.AGENT_MISSED), reason

    def agent_picked(self) -> bool:
        """Outgoing: the agent's own leg was up, by the report's times or by a live event that follows it."""
        return any(event.leg_a_picked_at for event in self.reports) or any(
            event.phase in (_RINGING, _TALKING) for event in self.live
        )

    def say_times(self) -> None:
        """The provider's own moments; what is missing follows from its lengths, and arrival is the last resort."""
        facts, reports = self.facts, self.reports
        facts.ended_at = self.take("ended_at", "ended_at", reports)
        if facts.ended_at is None and facts.started_at and facts.duration_seconds is not None:
            facts.ended_at = facts.started_at + timedelta(seconds=facts.duration_seconds)
        if facts.ended_at is None:
            facts.ended_at = min(event.received_at for event in reports)
            self.flags.add("end_time_assumed")
        facts.ringing_at = self.take("ringing_at", "leg_b_started_at", reports)
        if facts.outcome is Outcome.ANSWERED:
            facts.answered_at = self.take("answered_at", "leg_b_picked_at", reports)
            if facts.answered_at is None and facts.talk_seconds and "end_time_assumed" not in self.flags:
                facts.answered_at = facts.ended_at - timedelta(seconds=facts.talk_seconds)
        self.measure(self.take("wait_seconds", "leg_a_picked_at", reports) or facts.started_at)
        if facts.wait_seconds is None:
            facts.set_by.pop("wait_seconds", None)

    def measure(self, clock_start: datetime | None) -> None:
        """Lengths that the provider did not give. The wait runs from the pick-up by the platform."""
        facts = self.facts
        assumed = "end_time_assumed" in self.flags
        if facts.direction is _FROM_CUSTOMER and facts.outcome is not Outcome.IVR_ONLY:
            answered = facts.outcome is Outcome.ANSWERED
            until = facts.answered_at if answered else None if assumed else facts.ended_at
            facts.wait_seconds = _seconds(clock_start, until)
        if facts.talk_seconds is None and facts.answered_at:
            facts.talk_seconds = _seconds(facts.answered_at, facts.ended_at)
        if facts.duration_seconds is None and facts.started_at and not assumed:
            facts.duration_seconds = _seconds(facts.started_at, facts.ended_at)

    def say_agent(self) -> None:
        """Credit the agent whom the report names; on an answered call, else the one who was heard to pick up."""
        facts = self.facts
        attempts = self.attempts()
        facts.agent_number = self.take("agent_number", "agent", self.reports)
        answered = facts.outcome is Outcome.ANSWERED
        if facts.agent_number is None and (answered or facts.direction is not _FROM_CUSTOMER):
            talking = [event for event in self.live if event.phase is _TALKING or event.direction != "incoming"]
            facts.agent_number = self.take("agent_number", "agent", talking)
        of_agent = [event for event in self.reports if event.agent in ("", facts.agent_number or "")]
        facts.agent_name = self.take("agent_name", "agent_name", of_agent)
        for number, attempt in attempts.items():
            if answered and number == facts.agent_number:
                attempt["state"] = "talking"
            elif attempt["state"] in ("ringing", "talking"):
                attempt["state"] = "not_taken"
        facts.ring_attempts = [attempts[number] for number in sorted(attempts) if number]

    def check(self) -> None:
        """Name what does not add up; nothing is corrected silently."""
        facts = self.facts
        told = {of: self.strongest(of, self.reports) for of in ("talk_seconds", "leg_b_picked_at")}
        talk = told["talk_seconds"].talk_seconds if told["talk_seconds"] else None
        picked = told["leg_b_picked_at"].leg_b_picked_at if told["leg_b_picked_at"] else None
        ends = None if "end_time_assumed" in self.flags else facts.ended_at
        answered = facts.outcome is Outcome.ANSWERED
        if (
            _differ(facts.duration_seconds, facts.started_at, ends, by=1)
            or (answered and _differ(talk, picked, ends, by=2))
            or (facts.started_at and ends and _seconds(facts.started_at, ends) is None)
        ):
            self.flags.add("times_disagree")
        if not answered and talk:
            self.flags.add("talk_without_answer")
        if len({event.says_answered for event in self.reports}) > 1:
            self.flags.add("reports_disagree")


def _order(verdict: Verdict | None) -> int:
    return _TERMINAL.index(verdict) if verdict in _TERMINAL else len(_TERMINAL)


def _differ(told: int | None, start: datetime | None, end: datetime | None, by: int) -> bool:
    """Whether a length that was told is not the time between two moments that were told too."""
    return told is not None and start is not None and end is not None and abs(told - (end - start).total_seconds()) > by


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds between two moments; None where one is unknown, the clocks run backwards or lie weeks apart."""
    if start is None or end is None or not timedelta() <= end - start <= _LONGEST_CALL:
        return None
    return int((end - start).total_seconds())


# --- what a call teaches, and how it came to be -----------------------------------------------------------


class Lessons(NamedTuple):
    """What one event proves of our own numbers, whatever else is known."""

    agent: str = ""
    line: str = ""


def teaches(event: CallEvent) -> Lessons:
    """On an answered incoming call the number that was rung is an agent; the number called is a line of ours."""
    if event.direction is not _FROM_CUSTOMER:
        return Lessons()
    answered = event.says_answered if event.is_report else event.phase is _TALKING
    return Lessons(agent=event.agent if answered else "", line=event.line)


SHOWN = tuple(name for name in CallFacts.__dataclass_fields__ if name not in ("set_by", "heard_at"))


@dataclass(frozen=True, slots=True)
class Step:
    """One delivery's part in the story: (field, from, to) of what it changed, and the fields it said in vain."""

    delivery: int
    changed: list[tuple[str, Any, Any]]
    ignored: list[str]


_SAYS = {
    "customer": "customer_number",
    "agent": "agent_number",
    "agent_name": "agent_name",
    "line": "virtual_number",
    "group": "group",
    "word": "provider_status",
    "started_at": "started_at",
    "ended_at": "ended_at",
    "talk_seconds": "talk_seconds",
    "duration_seconds": "duration_seconds",
    "coins": "coins",
    "recording_url": "recording_url",
}


def story(events: Iterable[CallEvent], directory: Directory | None = None) -> list[Step]:
    """Tell how the call came to be what it is: what each delivery changed, in order of arrival.

    A field is `ignored` where the delivery says something else than what the call then shows.
    """
    steps: list[Step] = []
    known: list[CallEvent] = []
    before: CallFacts | None = None
    for event in sorted(events, key=lambda event: (event.received_at, event.delivery)):
        known.append(event)
        after = derive(known, directory)
        changed = _changes(before, after)
        cast = _with_roles(event, directory or Directory())
        ignored = [
            field_name
            for said, field_name in _SAYS.items()
            if getattr(cast, said) not in (None, "") and getattr(cast, said) != getattr(after, field_name)
        ]
        if event.phase and _PHASES[event.phase] < _PHASES[after.state]:
            ignored.append("state")
        steps.append(Step(event.delivery, changed, ignored))
        before = after
    return steps


def _changes(before: CallFacts | None, after: CallFacts) -> list[tuple[str, Any, Any]]:
    pairs = [(name, getattr(before, name) if before else None, getattr(after, name)) for name in SHOWN]
    return [(name, old, new) for name, old, new in pairs if old != new and (before or new not in (None, False, []))]
