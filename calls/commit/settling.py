"""Settling: when the directory changes, the calls that depend on it are derived again, a few at a time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from calls.commit.cache import REFRESH_SECONDS, Cache
from calls.commit.groups import Leaving, calls_of, joined_groups
from calls.commit.transaction import commit
from calls.commit.undecided import BY_DIRECTORY, calls_with
from calls.models import Agent, VirtualNumber
from calls.models.directory import DirectoryNumber

CALLS_PER_STEP = 50
"""Calls derived again between two looks at whether deliveries wait."""
EVERYBODY_KNOWS_SECONDS = 1.5 * REFRESH_SECONDS


@dataclass(slots=True)
class _Pass:
    """How far the calls of one number have been derived again. `seen_at`: when the number was first seen unsettled."""

    seen_at: float
    is_second: bool = False
    left: list[int] | None = None

    @property
    def done(self) -> bool:
        return self.left == []


class Settler:
    """Derives the calls again of every number that is new or was edited, and of groups that were joined into others.

    Twice: at once, and again when every process must have noticed the change, since until then another one may
    have derived a call by the old directory. A crash loses nothing: number and group stay unsettled.
    """

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self._passes: dict[tuple[str, int], _Pass] = {}
        self._joined: dict[int, float] = {}
        self._leaving: dict[int, Leaving] = {}

    def settle(self, others_wait: Callable[[], bool] = lambda: False) -> None:
        """Derive what is due, until all is done or a delivery waits."""
        rows: list[DirectoryNumber] = []
        for model in (Agent, VirtualNumber):
            rows += model._default_manager.filter(settled=False).order_by("id")[:100]
        if any(_key(row) not in self._passes for row in rows):
            self.cache.forget()
        for row in rows:
            if others_wait() or not self._settle_one(row, others_wait):
                return
        self._settle_groups(others_wait)

    def _settle_groups(self, others_wait: Callable[[], bool]) -> None:
        """Derive the calls of joined groups again; delete a joined group once no process can give it a call."""
        groups = joined_groups()
        if any(group not in self._joined for group in groups):
            self.cache.forget()
        now = time.monotonic()
        self._joined = {group: self._joined.get(group, now) for group in groups}
        before: list[int] = []
        while groups and (calls := calls_of(groups, CALLS_PER_STEP)):
            if others_wait() or calls == before:
                return
            commit([], self.cache, again=calls)
            before = calls
        known = [group for group, since in self._joined.items() if now - since > EVERYBODY_KNOWS_SECONDS]
        self._leaving = {group: self._leaving.get(group) or Leaving(group) for group in known}
        for leaving in self._leaving.values():
            while not leaving.step():
                if others_wait():
                    return

    def _settle_one(self, row: DirectoryNumber, others_wait: Callable[[], bool]) -> bool:
        """Derive the calls of one number. Returns False when it stopped because a delivery waits."""
        known = self._passes.setdefault(_key(row), _Pass(time.monotonic()))
        if known.done and time.monotonic() - known.seen_at > EVERYBODY_KNOWS_SECONDS:
            known.is_second, known.left = True, None
        while not known.done:
            if others_wait():
                return False
            self._step(row, known)
        if known.is_second:
            type(row)._default_manager.filter(pk=row.pk).update(settled=True)
            del self._passes[_key(row)]
        return True

    def _step(self, row: DirectoryNumber, known: _Pass) -> None:
        if known.left is None:
            known.left = list(calls_with(row.number, row.source_id, _in_question(row)))
        now, known.left = known.left[:CALLS_PER_STEP], known.left[CALLS_PER_STEP:]
        if now:
            commit([], self.cache, again=now)


def _key(row: DirectoryNumber) -> tuple[str, int]:
    return type(row).__name__, row.pk


def _in_question(row: DirectoryNumber) -> Q:
    """The calls that a change of this number can change.

    A number that traffic has just taught changes nothing in calls whose roles follow from the position of the fields.
    """
    just_learned = row.learned_at > timezone.now() - timedelta(minutes=1) and row.group_id is None and row.ours
    return BY_DIRECTORY if just_learned else Q()
