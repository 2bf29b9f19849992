"""Runs projections: in short transactions, one process at a time, each change exactly once.

A step reads the calls numbered after the position, takes them in, and moves the position, all in one transaction. So
whatever is killed at whatever moment, a step has happened or it has not.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from calls.figures.sums import Unsound
from calls.models import Head, Projection
from calls.projections.registry import PROJECTIONS, Kind, Numbered

log = logging.getLogger(__name__)

STEP_SECONDS = 0.015
"""How long a step should hold the lock while deliveries come in."""
LEAST_CALLS, MOST_CALLS = 150, 2_000
"""So many ended calls at least, twice a second, keep up with 500 deliveries a second that leave no pause."""
LOOK_SECONDS = 0.25
"""How long one look may work on, as long as no delivery waits."""
BETWEEN_LOOKS_SECONDS = 0.5
"""Under traffic without a pause there is a look every so often."""
QUIET_SECONDS = 0.002
"""Beyond that, a projection that is behind works on when no delivery came for so long."""
MOST_BUSY, MEASURED_SECONDS = 0.6, 0.25
"""But not while the rest of the process, which shares one interpreter lock with it, takes more than this of a core, as
measured over so many seconds: at peak a pause of the deliveries is the time in which the next ones are read.
"""


class Step(NamedTuple):
    """`taken` calls were taken in; `behind` numbers are left."""

    taken: int
    behind: int


def step(kind: Kind, most: int) -> Step | None:
    """Take in the next changes, at most so many calls. None where another process is at it."""
    try:
        return _step(kind, most)
    except Unsound as less_than_none:
        log.error("The projection %s does not hold what it was given (%s): made anew.", kind.name, less_than_none)
        make_anew(kind)
        return _step(kind, most)


def _step(kind: Kind, most: int) -> Step | None:
    with transaction.atomic():
        row = locked(kind.name)
        if row is None:
            return None
        epoch, seq = Head.objects.values_list("epoch", "seq").first() or ("", 0)
        if (row.epoch, row.signature) != (epoch, kind.signature()):
            row.epoch, row.signature, row.position = epoch, kind.signature(), 0
            row.generation += 1
        calls, position = _changed(kind, row.position, seq, most)
        if not calls and row.position == position:
            tidied = kind.tidy(row.generation)
            if tidied:
                Projection.objects.filter(name=row.name).update(version=row.version + 1)
            return Step(tidied, 0)
        kind.apply(row.generation, calls)
        row.position = position
        row.version += 1
        row.moved_at = timezone.now()
        row.save()
        return Step(len(calls), seq - row.position)


def _changed(kind: Kind, position: int, latest: int, most: int) -> tuple[Sequence[Numbered], int]:
    """The next calls that changed, and the number up to which these are all of them.

    More than `most` where that many share a number: commits give each its own, made-up history of before did not.
    """
    calls = kind.changed(position, latest, most + 1)
    while len(calls) > most and calls[0].seq == calls[-1].seq:
        most *= 2
        calls = kind.changed(position, latest, most + 1)
    if len(calls) <= most:
        return calls, latest
    reached = calls[-1].seq - 1
    return [call for call in calls if call.seq <= reached], reached


def locked(name: str) -> Projection | None:
    """The row of a projection, locked until the transaction ends; None where another process holds it.

    SQLite has one writer at a time anyway.
    """
    rows = Projection.objects.filter(name=name)
    if connection.vendor == "postgresql":
        found = rows.select_for_update(skip_locked=True).first()
        if found is None and not rows.exists():
            Projection.objects.get_or_create(name=name)
            found = rows.select_for_update(skip_locked=True).first()
        return found
    return Projection.objects.get_or_create(name=name)[0]


class Runner:
    """Keeps all projections up, from one thread, and gives way to what waits."""

    def __init__(self) -> None:
        self._most = dict.fromkeys(PROJECTIONS, LEAST_CALLS)
        self._behind = self._busy = False
        self._looked_at = float("-inf")
        self._own = 0.0
        self._measured = (time.monotonic(), time.process_time())

    @property
    def patience(self) -> float:
        """For how many seconds to wait for a delivery before asking whether a look is due."""
        return QUIET_SECONDS if self._works_on else BETWEEN_LOOKS_SECONDS

    def is_due(self, quiet: bool) -> bool:
        """Whether it is time for a look; `quiet` says that no delivery came within `patience`."""
        return (quiet and self._works_on) or time.monotonic() - self._looked_at >= BETWEEN_LOOKS_SECONDS

    @property
    def _works_on(self) -> bool:
        return self._behind and not self._busy

    def look(self, others_wait: Callable[[], bool] = lambda: False) -> None:
        """One step of each projection at least; more while nothing waits and time is left."""
        self._measure()
        self._behind, self._looked_at = False, time.monotonic()
        until, began = self._looked_at + LOOK_SECONDS, time.thread_time()
        for kind in PROJECTIONS.values():
            while (more := self._step(kind)) and not others_wait() and time.monotonic() < until:
                pass
            self._behind |= more
        self._own += time.thread_time() - began

    def _measure(self) -> None:
        """How much of a core the rest of the process took lately."""
        since, rest = self._measured
        now, rest_now = time.monotonic(), time.process_time() - self._own
        if now - since >= MEASURED_SECONDS:
            self._busy = rest_now - rest > MOST_BUSY * (now - since)
            self._measured = (now, rest_now)

    def _step(self, kind: Kind) -> bool:
        """Whether there is more to do."""
        began = time.monotonic()
        done = step(kind, self._most[kind.name])
        if done is None or not done.taken:
            return False
        if done.behind:
            pace = STEP_SECONDS / max(time.monotonic() - began, 0.000_1)
            self._most[kind.name] = max(LEAST_CALLS, min(MOST_CALLS, int(self._most[kind.name] * min(pace, 2))))
        return done.behind > 0


def catch_up(kind: Kind, tell: Callable[[Step], None] = lambda _: None, most: int = MOST_CALLS) -> None:
    """Take in all changes there are, for commands and tests. Waits for a process that is at it."""
    while True:
        done = step(kind, most)
        if done is None:
            time.sleep(0.05)
            continue
        tell(done)
        if not done.taken and not done.behind:
            return


def make_anew(kind: Kind) -> None:
    """Have the next steps make the projection from nothing. Until they are done, readers are told how far it is."""
    with transaction.atomic():
        Projection.objects.filter(name=kind.name).update(signature="")


def lag(kind: Kind) -> tuple[int, Projection | None]:
    """How many numbers a projection is behind, and its row, if it ever ran."""
    row = Projection.objects.filter(name=kind.name).first()
    epoch, seq = Head.objects.values_list("epoch", "seq").first() or ("", 0)
    return (seq - row.position if row and row.epoch == epoch else seq), row
