"""The board's rows: what one call looks like to a viewer, with or without full numbers, and the first page of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.core.signals import setting_changed
from django.db.models import Case, Count, F, IntegerField, Min, Q, When
from django.utils import timezone

from calls.models import Agent, Call, CallGroup, Head, Source, VirtualNumber
from calls.models.access import Scope, scope_of
from calls.models.call import CallQuerySet
from calls.numbers import mask, mask_text, match_key
from calls.recordings import allowed_link, hosts_of
from calls.words import Direction, Outcome, State

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

DAY = timedelta(hours=24)
SHOWN_ENDED = 200
FIRST_LIVE, FIRST_ENDED = 170, 30
TODAY = (Outcome.ANSWERED, Outcome.ABANDONED, Outcome.MISSED, Outcome.FAILED)
NOT_ANSWERED = (State.IVR, State.DIALING, State.RINGING)


class Columns(NamedTuple):
    """The columns of a call that a board needs, in the order in which they are read."""

    id: int
    ref: str
    source_id: int
    direction: str
    state: str
    provisional: bool
    outcome: str | None
    reason: str | None
    provider_status: str | None
    customer_number: str | None
    customer_key: str | None
    virtual_number: str | None
    group_id: int | None
    agent_number: str | None
    agent_name: str | None
    ring_attempts: list[dict[str, Any]]
    began_at: datetime
    started_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    wait_seconds: int | None
    talk_seconds: int | None
    duration_seconds: int | None
    coins: Decimal | None
    recording_url: str | None
    roles_assumed: bool
    flags: list[str]
    heard_at: datetime
    merged_into_id: int | None
    seq: int

    @property
    def live(self) -> bool:
        return self.state != State.ENDED and self.merged_into_id is None

    @property
    def ended(self) -> bool:
        return self.state == State.ENDED and self.merged_into_id is None

    @property
    def waiting(self) -> bool:
        """A customer called, and nobody has answered."""
        return self.direction == Direction.INCOMING and self.state in NOT_ANSWERED

    @property
    def lost_track_at(self) -> datetime:
        """From when on a live call counts as lost track, unless something is heard.

        What had begun a day before it was heard of is replayed traffic: lost at once, so never shown as live.
        """
        if self.began_at < self.heard_at - DAY:
            return self.heard_at
        return self.heard_at + lost_track_after()[self.state]

    @property
    def finished_at(self) -> datetime:
        return self.ended_at or self.heard_at

    @property
    def today_as(self) -> str | None:
        """The figure of the day that it counts to, once ended."""
        return figure_of(self.direction, self.outcome) if self.ended else None


@lru_cache(maxsize=1)  # asked for each change, and Django's settings take their time
def lost_track_after() -> dict[str, timedelta]:
    """The silence after which a live call of each state counts as lost track."""
    return {state: timedelta(seconds=seconds) for state, seconds in settings.CALLBOARD_LOST_TRACK_SECONDS.items()}


setting_changed.connect(lambda **_: lost_track_after.cache_clear(), weak=False)


def figure_of(direction: str, outcome: str | None) -> str | None:
    """The figure of the day that an ended call counts to."""
    if direction == Direction.OUTGOING:
        return "outgoing_today"
    if direction == Direction.INCOMING and outcome in TODAY:
        return f"{outcome}_today"
    return None


def read_calls(calls: CallQuerySet) -> list[Columns]:
    return [Columns._make(columns) for columns in calls.values_list(*Columns._fields)]


@dataclass(slots=True)
class Names:
    """The directory's names, held in memory: a row costs no look-up."""

    groups: dict[int, str] = field(default_factory=dict)
    agents: dict[tuple[int, str], str] = field(default_factory=dict)
    lines: dict[tuple[int, str], str] = field(default_factory=dict)
    sources: dict[int, tuple[str, frozenset[str]]] = field(default_factory=dict)

    def agent(self, source_id: int, number: str | None) -> str | None:
        return self.agents.get((source_id, match_key(number))) if number else None

    def line(self, source_id: int, number: str | None) -> str | None:
        return self.lines.get((source_id, match_key(number))) if number else None


def read_names() -> Names:
    agents = Agent.objects.filter(ours=True).values_list("source_id", "number_key", "name", "learned_name")
    lines = VirtualNumber.objects.filter(ours=True).exclude(label="").values_list("source_id", "number_key", "label")
    sources = Source.objects.values_list("id", "name", "recording_hosts")
    return Names(
        groups=dict(CallGroup.objects.values_list("id", "name")),
        agents={(source, key): name or learned for source, key, name, learned in agents if name or learned},
        lines={(source, key): label for source, key, label in lines},
        sources={source: (name, hosts_of(hosts)) for source, name, hosts in sources},
    )


def row(call: Columns, names: Names, masked: bool) -> dict[str, Any]:
    """One row as `docs/events.md` has it; moments are aware datetimes in UTC."""
    source, hosts = names.sources.get(call.source_id, ("", frozenset()))
    shown = {
        "id": call.id,
        "ref": call.ref,
        "source": source,
        "direction": call.direction,
        "state": call.state,
        "provisional": call.provisional,
        "outcome": call.outcome,
        "reason": call.reason,
        "provider_status": call.provider_status,
        "customer_number": call.customer_number,
        "customer_key": call.customer_key,
        "virtual_number": call.virtual_number,
        "virtual_label": names.line(call.source_id, call.virtual_number),
        "group": names.groups.get(call.group_id) if call.group_id else None,
        "agent_number": call.agent_number,
        "agent_name": call.agent_name or names.agent(call.source_id, call.agent_number),
        "ring_attempts": _attempts(call, names),
        "began_at": call.began_at,
        "started_at": call.started_at,
        "ringing_at": call.ringing_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "wait_seconds": call.wait_seconds,
        "talk_seconds": call.talk_seconds,
        "duration_seconds": call.duration_seconds,
        "coins": None if call.coins is None else format(call.coins.normalize(), "f"),
        "has_recording": allowed_link(call.recording_url, hosts) is not None,
        "roles_assumed": call.roles_assumed,
        "flags": call.flags,
        "lost_track_at": call.lost_track_at if call.live else None,
        "seq": call.seq,
    }
    return _masked(shown) if masked else shown


def _attempts(call: Columns, names: Names) -> list[dict[str, Any]]:
    return [
        {
            "agent_number": (number := attempt.get("agent_number")),
            "agent_name": names.agent(call.source_id, number),
            "state": attempt.get("state"),
            "at": attempt.get("at"),
        }
        for attempt in call.ring_attempts
    ]


_NUMBERS = ("customer_number", "virtual_number", "agent_number")
_TEXTS = ("source", "reason", "provider_status", "virtual_label", "group", "agent_name")
# A call's numbers and words are masked at each of its changes, and agents, lines and words are those of many calls.
_mask, _mask_text = lru_cache(maxsize=8_192)(mask), lru_cache(maxsize=4_096)(mask_text)


def _masked(shown: dict[str, Any]) -> dict[str, Any]:
    """The row for people who never receive a full number: ours are hidden like the customer's, and so is any
    number that a name or the provider's words may hold."""
    shown["ref"] = _masked_ref(shown)
    for name in _NUMBERS:
        shown[name] = _mask(shown[name])
    for name in _TEXTS:
        shown[name] = _mask_text(shown[name])
    shown["flags"] = [_mask_text(flag) for flag in shown["flags"]]
    for attempt in shown["ring_attempts"]:
        attempt["agent_number"] = _mask(attempt["agent_number"])
        attempt["agent_name"] = _mask_text(attempt["agent_name"])
        attempt["state"] = _mask_text(attempt["state"])
    return shown


def _masked_ref(shown: dict[str, Any]) -> str | None:
    """The provider's id, unless one of the call's own numbers is in it.

    Ids such as `1894680000.1001` look like numbers and are none, so they cannot be masked by their looks.
    """
    digits = _digits(shown["ref"])
    numbers = [shown[name] for name in _NUMBERS] + [attempt["agent_number"] for attempt in shown["ring_attempts"]]
    for number in numbers:
        if number and len(key := _digits(number)[-10:]) > 4 and key in digits:
            return None
    return shown["ref"]


@lru_cache(maxsize=8_192)
def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def encode(value: Any) -> bytes:
    """JSON as the boards get it: moments in UTC with a Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def site_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def day_of(moment: datetime) -> date:
    """The day, in the site's time zone, that a moment falls on."""
    return moment.astimezone(site_zone()).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The first moment of a day in the site's time zone, and that of the next one (UTC)."""
    starts = (datetime.combine(each, time(), site_zone()) for each in (day, day + timedelta(days=1)))
    start, end = (moment.astimezone(UTC) for moment in starts)
    return start, end


# The same straight from the database: the first board, rendered by the server before any socket is open.


def in_scope(scope: Scope) -> CallQuerySet:
    calls = Call.objects.standing()
    return calls if scope.groups is None else calls.filter(group_id__in=scope.groups)


def among_few(scope: Scope) -> CallQuerySet:
    """The same for queries that want few calls of all groups: the live, the latest.

    Their indexes find these at once; without the sum SQLite would look through a group's whole history instead.
    """
    calls = Call.objects.standing()
    return calls if scope.groups is None else calls.annotate(its=F("group_id") + 0).filter(its__in=scope.groups)


def live_at(calls: CallQuerySet, now: datetime) -> CallQuerySet:
    """The live calls that a board shows: lost ones leave a day after they were last heard of."""
    return calls.live().filter(heard_at__gt=now - DAY).order_by()


def latest_ended(calls: CallQuerySet, now: datetime, limit: int | None = SHOWN_ENDED) -> CallQuerySet:
    return calls.ended().filter(ended_at__gt=now - DAY).order_by("-ended_at", "-id")[:limit]


def lost_track(now: datetime) -> Q:
    """The condition of `Columns.lost_track_at`, for a query."""
    silent = Q(began_at__lt=F("heard_at") - DAY)
    for state, silence in lost_track_after().items():
        silent |= Q(state=state, heard_at__lte=now - silence)
    return silent


WAITING = Q(direction=Direction.INCOMING, state__in=NOT_ANSWERED)


def totals(scope: Scope, now: datetime) -> dict[str, Any]:
    """The totals of `docs/events.md`, counted by the database."""
    tracked = ~lost_track(now)
    states = [str(state) for state in State if state != State.ENDED]
    live = live_at(among_few(scope), now).aggregate(
        all=Count("id"),
        **{state: Count("id", filter=tracked & Q(state=state)) for state in states},
        waiting=Count("id", filter=tracked & WAITING),
        longest_waiting_since=Min("began_at", filter=tracked & WAITING),
    )
    tracked_count = sum(live[state] for state in states)
    start, end = day_bounds(day_of(now))
    today = in_scope(scope).ended().filter(began_at__gte=start, began_at__lt=end)
    return {
        "live": tracked_count,
        "lost_track": live.pop("all") - tracked_count,
        **live,
        **today.aggregate(
            **{f"{outcome}_today": Count("id", Q(direction="incoming", outcome=outcome)) for outcome in TODAY},
            outgoing_today=Count("id", Q(direction=Direction.OUTGOING)),
        ),
        "day": day_of(now),
    }


def most_urgent(live: CallQuerySet, now: datetime) -> CallQuerySet:
    """Longest waiting first, then other calls that nobody has answered, then the talking, then the lost."""
    rank = Case(
        When(lost_track(now), then=3),
        When(WAITING, then=0),
        When(state__in=NOT_ANSWERED, then=1),
        default=2,
        output_field=IntegerField(),
    )
    return live.order_by(rank, "began_at", "id")


def rows_for(scope: Scope, now: datetime, live: int | None, ended: int) -> Iterable[dict[str, Any]]:
    calls = among_few(scope)
    columns = read_calls(most_urgent(live_at(calls, now), now)[:live]) + read_calls(latest_ended(calls, now, ended))
    names = read_names()
    return [row(each, names, scope.masked) for each in columns]


def snapshot_for(
    user: "AbstractBaseUser | AnonymousUser", live: int | None = 200, ended: int = FIRST_ENDED
) -> dict[str, Any] | None:
    """A `snapshot` message for this person straight from the database, as plain JSON values (moments are text).

    It holds the `live` most urgent calls (None: all) and the `ended` latest completed; the totals are whole.
    None for somebody who may see nothing.
    """
    scope = scope_of(user)
    if scope is None:
        return None
    now = timezone.now()
    head = Head.objects.values("epoch", "seq").first() or {"epoch": "", "seq": 0}
    shown = {"totals": totals(scope, now), "calls": rows_for(scope, now, live, ended)}
    return orjson.loads(encode({"type": "snapshot", **head, "now": now, "part": 1, "parts": 1, **shown}))
