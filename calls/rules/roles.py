"""Who is who: customer, agent and line of an event, the group they stand for, and what a call teaches of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from calls.phones import is_masked, match_key
from calls.rules.events import CallEvent
from calls.rules.facts import CallFacts
from calls.words import Direction, State

_FROM_CUSTOMER, _TALKING = Direction.INCOMING, State.TALKING


@dataclass(frozen=True, slots=True)
class Directory:
    """What is known of our own numbers: match key -> name of the call group they stand for, or ""."""

    agents: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)

    def is_agent(self, number: str) -> bool:
        return bool(number) and match_key(number) in self.agents

    def is_line(self, number: str) -> bool:
        return bool(number) and match_key(number) in self.lines


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

    The provider's own sources contradict each other on outgoing calls, and only there (docs/webhooks.md).
    """
    customer, agent, line = event.customer, event.agent, event.line
    if event.roles_known:
        return Roles(event.direction, customer, agent, line, assumed=False)
    customer, agent, line = _with_line(customer, agent, line, directory)
    ours, theirs = directory.is_agent(agent), directory.is_agent(customer)
    if ours and theirs and not _same(agent, customer):
        return Roles(Direction.INTERNAL, customer, agent, line, assumed=False)
    if theirs:
        customer, agent = ("", agent) if ours else (agent, customer)
    if theirs and not customer and line and not directory.is_line(line):
        customer, line = line, ""
    return Roles(event.direction, customer, agent, line, assumed=not (ours or theirs))


def _same(one: str, other: str) -> bool:
    return bool(one) and (one == other or match_key(one) == match_key(other))


def _with_line(customer: str, agent: str, line: str, directory: Directory) -> tuple[str, str, str]:
    """The three numbers, with a known line in the line's place, wherever it stands, and what stood there in its."""
    if directory.is_line(line):
        return "" if _same(customer, line) else customer, "" if _same(agent, line) else agent, line
    if directory.is_line(customer):
        return line, "" if _same(agent, customer) else agent, customer
    if directory.is_line(agent):
        return customer, line, agent
    if directory.is_agent(line) and not directory.is_agent(agent) and not directory.is_agent(customer):
        return customer, line, agent
    return customer, agent, line


def with_roles(event: CallEvent, directory: Directory) -> CallEvent:
    found = roles(event, directory)
    first = event.customer if event.customer_first else event.agent
    return replace(
        event,
        direction=found.direction,
        customer=found.customer,
        agent=found.agent,
        line=found.line,
        roles_known=not found.assumed,
        customer_first=bool(first) and first == found.customer,
    )


def inferred_group(facts: CallFacts, directory: Directory) -> str | None:
    """The group that the directory names for the call's agent, else for its line."""
    agent, line = facts.agent_number, facts.virtual_number
    return (
        directory.agents.get(match_key(agent) if agent else "")
        or directory.lines.get(match_key(line) if line else "")
        or None
    )


class Lessons(NamedTuple):
    """What one event proves of our own numbers, whatever else is known."""

    agent: str = ""
    line: str = ""


def teaches(event: CallEvent) -> Lessons:
    """On an answered incoming call the number that was rung is an agent; the number called is a line of ours."""
    if event.direction is not _FROM_CUSTOMER:
        return Lessons()
    answered = event.says_answered if event.is_report else event.phase is _TALKING
    return Lessons(agent=_known_whole(event.agent) if answered else "", line=_known_whole(event.line))


def _known_whole(number: str) -> str:
    """The number, unless some of its digits are hidden: it could be many people's."""
    return "" if is_masked(number) else number
