"""Learning: deliveries prove lines, agents, agents' names and groups, and the directory takes note of them."""

from datetime import datetime
from typing import Any

from django.db import connection

from calls.commit.cache import Cache
from calls.commit.received import Received
from calls.commit.undecided import BY_DIRECTORY, calls_with
from calls.models import Agent, CallGroup, VirtualNumber
from calls.models.directory import DirectoryNumber
from calls.phones import match_key
from calls.rules.facts import CallFacts
from calls.rules.roles import teaches
from calls.spellings import spelling_key

MAX_CALLS_DERIVED_AT_ONCE = 200
"""Calls derived again in the commit that learns a number; the rest follows when the directory is settled."""

_NAME = "UPDATE calls_agent SET learned_name = %s, named_at = %s WHERE source_id = %s AND number_key = %s"


class Learning:
    """What one transaction learns. The cache has it at once, the database when `write` is called."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._numbers: list[DirectoryNumber] = []
        self._names: dict[tuple[int, str], tuple[datetime, str]] = {}

    def numbers(self, batch: list[Received]) -> list[int]:
        """Take note of our numbers that deliveries prove. Returns the calls in which they play a part already."""
        again: list[int] = []
        for received in batch:
            if received.event is None:
                continue
            lessons = teaches(received.event)
            source = received.source.id
            again += self._number(VirtualNumber, "line", source, lessons.line) if lessons.line else []
            again += self._number(Agent, "agent", source, lessons.agent) if lessons.agent else []
        return again

    def _number(self, model: type[DirectoryNumber], kind: str, source: int, number: str) -> list[int]:
        directory, key = self._cache.directories[source], match_key(number)
        ours = directory.agents if kind == "agent" else directory.lines
        if key in ours or (kind, key) in directory.refused:
            return []
        ours[key] = ""
        again = list(calls_with(number, source, BY_DIRECTORY)[:MAX_CALLS_DERIVED_AT_ONCE])
        # One process, and all its calls derived again in this very commit: nothing is left to settle.
        settled = connection.vendor == "sqlite" and len(again) < MAX_CALLS_DERIVED_AT_ONCE
        self._numbers.append(model(source_id=source, number=number, number_key=key, settled=settled))
        return again

    def name(self, source: int, facts: CallFacts) -> None:
        """Take note of an agent's name: the latest report's name is the agent's, until a person gives another."""
        directory, key = self._cache.directories[source], match_key(facts.agent_number or "")
        if not facts.agent_name or facts.roles_assumed or key not in directory.agents:
            return
        named_at, name = directory.names.get(key, (None, ""))
        if (facts.began_at, facts.agent_name) > (named_at or datetime.min.replace(tzinfo=facts.began_at.tzinfo), name):
            directory.names[key] = (facts.began_at, facts.agent_name)
            if facts.agent_name != name:
                self._names[source, key] = (facts.began_at, facts.agent_name)

    def group_id(self, name: str | None) -> int | None:
        """The group that has this name in some spelling, made where there is none yet."""
        key = spelling_key(name) if name else ""
        if not key:
            return None
        groups = self._cache.groups
        if key not in groups:
            groups[key] = CallGroup.objects.named(name or "").pk
        return groups[key]

    def write(self) -> None:
        """Write numbers and names down, sorted. Call it late, behind the head row: two processes may learn the same."""
        for model in (VirtualNumber, Agent):
            rows: list[Any] = [row for row in self._numbers if isinstance(row, model)]
            rows.sort(key=lambda row: (row.source_id, row.number_key))
            model._default_manager.bulk_create(rows, ignore_conflicts=True)
        if self._names:
            moment = connection.ops.adapt_datetimefield_value
            named = [(name, moment(at), *whose) for whose, (at, name) in sorted(self._names.items())]
            with connection.cursor() as cursor:
                cursor.executemany(_NAME, named)
