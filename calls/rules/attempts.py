"""Ring attempts: each ring of each phone, who talks, and the end of a call that nobody reported yet.

A live event has no time of its own: what came after what is told by arrival, and two events that came within
`OVERTAKING` may have come in the wrong order. Once a call has its report, arrival plays no part: what was said once
means the same in every order, and only a repeat that is news (`rules.repeats`) is a further ring.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter
from typing import Any

from calls.rules.events import CallEvent, Verdict
from calls.rules.facts import Heard
from calls.rules.outcomes import REASONS, TERMINAL
from calls.words import Direction, State

OVERTAKING = timedelta(seconds=2)
"""Two events that came within this of each other may have come in the wrong order."""
MOST_ATTEMPTS = 32
"""A call shows its latest attempts, at most so many."""

RINGING, TALKING, TALKED, NOT_TAKEN, RANG_OUT = "ringing", "talking", "talked", "not_taken", "rang_out"
_OPEN = (RINGING, TALKING)
_TAKEN = (TALKING, TALKED)
_NO_RING = frozenset(
    REASONS[verdict]
    for verdict in (
        *(Verdict.BUSY, Verdict.AGENT_ENGAGED, Verdict.AGENT_RINGING, Verdict.CONGESTION, Verdict.UNREACHABLE),
        *(Verdict.AGENT_OFFLINE, Verdict.BAD_DIAL, Verdict.NOT_CONNECTED),
    )
)
"""The states of attempts at phones that did not ring: they were busy, or could not be reached."""
_INCOMING = Direction.INCOMING
_RING, _CLOSE, _PICK = 1, 2, 3
_KINDS = {State.RINGING: _RING, State.TALKING: _PICK}
_ABANDONED = Verdict.ABANDONED
_step_order, _shown_order = itemgetter(0, 1, 2), attrgetter("agent", "at")
_HANG_UPS = (Verdict.CANCELLED, _ABANDONED, Verdict.AGENT_LEG, Verdict.CUSTOMER_LEG)
"""Words that end a talk. The others say why a phone was not picked up, and a pick-up outranks them."""


@dataclass(slots=True)
class Attempt:
    """One ring of one phone; `at` is when we first heard of it.

    `rung`: its ring was heard, and not only its end. `told`: a word about this phone ended it. A talk that was
    handed over ended untold.
    """

    agent: str
    at: datetime
    state: str
    rung: bool = False
    told: bool = False
    verdict: Verdict | None = None
    picked_at: datetime | None = None
    ended_at: datetime | None = None
    talk_seconds: int | None = None

    @property
    def open(self) -> bool:
        return self.state in _OPEN

    @property
    def since(self) -> datetime:
        """When the phone was picked up; before that, when we first heard of its ring (UTC)."""
        return self.picked_at or self.at

    def close(self, verdict: Verdict | None, at: datetime) -> None:
        """End it unanswered. Of several words, the one that says most is the reason."""
        if not self.told or _order(verdict) < _order(self.verdict):
            self.verdict = verdict
            self.state = REASONS.get(verdict, "closed") if verdict else "closed"
        self.told, self.ended_at = True, at

    def shown(self) -> dict[str, Any]:
        """{agent_number, state, at (UTC)}, and talk_seconds where somebody talked and the length is known."""
        said: dict[str, Any] = {"agent_number": self.agent, "state": self.state, "at": self.at}
        talked = self.talk_seconds
        if talked is None and self.state == TALKED and self.picked_at and self.ended_at:
            talked = int((self.ended_at - self.picked_at).total_seconds())
        if talked is not None:
            said["talk_seconds"] = talked
        return said


class Attempts:
    """The attempts of an incoming call, in the order in which they were first heard of."""

    __slots__ = ("_latest", "_settled", "all")

    def __init__(self, live: Iterable[CallEvent], settled: bool) -> None:
        """`settled` says that the call has its report."""
        self.all: list[Attempt] = []
        self._latest: dict[str, Attempt] = {}
        self._settled = settled
        steps = [(event.received_at, kind, event.content_key, event) for event in live if (kind := _kind(event))]
        if len(steps) > 1:
            steps.sort(key=_step_order)
        seen: set[str] = set()
        for at, kind, key, event in steps:
            known = self._latest.get(event.agent)
            if kind is _RING:
                self._ring(known, event, at, repeated=key in seen)
            elif kind is _CLOSE:
                self._close(known, event, at)
            else:
                self._pick(known, event, at)
            seen.add(key)

    def _ring(self, known: Attempt | None, event: CallEvent, at: datetime, repeated: bool) -> None:
        if known is None or self._rings_again(known, at, repeated):
            if known is not None and known.state == RINGING:
                known.state, known.ended_at = RANG_OUT, at  # nobody told, but it rings anew
            known = self.add(Attempt(event.agent, at, RINGING))
        known.rung = True

    def _rings_again(self, known: Attempt, at: datetime, repeated: bool) -> bool:
        """Whether a ring is a further one, and not the one known already, or overtaken by its own end."""
        if known.ended_at is None:
            return repeated and known.state == RINGING
        late = not self._settled and at - known.ended_at > OVERTAKING
        return late or (repeated and (known.rung or known.state == TALKED))

    def _close(self, known: Attempt | None, event: CallEvent, at: datetime) -> None:
        if known is None:
            self.add(Attempt(event.agent, at, "closed")).close(event.verdict, at)
        elif known.state == TALKED:
            known.told = True
        elif known.state == TALKING:
            if event.verdict in _HANG_UPS and at - known.since > OVERTAKING and not self._settled:
                self._hang_up(known, at)
        else:
            before = self._overtaken(known, at)
            (before or known).close(event.verdict, at)

    def _overtaken(self, known: Attempt, at: datetime) -> Attempt | None:
        """The ring before, where its end comes just after the next ring has begun."""
        if known.state != RINGING or at - known.at > OVERTAKING:
            return None
        earlier = [each for each in self.all if each.agent == known.agent and each is not known]
        return earlier[-1] if earlier and earlier[-1].state == RANG_OUT and not earlier[-1].told else None

    def _hang_up(self, known: Attempt, at: datetime) -> None:
        """Who handed the call over to this agent may have it back: it is over when everybody's end was told."""
        known.state, known.told, known.ended_at = TALKED, True, at
        given = [each for each in self.all if each.state == TALKED and not each.told]
        if given:
            back = max(given, key=lambda each: each.since)
            back.state, back.ended_at = TALKING, None

    def _pick(self, known: Attempt | None, event: CallEvent, at: datetime) -> None:
        if known is None or self._picks_again(known, at):
            known = self.add(Attempt(event.agent, at, TALKING))
        elif known.state == TALKING:
            return
        known.state, known.picked_at, known.ended_at, known.told = TALKING, at, None, False
        if not self._settled:
            for other in self.all:
                if other.open and other is not known:  # it stops ringing, or has handed over
                    other.state, other.ended_at = TALKED if other.picked_at else NOT_TAKEN, at

    def _picks_again(self, known: Attempt, at: datetime) -> bool:
        """A pick-up long after the end of a ring belongs to one that we did not hear."""
        return known.ended_at is not None and not self._settled and at - known.ended_at > OVERTAKING

    def end_rings(self, agents: set[str]) -> None:
        """The phones of these agents ring no more: they have their reports."""
        for each in self.all:
            if each.agent in agents and each.state == RINGING:
                each.state = NOT_TAKEN

    # --- what they come to ---------------------------------------------------------------------------------

    def latest(self, agent: str | None) -> Attempt | None:
        return self._latest.get(agent) if agent else None

    def add(self, attempt: Attempt) -> Attempt:
        """Take one that no live event told of."""
        self._latest[attempt.agent] = attempt
        self.all.append(attempt)
        return attempt

    @property
    def talking(self) -> Attempt | None:
        return next((each for each in self.all if each.state == TALKING), None)

    def shown(self) -> list[dict[str, Any]]:
        """The latest attempts of named agents, by number and time."""
        if not self.all:
            return []
        named = [each for each in self.all if each.agent][-MOST_ATTEMPTS:]
        if len(named) > 1:
            named.sort(key=_shown_order)
        return [each.shown() for each in named]

    def left(self, gave_up_at: datetime | None) -> bool:
        """Whether a phone still rings or somebody talks; what was heard of long after the customer gave up counts."""
        return any(each.open and (gave_up_at is None or each.since - gave_up_at > OVERTAKING) for each in self.all)


def was_taken(state: str) -> bool | None:
    """Whether the agent picked up, by the state of an attempt; None of a phone that rings still, or did not ring."""
    return None if state == RINGING or state in _NO_RING else state in _TAKEN


def _kind(event: CallEvent) -> int | None:
    if event.verdict and event.closes_attempt:
        return _CLOSE
    return _KINDS.get(event.phase) if event.phase else None


def attempts_of(heard: Heard, settled: bool = False) -> Attempts:
    """Each ring of each phone. None on calls that we make."""
    return Attempts(heard.live if heard.facts.direction is _INCOMING else (), settled)


def agent_now(heard: Heard, attempts: Attempts) -> str | None:
    """Who talks; else whose phone was last heard to ring; else who talked; on calls that we make, who dials."""
    if heard.facts.direction is not _INCOMING:
        agent: str | None = heard.take("agent_number", "agent")
        return agent
    named = [attempt for attempt in attempts.all if attempt.agent]
    if not named:
        return None
    number = named[0].agent if len(named) == 1 else max(named, key=_claim).agent
    heard.facts.set_by["agent_number"] = max([event.delivery for event in heard.live if event.agent == number])
    return number


def _claim(attempt: Attempt) -> tuple[Any, ...]:
    state = attempt.state
    return (state == TALKING, state == RINGING, attempt.picked_at is not None, attempt.since, attempt.agent)


def closing_event(heard: Heard, attempts: Attempts) -> CallEvent | None:
    """The live event that ended the call, if no attempt is left open."""
    closing = [event for event in heard.live if event.closes_attempt]
    if heard.facts.direction is not _INCOMING and any(event.phase is State.TALKING for event in heard.live):
        closing = [event for event in closing if event.verdict in _HANG_UPS]
    if not closing:
        return None
    gave_up_at = max((event.received_at for event in closing if event.verdict is _ABANDONED), default=None)
    if attempts.left(gave_up_at):
        return None
    return min(closing, key=lambda event: (_order(event.verdict), event.content_key, event.received_at))


def _order(verdict: Verdict | None) -> int:
    return TERMINAL.index(verdict) if verdict in TERMINAL else len(TERMINAL)
