"""Matching: which call a delivery belongs to, by its ids. The order in which the ids become known does not matter.

The provider's CallSid decides. Deliveries without one are drawn in by what they do carry:

- a Uniqueid: to the call with that CallSid, else to the call that named it next to its CallSid;
- a campid (outgoing only, and not unique): to the call that named it and whose StartTime lies nearest to the
  delivery's own, within six hours.

Until such a call is known they make a lone call of their own. When the CallSid becomes known, that call takes the
lone one over. Two calls with different CallSids are never made one. Everything follows from what the deliveries say,
nothing from when they came.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from calls.commit.live_cache import LiveCache
from calls.commit.received import Received
from calls.database.bulk import NextIds, moment_from, select
from calls.models import Call, CallAlias, Delivery
from calls.rules.events import CallEvent, load
from calls.words import Result

CAMPAIGN_REACH = timedelta(hours=6)
"""How far the StartTime of a delivery may lie from that of a call for a campid to join them."""
SID, UID, CAMPID, LONE_UID, LONE_CAMP = "sid", "uid", "campid", "lone_uid", "lone_camp"
_STRONG = (SID, UID, CAMPID)

Key = tuple[int, str, str]
"""Source, kind of id, its value."""


@dataclass(slots=True, eq=False)
class MatchedCall:
    """A call of this transaction. A `lone` one has no CallSid yet."""

    id: int
    ref: str
    source: int
    lone: bool
    is_new: bool = False
    merged_into: "MatchedCall | None" = None

    @property
    def survivor(self) -> "MatchedCall":
        """The call that this one ended up in, after all mergers."""
        call = self
        while call.merged_into:
            call = call.merged_into
        return call


@dataclass(slots=True)
class Alias:
    """One id of a call. `starts_at` is the StartTime said with it."""

    call: MatchedCall
    starts_at: datetime | None


def keys_of(source: int, event: CallEvent) -> list[Key]:
    """The ids under which this event and those that belong to its call can be found."""
    keys = []
    for value in {event.call_id, event.alternate_id} - {""}:
        keys += [(source, kind, value) for kind in (SID, UID, LONE_UID)]
    if event.joining_id:
        keys += [(source, CAMPID, event.joining_id), (source, LONE_CAMP, event.joining_id)]
    return keys


def lock_names(source: int, event: CallEvent) -> list[str]:
    """What two processes must not work on at the same time."""
    ids = {f"{source} id {value}" for value in (event.call_id, event.alternate_id) if value}
    return sorted(ids | ({f"{source} campid {event.joining_id}"} if event.joining_id else set()))


def match(batch: list[Received], live_cache: LiveCache, ids: NextIds) -> "Matching":
    """Give each delivery of the batch that has an event, and no call yet, its call."""
    came = [(received, received.event) for received in batch if received.event and not received.call]
    recalled = [(received, live_cache.meant_by(received.source.id, event)) for received, event in came]
    unmatched = [each for each, (_, call) in zip(came, recalled, strict=True) if call is None]
    wanted = [(received.source.id, event) for received, event in unmatched]
    matching = Matching(wanted, iter(ids.take(Call, len(wanted))))
    for received, event in unmatched:
        matching.place(received.source.id, received.delivery, event)
    for received, _ in unmatched:
        received.call = matching.call_of(received.delivery).id
    for received, call in recalled:
        if call is not None:
            received.call = call.id
            matching.touch(call.id, call.ref, call.source)
    return matching


class Matching:
    """The ids that a batch names, with their calls: read once, then changed by each delivery that is placed.

    `placed` says where each delivery of the batch went, `moves` which older deliveries went to another call, `touched`
    which calls must be derived again.
    """

    def __init__(self, wanted: Iterable[tuple[int, CallEvent]], call_ids: Iterator[int]) -> None:
        self.aliases: dict[Key, list[Alias]] = {}
        self.new_aliases: list[tuple[Key, Alias]] = []
        self.placed: dict[int, tuple[CallEvent, MatchedCall]] = {}
        self.moves: dict[int, MatchedCall] = {}
        self.touched: dict[int, MatchedCall] = {}
        self._call_ids = call_ids
        self._matches: dict[int, MatchedCall] = {}
        by_source: dict[int, list[Key]] = {}
        for source, event in wanted:
            by_source.setdefault(source, []).extend(keys_of(source, event))
        for source, keys in by_source.items():
            self._look_up(source, {kind for _, kind, _ in keys}, {value for _, _, value in keys})

    def _look_up(self, source: int, kinds: set[str], values: set[str]) -> None:
        for kind, value, starts_at, call, ref in select(
            "SELECT a.kind, a.value, a.starts_at, a.call_id, c.ref FROM calls_callalias a"
            " JOIN calls_call c ON c.id = a.call_id WHERE a.source_id = %s AND a.kind IN %s AND a.value IN %s",
            source,
            kinds,
            values,
        ):
            match = self._matches.setdefault(call, MatchedCall(call, ref, source, lone=kind not in _STRONG))
            self.aliases.setdefault((source, kind, value), []).append(Alias(match, moment_from(starts_at)))

    def call_of(self, delivery: int) -> MatchedCall:
        """The call of a delivery of this batch, after all moves and mergers."""
        return (self.moves.get(delivery) or self.placed[delivery][1]).survivor

    def touch(self, call: int, ref: str, source: int) -> None:
        """Note that a call which is known by its CallSid was heard of."""
        self.touched.setdefault(call, self._matches.get(call) or MatchedCall(call, ref, source, lone=False))

    def place(self, source: int, delivery: int, event: CallEvent) -> None:
        """Find the call of this delivery, or make one. Older deliveries that follow it there are noted in `moves`."""
        if event.call_id:
            call = self._strong(source, event)
        else:
            call = self._by_uniqueid(source, event) if event.alternate_id else self._by_campid(source, event)
        self.placed[delivery] = (event, call)
        self.touched[call.id] = call

    # --- with a CallSid -------------------------------------------------------------------------------

    def _strong(self, source: int, event: CallEvent) -> MatchedCall:
        known = self.aliases.get((source, SID, event.call_id))
        lone = self._lone(source, event)
        if known:
            call = known[0].call
        else:
            call = self._adopt(lone.pop(0), event.call_id) if lone else self._new(source, event.call_id, lone=False)
            self._name((source, SID, event.call_id), call, None)
            if (source, UID, event.call_id) in self.aliases:
                self._rebalance((source, UID, event.call_id))
        for other in lone:
            self._merge(other, call)
        if event.alternate_id and event.alternate_id != event.call_id:
            self._link((source, UID, event.alternate_id), call, None)
        if event.joining_id and event.started_at:
            self._link((source, CAMPID, event.joining_id), call, event.started_at)
        return call

    def _lone(self, source: int, event: CallEvent) -> list[MatchedCall]:
        """The calls without a CallSid that are this one: by Uniqueid, or by campid and nearness."""
        found = [alias.call for alias in self.aliases.get((source, LONE_UID, event.call_id), [])]
        if event.alternate_id and (source, SID, event.alternate_id) not in self.aliases:
            found += [alias.call for alias in self.aliases.get((source, LONE_UID, event.alternate_id), [])]
        if event.joining_id and event.started_at:
            near = self.aliases.get((source, LONE_CAMP, event.joining_id), [])
            found += [a.call for a in near if a.starts_at and abs(a.starts_at - event.started_at) <= CAMPAIGN_REACH]
        return sorted({call for call in found if call.lone and not call.merged_into}, key=lambda call: call.id)

    def _adopt(self, lone: MatchedCall, sid: str) -> MatchedCall:
        """Give a lone call the CallSid that it turned out to have. It keeps its row."""
        self._forget_lone(lone)
        lone.lone, lone.ref = False, sid
        self.touched[lone.id] = lone
        return lone

    def _merge(self, lone: MatchedCall, call: MatchedCall) -> None:
        self._forget_lone(lone)
        lone.merged_into = call
        self.touched |= {lone.id: lone, call.id: call}
        for delivery in Delivery.objects.filter(call=lone.id).values_list("id", flat=True):
            self.moves[delivery] = call

    def _forget_lone(self, lone: MatchedCall) -> None:
        for aliases in self.aliases.values():
            aliases[:] = [alias for alias in aliases if alias.call is not lone]
        self.new_aliases = [(key, alias) for key, alias in self.new_aliases if alias.call is not lone]
        CallAlias.objects.filter(call=lone.id).delete()

    def _link(self, key: Key, call: MatchedCall, starts_at: datetime | None) -> None:
        """Note an id that was said next to a CallSid. Deliveries that came by this id may belong to this call now."""
        if any(alias.call is call and alias.starts_at == starts_at for alias in self.aliases.get(key, [])):
            return
        self._name(key, call, starts_at)
        if len(self.aliases[key]) > 1:
            self._rebalance(key)

    def _rebalance(self, key: Key) -> None:
        """Decide again where the deliveries belong that came by this id, because several calls have named it."""
        for call in dict.fromkeys(alias.call for alias in self.aliases[key]):
            for delivery, event in self._events(call):
                if event.call_id or (event.alternate_id or event.joining_id) != key[2]:
                    continue
                best = self._named(key[0], key[2]) if event.alternate_id else self._nearest(key, event.started_at)
                if best and best is not call:
                    self.moves[delivery] = best
                    self.touched |= {best.id: best, call.id: call}

    # --- without --------------------------------------------------------------------------------------

    def _by_uniqueid(self, source: int, event: CallEvent) -> MatchedCall:
        key = (source, LONE_UID, event.alternate_id)
        return self._named(source, event.alternate_id) or self._lone_at(key, None, event.alternate_id)

    def _named(self, source: int, value: str) -> MatchedCall | None:
        if own := self.aliases.get((source, SID, value)):
            return own[0].call
        return min((a.call for a in self.aliases.get((source, UID, value), [])), key=lambda c: c.ref, default=None)

    def _by_campid(self, source: int, event: CallEvent) -> MatchedCall:
        near = self._nearest((source, CAMPID, event.joining_id), event.started_at)
        return near or self._lone_at((source, LONE_CAMP, event.joining_id), event.started_at, event.joining_id)

    def _nearest(self, key: Key, starts_at: datetime | None) -> MatchedCall | None:
        if starts_at is None:
            return None
        distances = [
            (abs(alias.starts_at - starts_at), alias.call.ref, alias.call)
            for alias in self.aliases.get(key, [])
            if alias.starts_at and abs(alias.starts_at - starts_at) <= CAMPAIGN_REACH
        ]
        return min(distances, key=lambda found: found[:2])[2] if distances else None

    def _lone_at(self, key: Key, starts_at: datetime | None, ref: str) -> MatchedCall:
        for alias in self.aliases.get(key, []):
            if alias.starts_at == starts_at:
                return alias.call
        call = self._new(key[0], ref, lone=True)
        self._name(key, call, starts_at)
        return call

    # --- bookkeeping ----------------------------------------------------------------------------------

    def _new(self, source: int, ref: str, lone: bool) -> MatchedCall:
        call = MatchedCall(next(self._call_ids), ref, source, lone, is_new=True)
        self._matches[call.id] = call
        return call

    def _name(self, key: Key, call: MatchedCall, starts_at: datetime | None) -> None:
        alias = Alias(call, starts_at)
        self.aliases.setdefault(key, []).append(alias)
        self.new_aliases.append((key, alias))

    def _events(self, call: MatchedCall) -> list[tuple[int, CallEvent]]:
        """The events of a call: the stored ones that stay with it, and those that this batch has placed there."""
        drawn = [delivery for delivery, owner in self.moves.items() if owner is call and delivery not in self.placed]
        rows = Delivery.objects.filter(Q(call=call.id) | Q(id__in=drawn), result=Result.APPLIED)
        stored = {
            delivery: load(text, delivery)
            for delivery, text in rows.values_list("id", "event")
            if self.moves.get(delivery, call) is call
        }
        placed = {delivery: event for delivery, (event, _) in self.placed.items() if self.call_of(delivery) is call}
        return [*(stored | placed).items()]
