"""The demo's stage: a named directory, a day behind it and two thin weeks, and calls that are under way.

`serve --simulate` sets it before it serves. The calls under way then go on by the webhook, from the same made-up day.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from calls.days import day_bounds, day_of
from calls.models import Agent, Call, CallGroup, Source, VirtualNumber
from calls.phones import match_key, normalise
from calls.providers.values import zone_of
from calls.simulation import DAYS, Delivery, Traffic, cast, story
from calls.simulation.scripts import stamp
from calls.upkeep.made_up import LIMITS, store_all
from calls.words import State

HOURS_BEHIND = 6
CALLS_BEHIND = 1_500
"""Where many calls are live at a time, fewer hours lie behind: so many calls do."""
CALLS_AN_HOUR = 20
"""Of each that is live: one after the other."""
DAYS_BEHIND = 14
FEW_CALLS_A_MINUTE = 0.35
"""Of the thin days: 150 to 200 calls in nine hours."""
FRESH = timedelta(hours=12)
"""A stage whose calls are younger is used again, and only gets calls that are under way."""
UNDER_WAY = timedelta(minutes=9)


@dataclass(frozen=True, slots=True)
class Stage:
    """Which made-up day goes on: `since` its start, `cut` until when its deliveries are stored already (UTC)."""

    day: str
    seed: int
    live: int
    speed: float
    since: datetime
    cut: datetime

    def traffic(self) -> Traffic:
        day = DAYS[self.day]
        rate = day.calls_per_minute
        return Traffic(self.since, seed=self.seed, live=self.live, calls_per_minute=rate, speed=self.speed, day=day)


def set_stage(source: Source, *, day: str, seed: int, live: int | None, speed: float, now: datetime) -> Stage:
    """Prepare the source of made-up calls. Whatever an earlier run left live ends first."""
    Source.objects.filter(pk=source.pk).update(**LIMITS)
    end_left(source, now)
    name_directory(source)
    latest = Call.objects.filter(source=source).order_by("-began_at").values_list("began_at", flat=True).first()
    since, today = now - UNDER_WAY, day_bounds(day_of(now))[0]
    if latest is None:
        store_all(thin_days(now, seed), source)
    live = DAYS[day].live if live is None else live
    if latest is None or latest < now - FRESH:
        hours = min(HOURS_BEHIND, CALLS_BEHIND / CALLS_AN_HOUR / max(1, live))
        since = min(max(today, now - timedelta(hours=hours)), since)
    # The same calls once more would all be of customers who call again.
    seed += Call.objects.filter(source=source).count() if latest else 0
    stage = Stage(day, seed, live, speed, since, now)
    store_all(behind(stage), source)
    return stage


def behind(stage: Stage) -> Iterator[Delivery]:
    """The deliveries of the day up to now, and those that the story begins with."""
    day = itertools.takewhile(lambda said: said.at <= stage.cut, stage.traffic().deliveries())
    yield from sorted([*day, *story.before(stage.cut)], key=lambda said: said.at)


def thin_days(now: datetime, seed: int) -> Iterator[Delivery]:
    """Calls from nine to six on each of the days before today; of each only those that ended."""
    zone = zone_of(settings.TIME_ZONE)
    for back in range(DAYS_BEHIND, 0, -1):
        midnight = day_bounds(day_of(now) - timedelta(back))[0].astimezone(zone)
        begin, end = midnight + timedelta(hours=9), midnight + timedelta(hours=18)
        few = FEW_CALLS_A_MINUTE / (4 if begin.weekday() == 6 else 1)
        traffic = Traffic(begin, seed=seed + back, live=0, calls_per_minute=few, day=DAYS["busy"])
        said = list(itertools.takewhile(lambda each, end=end: each.at < end, traffic.deliveries()))  # type: ignore[misc]
        ended = {each.ref for each in said if each.is_report}
        yield from (each for each in said if each.ref in ended)


def name_directory(source: Source) -> None:
    """Names of agents and labels of lines, as a person would have given them; what was edited since stays."""
    groups = {name: _group(name) for name in cast.GROUPS}
    for agent in cast.agents(cast.USUAL_TEAM):
        number = normalise(agent.number, source.region)
        known = {"number": number, "name": agent.name, "group": groups[agent.group], "settled": True}
        Agent.objects.get_or_create(source=source, number_key=match_key(number), defaults=known)
    for line in cast.LINES:
        number = normalise(line.number, source.region)
        known = {"number": number, "label": line.label, "settled": True}
        VirtualNumber.objects.get_or_create(source=source, number_key=match_key(number), defaults=known)


def _group(name: str) -> CallGroup:
    return CallGroup.objects.meant_by(name).first() or CallGroup.objects.create(name=name)


def end_left(source: Source, now: datetime) -> int:
    """End the calls that are still live, by a report for each, as a provider would. Returns how many it were."""
    left = list(Call.objects.live().filter(source=source))
    store_all((_report(call, now) for call in left), source)
    return len(left)


def _report(call: Call, now: datetime) -> Delivery:
    talked = call.state == State.TALKING and call.answered_at is not None
    start = call.started_at or call.began_at
    fields = {
        "type": "call_report",
        "CallSid": call.ref,
        "Direction": "WEBOBD" if call.direction == "outgoing" else "IVR",
        "SourceNumber": _bare(call.customer_number),
        "DestinationNumber": _bare(call.virtual_number),
        "DialWhomNumber": _bare(call.agent_number),
        "Status": "ANSWER" if talked else "CANCEL (0)",
        "StartTime": stamp(start),
        "EndTime": stamp(max(now, start)),
        "LegB_Picked_time": stamp(call.answered_at) if talked and call.answered_at else "",
        "TalkDuration": str(int((now - call.answered_at).total_seconds())) if talked and call.answered_at else "0",
        "call_group": call.group.name if call.group else "",
    }
    if call.direction == "outgoing":
        fields["SourceNumber"], fields["DialWhomNumber"] = fields["DialWhomNumber"], fields["SourceNumber"]
        fields["Status"] = "ANSWER" if talked else "Cancel-Customer"
    return Delivery(now.astimezone(UTC), call.ref, fields, "json", is_report=True)


def _bare(number: str | None) -> str:
    return (number or "").removeprefix("+91")
