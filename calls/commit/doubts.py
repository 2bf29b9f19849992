"""Doubts: an agent who talks in two live calls has left one of them, and nobody told. The older one is doubted.

It is the one thing that a call's row shows and its own deliveries do not tell. It is found whenever a call of an agent
changes who talks, for all live calls in which this agent talks, and goes when one of them ends.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from calls.commit.call_rows import agent_of
from calls.commit.live_cache import Stored
from calls.commit.matching import MatchedCall
from calls.database.bulk import select
from calls.rules.facts import CallFacts
from calls.words import State

AGENT_ELSEWHERE = "agent_elsewhere"
"""The flag of a live call whose agent has picked up another one since."""
LOOKED_BACK = timedelta(hours=24)
"""Calls that began longer before the one that changed are looked at no more: boards have lost them, too."""
MOST_CALLS = 20

# In the words of the index of live calls, and without parameters there: else SQLite does not see that it may use it,
# and reads all that the agents did on this day.
_TALKING = f"""
SELECT id, ref, source_id FROM calls_call
WHERE state = '{State.TALKING}' AND NOT (state = '{State.ENDED}') AND merged_into_id IS NULL
AND agent_number IN %s AND began_at > %s AND source_id IN %s
ORDER BY id DESC LIMIT %s
"""  # noqa: S608

Agent = tuple[int, str]
"""Source and number."""


def concerned(facts: dict[int, CallFacts], touched: dict[int, MatchedCall], stored: dict[int, Stored]) -> set[Agent]:
    """The agents who talk in these calls now, or may have talked in one that has just ended or went to another."""
    agents: set[Agent] = set()
    for call, found in facts.items():
        known = stored.get(call)
        if found.state is State.TALKING or (found.state is State.ENDED and known):
            numbers = {found.agent_number, agent_of(known) if known else None} - {None, ""}
            agents |= {(touched[call].source, str(number)) for number in numbers}
    return agents


def others_talking(
    agents: Iterable[Agent], facts: dict[int, CallFacts], touched: dict[int, MatchedCall]
) -> dict[int, MatchedCall]:
    """The live calls beside the touched in which one of these agents talks."""
    wanted = list(agents)
    if not wanted:
        return {}
    after = min(found.began_at for found in facts.values()) - LOOKED_BACK
    numbers, sources = {number for _, number in wanted}, {source for source, _ in wanted}
    moment = connection.ops.adapt_datetimefield_value(after)
    rows = select(_TALKING, numbers, moment, sources, MOST_CALLS + len(touched))
    return {call: MatchedCall(call, ref, source, lone=False) for call, ref, source in rows if call not in touched}


def doubted(facts: dict[int, CallFacts], touched: dict[int, MatchedCall]) -> set[int]:
    """Of the calls in which one agent talks all but the one that this agent was rung for last."""
    talking: defaultdict[Agent, list[int]] = defaultdict(list)
    for call, found in facts.items():
        if found.state is State.TALKING and found.agent_number:
            talking[touched[call].source, found.agent_number].append(call)
    return {
        call
        for calls in talking.values()
        if len(calls) > 1
        for call in sorted(calls, key=lambda call: (_rung_at(facts[call]), call))[:-1]
    }


def _rung_at(facts: CallFacts) -> datetime:
    rung: list[Any] = [ring["at"] for ring in facts.ring_attempts if ring["agent_number"] == facts.agent_number]
    return max(rung) if rung else facts.answered_at or facts.began_at
