"""One transaction: store what came, derive the calls it touches again, and number the changes.

Two processes that share a PostgreSQL database lock the ids they work on first, the head row last: deliveries of
one call that meet in two processes end as in one, and numbers become visible in their order.
"""

import hashlib
import hmac
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction
from django.db.models import Q

from calls.bulk import Table, lock_keys, moment_from, new_ids, select, try_keys
from calls.events import CallEvent, dump, load
from calls.known import Known, KnownSource
from calls.lifecycle import MANY_EVENTS, CallFacts, derive, teaches
from calls.matching import Match, Matching, lock_names
from calls.models import Agent, Call, CallAlias, CallGroup, Delivery, Head, VirtualNumber
from calls.models.directory import DirectoryNumber
from calls.numbers import digits_reversed, match_key
from calls.words import Direction, Result, State

TRIES = 5
"""Beginnings of a transaction before it waits for locks out of their order."""
MANY_CALLS = 200
"""Calls derived again at once when a number becomes known; the rest follows when the directory is settled."""


@dataclass(slots=True)
class Received:
    """A delivery on its way into the database. `commit` fills in `delivery`, `result`, `reason` and `call`.

    A `replayed` one is there already, has its `delivery`, and keeps its `call` where that is given.
    """

    source: KnownSource
    received_at: datetime
    method: str
    query: str
    content_type: str
    content_encoding: str
    body: bytes
    body_size: int
    content_key: str
    event: CallEvent | None = None
    result: Result = Result.APPLIED
    reason: str = ""
    flags: str = ""
    delivery: int = 0
    call: int | None = None
    replayed: bool = False

    def quarantine(self, reason: str) -> None:
        self.event, self.result, self.reason, self.call = None, Result.QUARANTINED, reason, None


_DELIVERIES = Table(
    Delivery,
    (
        "id", "source_id", "received_at", "method", "query", "content_type", "content_encoding", "body", "body_size",
        "content_key", "result", "reason", "flags", "event", "call_id",
    ),
)  # fmt: skip
_SHOWN = (
    "direction", "state", "provisional", "outcome", "reason", "provider_status", "customer_number", "virtual_number",
    "agent_number", "agent_name", "ring_attempts", "began_at", "started_at", "ringing_at", "answered_at", "ended_at",
    "wait_seconds", "talk_seconds", "duration_seconds", "coins", "recording_url", "roles_assumed", "flags",
)  # fmt: skip
_CALL_COLUMNS = (
    "id", "source_id", "ref", "group_id", "customer_key", "customer_reversed", "set_by", "heard_at", "digest", "seq",
    *_SHOWN,
)  # fmt: skip
# Columns with an index of their own that most deliveries leave as they are.
_FIXED = (
    "source_id", "ref", "group_id", "customer_reversed", "direction", "outcome", "virtual_number", "agent_number",
    "began_at",
)  # fmt: skip
_CHANGING = tuple(name for name in _CALL_COLUMNS if name not in _FIXED)
_CALLS = Table(Call, _CALL_COLUMNS)
_CALLS_CHANGING = Table(Call, _CHANGING)
_ALIASES = Table(CallAlias, ("id", "source_id", "kind", "value", "starts_at", "call_id"))


class Stored(NamedTuple):
    """What is needed of a call's row before it is written again."""

    digest: str
    seq: int
    fixed: tuple[Any, ...]


def _fixed(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _FIXED)


class NewCalls:
    """How many new calls each source began in the running minute."""

    def __init__(self) -> None:
        self._minute = 0
        self._count: dict[int, int] = defaultdict(int)

    def too_many(self, source: KnownSource) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._count = minute, defaultdict(int)
        return self._count[source.id] >= source.new_calls_per_minute

    def note(self, source: int) -> None:
        self._count[source] += 1


_new_calls = NewCalls()
_BY_CIRCUMSTANCE = ("failed", "source_disabled", "too_many_new_calls", "too_many_events", "unknown_provider")
"""Why a delivery was not applied although it says enough: a repeat of it may be."""


def commit(batch: list[Received], known: Known, again: Iterable[int] = ()) -> None:
    """Store the batch, derive the calls it touches and those in `again`, and number what changed.

    Raises database errors, and then nothing of the batch is stored, and the batch is as it came.
    """
    needed: set[str] = set()
    for patiently in [*[False] * TRIES, True]:
        try:
            _commit(batch, known, list(again), needed, patiently)
        except _TakenByAnother as taken:
            needed |= taken.names
        else:
            return


def _commit(batch: list[Received], known: Known, again: list[int], needed: set[str], patiently: bool) -> None:
    known.refresh()
    came = [(each, each.event, each.result, each.reason, each.delivery, each.call) for each in batch]
    try:
        with transaction.atomic():
            _Commit(batch, known, needed, patiently).run(again)
    except BaseException:
        known.forget()
        for each, event, result, reason, delivery, call in came:
            each.event, each.result, each.reason, each.delivery, each.call = event, result, reason, delivery, call
        raise


class _TakenByAnother(Exception):
    """Another process holds what this one found out late that it needs: begin anew, with it in its place."""

    def __init__(self, names: set[str]) -> None:
        super().__init__()
        self.names = names


class _Commit:
    """The steps of one transaction, in their order."""

    def __init__(self, batch: list[Received], known: Known, needed: set[str], patiently: bool) -> None:
        self.batch, self.known = batch, known
        self.needed, self.patiently = needed, patiently
        self.locked: set[str] = set()
        self.new_numbers: list[DirectoryNumber] = []
        self.new_names: dict[tuple[int, str], tuple[datetime, str]] = {}
        self.repeats: list[tuple[Received, Received]] = []
        self.replayed = {received.delivery for received in batch if received.replayed}

    def run(self, again: list[int]) -> None:
        self.lock(self.needed.union(*map(_names_to_lock, self.batch)))
        self.tell_duplicates()
        for received, delivery in zip(self.batch, new_ids(Delivery, len(self.batch)), strict=True):
            received.delivery = received.delivery or delivery
        matching = self.match()
        again += self.learn()
        touched = self.touched(matching, again)
        self.lock_late({f"{call.source} id {call.ref}" for call in touched.values()})
        events = self.events_of(touched, matching)
        self.limit(events, touched)
        self.store()
        self.move(matching)
        self.write_calls(touched, events)
        self.write_aliases(matching, touched)

    def lock(self, names: set[str]) -> None:
        lock_keys(names)
        self.locked |= names

    def lock_late(self, names: set[str]) -> None:
        """Lock what only now turned out to be needed, out of order: waiting here could be for one who waits for us.

        PostgreSQL would end one of the two, but after a second, which is longer than a webhook has.
        """
        wanted = names - self.locked
        if not wanted:
            return
        if self.patiently:
            self.lock(wanted)
        elif not try_keys(wanted):
            raise _TakenByAnother(wanted)

    # --- what came -------------------------------------------------------------------------------------

    def tell_duplicates(self) -> None:
        """A delivery that says what another one of the source said before: kept, and changes nothing."""
        first: dict[tuple[int, str], int | Received | None] = {}
        sources = {received.source.id for received in self.batch}
        keys = {received.content_key for received in self.batch}
        stored = "SELECT id, source_id, content_key, call_id, reason FROM calls_delivery"
        stored += " WHERE source_id IN %s AND content_key IN %s AND result <> %s"
        for delivery, source, key, call, reason in select(stored, sources, keys, str(Result.DUPLICATE)) if keys else ():
            if delivery not in self.replayed and reason not in _BY_CIRCUMSTANCE:
                first[source, key] = call
        for received in self.batch:
            original = first.setdefault((received.source.id, received.content_key), received)
            if original is received:
                continue
            received.event, received.result, received.reason = None, Result.DUPLICATE, ""
            if isinstance(original, Received):
                self.repeats.append((received, original))
            else:
                received.call = original

    def match(self) -> Matching:
        unmatched = [(received, received.event) for received in self.batch if received.event and not received.call]
        wanted = [(received.source.id, event) for received, event in unmatched]
        matching = Matching(wanted, iter(new_ids(Call, len(wanted))))
        for received, event in unmatched:
            matching.place(received.source.id, received.delivery, event)
        for received, _ in unmatched:
            received.call = matching.call_of(received.delivery).id
        return matching

    def limit(self, events: dict[int, list[CallEvent]], touched: dict[int, Match]) -> None:
        """Quarantine what floods: too many new calls of one source, too many events of one call."""
        for received in self.batch:
            call = touched.get(received.call or 0) if received.event else None
            if call is None:
                continue
            said = events[call.id]
            # A replay may well make more calls anew in a minute than a provider ever should.
            begins = call.is_new and said[0].delivery == received.delivery and not received.replayed
            if begins and _new_calls.too_many(received.source):
                self.refuse(received, "too_many_new_calls", call, events, touched)
            elif len(said) > MANY_EVENTS:
                self.refuse(received, "too_many_events", call, events, touched)
            elif begins:
                _new_calls.note(received.source.id)

    @staticmethod
    def refuse(
        received: Received, reason: str, call: Match, events: dict[int, list[CallEvent]], touched: dict[int, Match]
    ) -> None:
        events[call.id] = [event for event in events[call.id] if event.delivery != received.delivery]
        received.quarantine(reason)
        if not events[call.id]:
            del events[call.id], touched[call.id]

    def store(self) -> None:
        for repeat, original in self.repeats:
            repeat.call = original.call
        _DELIVERIES.insert([_delivery_row(received) for received in self.batch if not received.replayed])
        for received in self.batch:
            if received.replayed:
                Delivery.objects.filter(id=received.delivery).update(
                    content_key=received.content_key,
                    result=received.result,
                    reason=received.reason,
                    flags=received.flags,
                    event=dump(received.event) if received.event else "",
                    call=received.call,
                )

    # --- the directory ---------------------------------------------------------------------------------

    def learn(self) -> list[int]:
        """Take note of numbers of ours that deliveries prove. Returns calls in which they play a part already."""
        again: list[int] = []
        for received in self.batch:
            if received.event is None:
                continue
            lessons = teaches(received.event)
            source = received.source.id
            again += self.learn_number(VirtualNumber, "line", source, lessons.line) if lessons.line else []
            again += self.learn_number(Agent, "agent", source, lessons.agent) if lessons.agent else []
        return again

    def learn_number(self, model: type[DirectoryNumber], kind: str, source: int, number: str) -> list[int]:
        directory, key = self.known.directories[source], match_key(number)
        ours = directory.agents if kind == "agent" else directory.lines
        if key in ours or (kind, key) in directory.refused:
            return []
        ours[key] = ""
        other = calls_with(number).filter(BY_DIRECTORY, source=source)
        again = list(other.values_list("id", flat=True)[:MANY_CALLS])
        # One process, and all its calls derived again in this very commit: nothing is left to settle.
        settled = connection.vendor == "sqlite" and len(again) < MANY_CALLS
        self.new_numbers.append(model(source_id=source, number=number, number_key=key, settled=settled))
        return again

    def learn_names(self, source: int, facts: CallFacts) -> None:
        """The latest report's name for an agent is the agent's, until a person gives another."""
        names, key = self.known.directories[source].names, match_key(facts.agent_number or "")
        if not facts.agent_name or facts.roles_assumed or key not in self.known.directories[source].agents:
            return
        named_at, name = names.get(key, (None, ""))
        if (facts.began_at, facts.agent_name) > (named_at or datetime.min.replace(tzinfo=facts.began_at.tzinfo), name):
            names[key] = (facts.began_at, facts.agent_name)
            if facts.agent_name != name:
                self.new_names[source, key] = (facts.began_at, facts.agent_name)

    def write_directory(self) -> None:
        """Write down what was learned; late, behind the head row, and sorted: two processes learn the same at once."""
        for model in (VirtualNumber, Agent):
            rows: list[Any] = [row for row in self.new_numbers if isinstance(row, model)]
            rows.sort(key=lambda row: (row.source_id, row.number_key))
            model._default_manager.bulk_create(rows, ignore_conflicts=True)
        for (source, key), (named_at, name) in sorted(self.new_names.items()):
            Agent.objects.filter(source=source, number_key=key).update(learned_name=name, named_at=named_at)

    def group_id(self, name: str | None) -> int | None:
        if not name:
            return None
        if name not in self.known.groups:
            self.known.groups[name] = CallGroup.objects.get_or_create(name=name)[0].pk
        return self.known.groups[name]

    # --- the calls -------------------------------------------------------------------------------------

    @staticmethod
    def touched(matching: Matching, again: list[int]) -> dict[int, Match]:
        touched = dict(matching.touched)
        wanted = [call for call in again if call not in touched]
        if wanted:
            rows = Call.objects.standing().filter(id__in=wanted).values_list("id", "ref", "source_id")
            touched |= {call: Match(call, ref, source, lone=False) for call, ref, source in rows}
        return touched

    def events_of(self, touched: dict[int, Match], matching: Matching) -> dict[int, list[CallEvent]]:
        """All events of the touched calls, stored ones and new ones, by the call they belong to now."""
        events: dict[int, list[CallEvent]] = defaultdict(list)
        stored = [call.id for call in touched.values() if not call.is_new]
        if stored:
            applied = "SELECT id, call_id, event FROM calls_delivery WHERE call_id IN %s AND result = %s"
            for delivery, call, text in select(applied, stored, str(Result.APPLIED)):
                if delivery in self.replayed:
                    continue
                owner = matching.moves.get(delivery)
                events[owner.id if owner else call].append(load(text, delivery))
        for received in self.batch:
            if received.event and received.call:
                events[received.call].append(_known_as(received.event, received.delivery))
        return events

    @staticmethod
    def move(matching: Matching) -> None:
        by_call: dict[Match, list[int]] = defaultdict(list)
        for delivery, owner in matching.moves.items():
            by_call[owner].append(delivery)
        for call, deliveries in by_call.items():
            moved = Delivery.objects.filter(id__in=deliveries)
            keys = list(moved.values_list("content_key", flat=True))
            repeats = Q(source=call.source, content_key__in=keys, result=Result.DUPLICATE)
            Delivery.objects.filter(Q(id__in=deliveries) | repeats).update(call=call.id)

    def write_calls(self, touched: dict[int, Match], events: dict[int, list[CallEvent]]) -> None:
        stored = self.stored(touched)
        standing = [call for call in touched.values() if call.merged_into is None]
        rows = [self.call_row(call, events[call.id], stored.get(call.id)) for call in standing if events.get(call.id)]
        merged = [call for call in touched.values() if call.merged_into and not call.is_new]
        merged += [call for call in standing if not events.get(call.id) and not call.is_new]
        changed = [row for row in rows if row["seq"] is None]
        head = take_numbers(len(changed) + len(merged))
        self.write_directory()
        for row in changed:
            row["seq"], head = head, head + 1
        same = [row for row in rows if row["id"] in stored and stored[row["id"]].fixed == _fixed(row)]
        _CALLS_CHANGING.change([tuple(row[name] for name in _CHANGING) for row in same])
        others = {row["id"] for row in rows} - {row["id"] for row in same}
        _CALLS.upsert([tuple(row.values()) for row in rows if row["id"] in others])
        for call in merged:
            # One that nothing is left of is merged into itself: gone, but its number tells the boards.
            Call.objects.filter(id=call.id).update(merged_into=_final(call).id, seq=head)
            CallAlias.objects.filter(call=call.id).delete()
            head += 1

    @staticmethod
    def stored(touched: dict[int, Match]) -> dict[int, "Stored"]:
        stored = [call.id for call in touched.values() if not call.is_new]
        if not stored:
            return {}
        rows = select(f"SELECT id, digest, seq, {', '.join(_FIXED)} FROM calls_call WHERE id IN %s", stored)  # noqa: S608
        return {
            call: Stored(digest, seq, (*fixed, moment_from(began_at))) for call, digest, seq, *fixed, began_at in rows
        }

    def call_row(self, call: Match, events: list[CallEvent], stored: "Stored | None") -> dict[str, Any]:
        """The call's columns. `seq` is None where it changed visibly and wants a number."""
        source = self.known.sources[call.source]
        facts = derive(events, self.known.directories[call.source].view)
        if source.synthetic:
            facts.flags = sorted({*facts.flags, "synthetic"})
        self.learn_names(call.source, facts)
        group = self.group_id(facts.group)
        values = {name: getattr(facts, name) for name in _SHOWN}
        # While a call is live, being heard of moves the moment at which it counts as lost track.
        heard = facts.heard_at if facts.state is not State.ENDED else None
        digest = hashlib.blake2b(
            orjson.dumps([call.ref, group, heard, list(values.values())]), digest_size=16
        ).hexdigest()
        return {
            "id": call.id,
            "source_id": call.source,
            "ref": call.ref,
            "group_id": group,
            "customer_key": pseudonym(facts.customer_number, self.known.pseudonym_key),
            "customer_reversed": digits_reversed(facts.customer_number),
            "set_by": facts.set_by,
            "heard_at": facts.heard_at,
            "digest": digest,
            "seq": stored.seq if stored and stored.digest == digest else None,
            **values,
        }

    @staticmethod
    def write_aliases(matching: Matching, touched: dict[int, Match]) -> None:
        new = [(key, alias) for key, alias in matching.new_aliases if alias.call.id in touched]
        ids = new_ids(CallAlias, len(new))
        _ALIASES.insert(
            [(number, *key, alias.starts_at, alias.call.id) for number, (key, alias) in zip(ids, new, strict=True)]
        )


# On incoming calls the position of the fields says who is who, unless a delivery did not tell the direction.
BY_DIRECTORY = ~Q(direction=Direction.INCOMING) | Q(roles_assumed=True)


def calls_with(number: str) -> Any:
    """Standing calls in which this number plays any part."""
    part = Q(agent_number=number) | Q(virtual_number=number)
    if backwards := digits_reversed(number):
        part |= Q(customer_reversed=backwards)
    return Call.objects.standing().filter(part)


CHANNEL = "callboard"
"""What PostgreSQL tells of every commit that changed something: the epoch and the number of its latest change."""


def take_numbers(count: int) -> int:
    """Take the next numbers, and return the first. The head row stays locked until the transaction ends.

    On PostgreSQL the commit itself tells the other processes (NOTIFY): no crash can come between the two.
    """
    if not count:
        return 0
    with connection.cursor() as cursor:
        cursor.execute('UPDATE "calls_head" SET seq = seq + %s WHERE id = 1 RETURNING seq, epoch', [count])
        row = cursor.fetchone()
        if row is None:
            Head.objects.get_or_create(id=1)
            return take_numbers(count)
        seq, epoch = row
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{epoch} {seq}"])
    return int(seq) - count + 1


def pseudonym(number: str | None, key: bytes) -> str | None:
    """A stable stand-in for a number, under a key that never leaves this database.

    None for what is no number of one person: withheld ("anonymous") and masked ("90XXXXXX01") ones.
    """
    if not number or not number.removeprefix("+").isdigit():
        return None
    return hmac.new(key, number.encode(), "sha256").hexdigest()[:16]


def _names_to_lock(received: Received) -> list[str]:
    if received.event:
        return lock_names(received.source.id, received.event)
    return [f"{received.source.id} content {received.content_key}"]


def _known_as(event: CallEvent, delivery: int) -> CallEvent:
    object.__setattr__(event, "delivery", delivery)
    return event


def _final(call: Match) -> Match:
    while call.merged_into:
        call = call.merged_into
    return call


def _delivery_row(received: Received) -> tuple[Any, ...]:
    return (
        received.delivery,
        received.source.id,
        received.received_at,
        received.method,
        received.query,
        received.content_type,
        received.content_encoding,
        received.body,
        received.body_size,
        received.content_key,
        str(received.result),
        received.reason,
        received.flags,
        dump(received.event) if received.event else "",
        received.call,
    )
