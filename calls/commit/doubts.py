"""Doubts: an agent who talks in two live calls has left one of them, and nobody told. The older one is doubted.

It is the one thing that a call's row shows and its own deliveries do not tell. It is found whenever a call of an agent
changes who talks, for all live calls in which this agent talks, and goes when one of them ends.

A number that is no one person (a trunk, a hunt number) is in several calls at once as a matter of course: see
`talks_in_several`.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from django.db import connection

from calls.commit.call_rows import agent_of
from calls.commit.live_cache import Stored
from calls.commit.matching import MatchedCall
from calls.database.bulk import moment_from, select
from calls.rules.facts import CallFacts
from calls.words import State

AGENT_ELSEWHERE = "agent_elsewhere"
"""The flag of a live call whose agent has picked up another one since."""
LOOKED_BACK = timedelta(hours=24)
"""Calls that began longer before the one that changed are looked at no more: boards have lost them, too."""
MOST_CALLS = 500
PICKED_UP, PICKED_UP_WITHIN = 5, timedelta(minutes=5)
"""Who picked up so many calls within this, and talks in all of them still, is no one person."""
LATEST_TALKS, TALKS_AT_ONCE, TALKS_WITHIN = 20, 3, timedelta(days=7)
"""Nor is who began so many of the latest talks while in another one, by their reports."""
OVERLAP = timedelta(seconds=10)

# In the words of the index of live calls, and without parameters there: else SQLite does not see that it may use it,
# and reads all that the agents did on this day.
_TALKING = f"""
SELECT id, ref, source_id, agent_number, answered_at, CAST(flags AS text) FROM calls_call
WHERE state = '{State.TALKING}' AND NOT (state = '{State.ENDED}') AND merged_into_id IS NULL
AND agent_number IN %s AND began_at > %s AND source_id IN %s
ORDER BY id DESC LIMIT %s
"""  # noqa: S608
_TALKED = f"""
SELECT answered_at, ended_at, ring_attempts FROM calls_call
WHERE agent_number = %s AND began_at > %s AND source_id = %s
AND state = '{State.ENDED}' AND NOT provisional AND merged_into_id IS NULL
AND answered_at IS NOT NULL AND ended_at IS NOT NULL
ORDER BY began_at DESC, id DESC LIMIT %s
"""  # noqa: S608

Agent = tuple[int, str]
"""Source and number."""


class Talk(NamedTuple):
    """A live call in which an agent talks, as it is stored."""

    call: MatchedCall
    agent: Agent
    picked_up_at: datetime | None
    in_doubt: bool


def concerned(facts: dict[int, CallFacts], touched: dict[int, MatchedCall], stored: dict[int, Stored]) -> set[Agent]:
    """The agents who talk in these calls now, or may have talked in one that has just ended or went to another."""
    agents: set[Agent] = set()
    for call, found in facts.items():
        known = stored.get(call)
        if found.state is State.TALKING or (found.state is State.ENDED and known):
            numbers = {found.agent_number, agent_of(known) if known else None} - {None, ""}
            agents |= {(touched[call].source, str(number)) for number in numbers}
    return agents


def others_talking(agents: set[Agent], facts: dict[int, CallFacts], touched: dict[int, MatchedCall]) -> list[Talk]:
    """The live calls beside the touched in which one of these agents talks."""
    if not agents:
        return []
    after = min(found.began_at for found in facts.values()) - LOOKED_BACK
    numbers, sources = {number for _, number in agents}, {source for source, _ in agents}
    rows = select(_TALKING, numbers, _adapted(after), sources, MOST_CALLS + len(touched))
    return [
        Talk(MatchedCall(call, ref, source, lone=False), (source, number), moment_from(at), AGENT_ELSEWHERE in flags)
        for call, ref, source, number, at, flags in rows
        if call not in touched and (source, number) in agents
    ]


def not_one_person(
    agents: set[Agent], facts: dict[int, CallFacts], touched: dict[int, MatchedCall], others: list[Talk]
) -> set[Agent]:
    """The numbers of `agents` that are in several calls at once as a matter of course."""
    picked_up: defaultdict[Agent, list[datetime]] = defaultdict(list)
    for call, agent in _talking(facts, touched):
        picked_up[agent].append(facts[call].answered_at or facts[call].began_at)
    for talk in others:
        picked_up[talk.agent] += [talk.picked_up_at] if talk.picked_up_at else []
    return {agent for agent in agents if len(picked_up[agent]) > 1 and talks_in_several(agent, picked_up[agent])}


def talks_in_several(agent: Agent, picked_up: list[datetime]) -> bool:
    """Whether a number is no one person: it picks up faster than anybody talks, or its reports have shown it.

    Ends that nobody told do not make it so: who lost them picked up one call after the other, and reports that come
    late tell when a call really ended.
    """
    moments = sorted(picked_up)
    fast = any(
        later - first < PICKED_UP_WITHIN for first, later in zip(moments, moments[PICKED_UP - 1 :], strict=False)
    )
    return fast or _talks_at_once(agent, moments[-1]) >= TALKS_AT_ONCE


def _talks_at_once(agent: Agent, now: datetime) -> int:
    """How many of the latest talks of a number that have ended began while it was in another one."""
    source, number = agent
    rows = select(_TALKED, number, _adapted(now - TALKS_WITHIN), source, LATEST_TALKS)
    talks = sorted((_began_to_talk(number, at, orjson.loads(rings)), _moment(ended)) for at, ended, rings in rows)
    count, until = 0, datetime.min.replace(tzinfo=UTC)
    for began, ended in talks:
        count += min(until, ended) - began > OVERLAP
        until = max(until, ended)
    return count


def _began_to_talk(number: str, answered_at: datetime, rings: list[dict[str, Any]]) -> datetime:
    """When this agent picked up: who took a call over was rung for after its first pick-up."""
    rung = [datetime.fromisoformat(ring["at"]) for ring in rings if ring["agent_number"] == number]
    return max([_moment(answered_at), *rung])


def doubted(facts: dict[int, CallFacts], touched: dict[int, MatchedCall], beyond: set[Agent]) -> set[int]:
    """Of the calls in which one agent talks all but the one that this agent was rung for last.

    `beyond` doubt are the numbers that are no one person.
    """
    talking: defaultdict[Agent, list[int]] = defaultdict(list)
    for call, agent in _talking(facts, touched):
        if agent not in beyond:
            talking[agent].append(call)
    return {
        call
        for calls in talking.values()
        if len(calls) > 1
        for call in sorted(calls, key=lambda call: (_rung_at(facts[call]), call))[:-1]
    }


def _talking(facts: dict[int, CallFacts], touched: dict[int, MatchedCall]) -> Iterator[tuple[int, Agent]]:
    for call, found in facts.items():
        if found.state is State.TALKING and found.agent_number:
            yield call, (touched[call].source, found.agent_number)


def _rung_at(facts: CallFacts) -> datetime:
    rung: list[Any] = [ring["at"] for ring in facts.ring_attempts if ring["agent_number"] == facts.agent_number]
    return max(rung) if rung else facts.answered_at or facts.began_at


def _moment(value: datetime) -> datetime:
    return moment_from(value) or value


def _adapted(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
