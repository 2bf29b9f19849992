"""Figures that sums cannot hold, since they set calls beside one another: counted from the calls themselves. Pure.

How many went on at once, how many callers there were, who called again, which lost callers were reached, when and at
what cost, which rings agents did not take, how long they were on calls.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from calls.figures.definitions import Unit, Value

DAY, WEEK = 86_400, 7 * 86_400
REDIAL_SECONDS = 60
"""Who calls again within a minute of the end was cut off, and goes on with the same talk."""


class Seen(NamedTuple):
    """A call as these figures look at it. Moments are seconds since 1970; of a live call `ends` is now.

    `customer` is "" where the number is withheld or unknown. `busy_from` is when the phone of its agent began to ring,
    or else when the agent picked up; None where neither is known. `day` is the site's day on which it began. `lost`:
    the figures count it as lost. `reaction` is after how many seconds the agent of an outgoing call picked up. `rings`
    are those of agents' phones that are over, each with whether it was taken.
    """

    id: int
    incoming: bool
    offered: bool
    answered: bool
    customer: str
    agent: str
    day: date
    began: float
    busy_from: float | None
    ends: float
    lost: bool = False
    outgoing: bool = False
    reaction: float | None = None
    rings: tuple[tuple[str, bool], ...] = ()


class Dialled(NamedTuple):
    """An outgoing call that has ended. `at` is when its talk began, or else the call; `coins` are thousandths."""

    id: int
    at: float
    coins: int


class Span(NamedTuple):
    """From `start` until before `end`, or until now where that comes first; seconds since 1970."""

    start: float
    end: float

    def has(self, call: Seen) -> bool:
        return self.start <= call.began < self.end


@dataclass(frozen=True, slots=True)
class CloseFigure:
    """What a figure is. Its share is one of `things`; `note` is what always stands beside its number."""

    name: str
    label: str
    formula: str
    things: str = "calls"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A figure as found, with the ids of the calls it was counted from: above the line, and only below it.

    `moment` (seconds since 1970) is when the most calls went on at once. `by_agent` is the same of each agent's number.
    """

    value: Value
    counted: tuple[int, ...]
    among: tuple[int, ...] = ()
    moment: float | None = None
    by_agent: Mapping[str, "Found"] = field(default_factory=dict)


_AGAIN = (
    "Repeat-call rate: of the answered incoming calls of this span, those whose caller called again {window}, and "
    "later than a minute after the end (a redial of a call that was cut off). By the number alone: nobody knows "
    "whether it was about the same matter. Withheld numbers are left out. Of the latest calls the time is not over yet."
)
CLOSE_FIGURES = {
    figure.name: figure
    for figure in (
        CloseFigure(
            "most-at-once",
            "Most at once",
            "The highest number of calls of all directions that went on at the same second, also such as began before "
            "this span. Calls we lost track of are left out.",
        ),
        CloseFigure(
            "mean-at-once",
            "Mean at once",
            "The seconds of all calls within this span, over the seconds of the span until now: how many calls went on "
            "at a time, on average.",
        ),
        CloseFigure(
            "callers",
            "Callers",
            "How many different numbers the offered calls of this span came from. Withheld numbers are left out.",
        ),
        CloseFigure(
            "calls-per-caller",
            "Calls a caller",
            "The offered calls of this span whose number is known, over the number of different numbers.",
        ),
        CloseFigure(
            "again-within-day", "Called again, 24 h", f"Repeat-call rate: {_AGAIN.format(window='within 24 h')}"
        ),
        CloseFigure(
            "again-within-week", "Called again, 7 days", f"Repeat-call rate: {_AGAIN.format(window='within 7 days')}"
        ),
        CloseFigure(
            "lost-reached",
            "Lost callers reached",
            "Recovery rate: of the lost calls of this span (abandoned or missed, without short abandons), those whose "
            "caller was spoken to within 7 days after the end: on an outgoing call that reached them, or on a later "
            "call of theirs that was answered. Withheld numbers are left out. Of the latest calls the time is not over "
            "yet.",
        ),
        CloseFigure(
            "time-until-reached",
            "Time until reached",
            "Of the lost calls whose caller was spoken to within 7 days: the time from the end of the lost call until "
            "that talk began, which half of them did not exceed (the median).",
        ),
        CloseFigure(
            "cost-per-recovered",
            "Cost per caller reached",
            "The coins of outgoing calls to the callers who were lost in this span, over how many of them were spoken "
            "to within 7 days. In it is each call to them after the loss until they were spoken to, or for 7 "
            "days: those that reached nobody, too. A caller who called again and was answered is reached and costs "
            "nothing here. Left out: coins of incoming calls, calls that go on, and withheld numbers.",
        ),
        CloseFigure(
            "agent-reaction",
            "Agent's reaction",
            "The mean time from the dialling of the agent until the agent picked up, of outgoing calls whose agent "
            "did.",
        ),
        CloseFigure(
            "dial-and-talk",
            "Dial and talk, outgoing",
            "The mean time from the dialling of the agent to the end, of outgoing calls that reached the customer. It "
            "is not AHT: hold and work after the call are unknown.",
        ),
        CloseFigure(
            "rings-not-taken",
            "Rings not taken",
            "Of the rings of agents' phones that are over, on incoming calls of this span, those that their agent did "
            "not take: it rang out, another agent picked up first, or the caller hung up. Partial: as far as live "
            "events told of rings. Phones that were busy or could not be reached are left out. A call can ring at many "
            "phones, and again at the same one; its latest 32 rings count.",
            "rings",
            "as far as live events told",
        ),
        CloseFigure(
            "talk-utilisation",
            "Talk utilisation",
            "The time in which an agent's phone rang or the agent talked, over the time from the agent's first call of "
            "a day to the end of the last, added up over agents and days. It is not occupancy: nobody knows who was at "
            "work, ready or at lunch.",
        ),
    )
}


def look(
    calls: Iterable[Seen],
    later: Mapping[str, list[float]],
    span: Span,
    talks: Mapping[str, list[float]] = MappingProxyType({}),
    dialled: Mapping[str, list[Dialled]] = MappingProxyType({}),
) -> dict[str, Found]:
    """All of them. `later` has, by customer, the moments at which incoming calls of the span and the week after began,
    in their order; `talks` those at which somebody and the customer began to talk, whoever had called; `dialled` the
    outgoing calls.
    """
    overlapping = list(calls)
    begun = [call for call in overlapping if span.has(call)]
    offered = [call for call in begun if call.offered and call.customer]
    callers = {call.customer for call in offered}
    known = _ids(offered)
    return {
        "most-at-once": most_at_once(overlapping, span),
        "mean-at-once": _mean_at_once(overlapping, span),
        "callers": Found(Value(Unit.CALLS, len(callers), 1), known),
        "calls-per-caller": Found(Value(Unit.NUMBER, len(offered), len(callers)), known),
        "again-within-day": _again(begun, later, DAY),
        "again-within-week": _again(begun, later, WEEK),
        **_reached([call for call in begun if call.lost and call.customer], talks, dialled),
        "agent-reaction": _mean({call.id: call.reaction for call in begun if call.reaction is not None}),
        "dial-and-talk": _mean({call.id: call.ends - call.began for call in begun if call.outgoing and call.answered}),
        "rings-not-taken": rings_not_taken(begun),
        "talk-utilisation": utilisation(begun),
    }


def _ids(calls: Iterable[Seen]) -> tuple[int, ...]:
    return tuple(call.id for call in calls)


def most_at_once(calls: Iterable[Seen], span: Span) -> Found:
    """A call that ends in the second in which another begins does not go on beside it."""
    within = [call for call in calls if call.began < span.end and call.ends > span.start]
    steps = [(max(call.began, span.start), 1) for call in within]
    steps += [(min(call.ends, span.end), -1) for call in within]
    now, most, moment = 0, 0, None
    for at, step in sorted(steps):
        now += step
        if now > most:
            most, moment = now, at
    there = [call for call in within if moment is not None and call.began <= moment < call.ends]
    return Found(Value(Unit.CALLS, most, 1), _ids(there), moment=moment)


def _mean_at_once(calls: Iterable[Seen], span: Span) -> Found:
    lasted = {call.id: min(call.ends, span.end) - max(call.began, span.start) for call in calls}
    counted = tuple(call for call, seconds in lasted.items() if seconds > 0)
    return Found(Value(Unit.NUMBER, sum(lasted[call] for call in counted), max(0.0, span.end - span.start)), counted)


def _again(begun: Iterable[Seen], later: Mapping[str, list[float]], window: float) -> Found:
    followed: dict[bool, list[int]] = {True: [], False: []}
    for call in begun:
        if call.incoming and call.answered and call.customer:
            at = _next(later.get(call.customer, ()), bisect_right, call.ends + REDIAL_SECONDS)
            followed[at is not None and at <= call.ends + window].append(call.id)
    count = len(followed[True])
    return Found(Value(Unit.SHARE, count, count + len(followed[False])), tuple(followed[True]), tuple(followed[False]))


def _next(moments: Sequence[float], place: Callable[[Sequence[float], float], int], than: float) -> float | None:
    """The first of some moments in their order that is later (`bisect_right`), or not earlier (`bisect_left`)."""
    at = place(moments, than)
    return moments[at] if at < len(moments) else None


def _reached(
    lost: Sequence[Seen], talks: Mapping[str, list[float]], dialled: Mapping[str, list[Dialled]]
) -> dict[str, Found]:
    reached_at: dict[int, float | None] = {}
    for call in lost:
        at = _next(talks.get(call.customer, ()), bisect_left, call.ends)
        reached_at[call.id] = at if at is not None and at - call.ends <= WEEK else None
    times = sorted(at - call.ends for call in lost if (at := reached_at[call.id]) is not None)
    reached = tuple(call for call, at in reached_at.items() if at is not None)
    others = tuple(call for call, at in reached_at.items() if at is None)
    median = times[(len(times) - 1) // 2] if times else 0
    return {
        "lost-reached": Found(Value(Unit.SHARE, len(reached), len(lost)), reached, others),
        "time-until-reached": Found(Value(Unit.SECONDS, median, min(1, len(times))), reached),
        "cost-per-recovered": _cost_of_reaching(lost, reached_at, dialled),
    }


def _cost_of_reaching(
    lost: Sequence[Seen], reached_at: Mapping[int, float | None], dialled: Mapping[str, list[Dialled]]
) -> Found:
    windows: dict[str, list[tuple[float, float]]] = defaultdict(list)
    callers = set()
    for call in lost:
        at = reached_at[call.id]
        windows[call.customer].append((call.ends, call.ends + WEEK if at is None else at))
        callers |= {call.customer} if at is not None else set()
    spent = [each for customer, its in windows.items() for each in _within(dialled.get(customer, ()), its)]
    spent.sort(key=attrgetter("at"), reverse=True)
    coins = sum(each.coins for each in spent) / 1000
    return Found(Value(Unit.COINS, coins, len(callers)), tuple(each.id for each in spent))


def _within(dialled: Iterable[Dialled], windows: Iterable[tuple[float, float]]) -> Iterator[Dialled]:
    """The calls within any of these windows, each once; both ends belong to a window."""
    calls = sorted(dialled, key=attrgetter("at"))
    moments, told = [each.at for each in calls], 0
    for start, end in sorted(windows):
        until = bisect_right(moments, end)
        yield from calls[max(told, bisect_left(moments, start)) : until]
        told = max(told, until)


def _mean(seconds: Mapping[int, float]) -> Found:
    return Found(Value(Unit.SECONDS, sum(seconds.values()), len(seconds)), tuple(seconds))


def rings_not_taken(begun: Iterable[Seen]) -> Found:
    """Of all agents together, and of each. A call with a ring that was not taken is counted, whoever took another."""
    rings = [(agent, call.id, taken) for call in begun for agent, taken in call.rings]
    own: dict[str, list[tuple[str, int, bool]]] = defaultdict(list)
    for ring in rings:
        own[ring[0]].append(ring)
    return replace(_of_rings(rings), by_agent={agent: _of_rings(each) for agent, each in own.items()})


def _of_rings(rings: Sequence[tuple[str, int, bool]]) -> Found:
    not_taken = [call for _, call, taken in rings if not taken]
    counted = dict.fromkeys(not_taken)
    others = dict.fromkeys(call for _, call, _ in rings if call not in counted)
    return Found(Value(Unit.SHARE, len(not_taken), len(rings)), tuple(counted), tuple(others))


def utilisation(begun: Iterable[Seen]) -> Found:
    stretches: dict[tuple[str, date], list[tuple[float, float]]] = defaultdict(list)
    counted = []
    for call in begun:
        if call.agent and call.busy_from is not None and call.busy_from < call.ends:
            stretches[call.agent, call.day].append((call.busy_from, call.ends))
            counted.append(call.id)
    busy = sum(_union(each) for each in stretches.values())
    at_work = sum(max(end for _, end in each) - min(start for start, _ in each) for each in stretches.values())
    return Found(Value(Unit.PERCENT, busy, at_work), tuple(counted))


def _union(stretches: list[tuple[float, float]]) -> float:
    """The length of all stretches together, what overlaps counted once."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(stretches):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total
