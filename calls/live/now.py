"""The figures of now: what each counts among the live calls, what it leaves out, and the calls themselves."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Count, Min, Q, When
from django.db.models import Value as Text

from calls.database.columns import NOT_ANSWERED, lost_track
from calls.figures.definitions import Unit, Value
from calls.live.queries import among_few, live_at, of_groups
from calls.live.urgency import most_urgent
from calls.models import Head
from calls.models.access import Scope
from calls.models.call import CallQuerySet
from calls.words import Direction, State

Groups = frozenset[int | None] | None
LOST, TALKING = "lost_track", str(State.TALKING)
WAITING = frozenset(f"{state}_waiting" for state in NOT_ANSWERED)
NOBODY_WAITS = frozenset(f"{state}_other" for state in NOT_ANSWERED)
"""What a live call can count as; it counts as one of these."""
_TRACKED = {
    **{f"{state}_waiting": Q(state=state, direction=Direction.INCOMING) for state in NOT_ANSWERED},
    **{f"{state}_other": Q(state=state) for state in NOT_ANSWERED},
}
"""The first that holds, of a call that we have not lost track of; of one that talks, none does."""
_ORDER = (*_TRACKED, TALKING, LOST)
_NOBODY = Value(Unit.SECONDS, 0, 0)


@dataclass(frozen=True, slots=True)
class FigureOfNow:
    """`counted`: what the calls in it count as. All other live calls are left out."""

    name: str
    label: str
    formula: str
    counted: frozenset[str]
    unit: Unit = Unit.CALLS


FIGURES_OF_NOW = {
    figure.name: figure
    for figure in (
        FigureOfNow(
            "live",
            "Live",
            "Calls of all directions that go on now: in a menu, dialling, ringing or talking. A call in doubt counts. "
            "Left out are calls that we lost track of: nothing was heard of them for too long.",
            WAITING | NOBODY_WAITS | {TALKING},
        ),
        FigureOfNow(
            "waiting",
            "Waiting",
            "Incoming calls that nobody has answered, in a menu, dialling or ringing. Left out are calls that somebody "
            "has picked up, also those in doubt; calls that no customer waits in, since we made them or they are "
            "internal; and calls that we lost track of.",
            WAITING,
        ),
        FigureOfNow(
            "longest-wait",
            "Longest wait",
            "How long the one has waited who has waited longest, from the beginning of the call, whatever the clock of "
            "its group. It is one of the calls that wait, and what these leave out is left out here.",
            WAITING,
            Unit.SECONDS,
        ),
        FigureOfNow(
            "lost-track",
            "Lost track",
            "Calls that are live by our records, but of which nothing was heard for too long. A late word of the "
            "provider puts them right; a day after the last one they leave the board. Left out are all others.",
            frozenset({LOST}),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Now:
    """The live calls as of a number and a moment: how many count as what, and when the first of these began (UTC)."""

    as_of: int
    now: datetime
    marks: Counter[str]
    began: dict[str, datetime]

    def of(self, figure: FigureOfNow) -> Value:
        if figure.unit is Unit.CALLS:
            return Value(Unit.CALLS, sum(self.marks[mark] for mark in figure.counted), 1)
        first = min((began for mark, began in self.began.items() if mark in figure.counted), default=None)
        return Value(Unit.SECONDS, max(0, int((self.now - first).total_seconds())), 1) if first else _NOBODY

    def side(self, figure: FigureOfNow, counted: bool) -> dict[str, int]:
        """How many calls are counted, or left out, by what they count as."""
        return {mark: self.marks[mark] for mark in _ORDER if self.marks[mark] and (mark in figure.counted) == counted}


def count_now(scope: Scope, groups: Groups, now: datetime) -> Now:
    """Count the live calls of a scope, of these groups only, as they are at this moment."""
    found = list(_marked(scope, groups, now).values_list("mark").annotate(Count("id"), Min("began_at")))
    seq = Head.objects.values_list("seq", flat=True).first() or 0
    return Now(seq, now, Counter({mark: n for mark, n, _ in found}), {mark: began for mark, _, began in found})


def calls_of_now(marks: Iterable[str], scope: Scope, groups: Groups, now: datetime) -> CallQuerySet:
    """The live calls that count as one of these, the most urgent first; each says which, as `mark`."""
    return most_urgent(_marked(scope, groups, now).filter(mark__in=list(marks)), now)


def _marked(scope: Scope, groups: Groups, now: datetime) -> Any:
    as_what = [When(lost_track(now), then=Text(LOST)), *(When(q, then=Text(mark)) for mark, q in _TRACKED.items())]
    live = live_at(of_groups(among_few(scope), groups), now)
    return live.annotate(mark=Case(*as_what, default=Text(TALKING), output_field=CharField()))
