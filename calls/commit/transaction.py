"""One transaction: store what came, derive the calls it touches again, and number the changes.

Two processes that share a PostgreSQL database lock the ids they work on first, the head row last: deliveries of
one call that meet in two processes end as in one, and numbers become visible in their order.
"""

import hashlib
import hmac
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Q

from calls.commit.cache import Cache, CachedSource
from calls.commit.live_cache import Stored
from calls.commit.matching import MatchedCall, Matching, lock_names
from calls.commit.received import Received
from calls.database.bulk import NextIds, Table, lock_keys, moment_from, select, try_keys
from calls.database.columns import Columns
from calls.database.numbering import Changes, take_numbers
from calls.models import Agent, Call, CallAlias, CallGroup, Delivery, VirtualNumber
from calls.models.directory import DirectoryNumber
from calls.phones import digits_reversed, match_key
from calls.rules.derive import MOST_EVENTS_OF_A_CALL, derive
from calls.rules.events import CallEvent, dump, load
from calls.rules.facts import CallFacts
from calls.rules.roles import teaches
from calls.words import Direction, Result, State

MAX_TRIES = 5
"""Beginnings of a transaction before it waits for locks out of their order."""
MAX_CALLS_DERIVED_AT_ONCE = 200
"""Calls derived again at once when a number becomes known; the rest follows when the directory is settled."""


_DELIVERIES = Table(
    Delivery,
    (
        "id", "source_id", "received_at", "method", "query", "content_type", "content_encoding", "body", "body_size",
        "content_key", "result", "reason", "flags", "event", "call_id", "part_of_id", "part",
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
_CHANGING = tuple(name for name in _CALL_COLUMNS if name not in ("id", *_FIXED))
_CALLS = Table(Call, _CALL_COLUMNS)
_ALIASES = Table(CallAlias, ("id", "source_id", "kind", "value", "starts_at", "call_id"))

_PLACE = {name: place for place, name in enumerate((*_CALL_COLUMNS, "merged_into_id"))}
_ID, _DIGEST, _SEQ, _STATE, _COINS = (_PLACE[name] for name in ("id", "digest", "seq", "state", "coins"))
_SOURCE, _DIRECTION, _ROLES_ASSUMED = (_PLACE[name] for name in ("source_id", "direction", "roles_assumed"))
_AGENT, _LINE, _CUSTOMER = (_PLACE[name] for name in ("agent_number", "virtual_number", "customer_number"))
_REVERSED = _PLACE["customer_reversed"]
_shown_of = attrgetter(*_SHOWN)
_fixed_of = itemgetter(*(_PLACE[name] for name in _FIXED))
_columns_of = itemgetter(*(_PLACE[name] for name in Columns._fields))

CallRow = list[Any]
"""A call's columns, in the order of `_CALL_COLUMNS`."""


class NewCalls:
    """How many new calls each source began in the running minute."""

    def __init__(self) -> None:
        self._minute = 0
        self._count: dict[int, int] = defaultdict(int)

    def too_many(self, source: CachedSource) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._count = minute, defaultdict(int)
        return self._count[source.id] >= source.new_calls_per_minute

    def note(self, source: int) -> None:
        self._count[source] += 1


_new_calls = NewCalls()
_BY_CIRCUMSTANCE = ("failed", "source_disabled", "too_many_new_calls", "too_many_events", "unknown_provider")
"""Why a delivery was not applied although it says enough: a repeat of it may be."""


def commit(batch: list[Received], cache: Cache, again: Iterable[int] = ()) -> Changes | None:
    """Store the batch, derive the calls it touches and those in `again`, and number what changed.

    Gives what changed visibly, if anything did. Raises database errors, and then nothing of the batch is stored, and
    the batch is as it came.
    """
    needed: set[str] = set()
    for last_try in [*[False] * MAX_TRIES, True]:
        try:
            return _commit(batch, cache, list(again), needed, last_try)
        except _TakenByAnother as taken:
            needed |= taken.names
    raise AssertionError("the last try waits for its locks")


def _commit(batch: list[Received], cache: Cache, again: list[int], needed: set[str], last_try: bool) -> Changes | None:
    cache.refresh()
    came = [(each, each.event, each.result, each.reason, each.delivery, each.call) for each in batch]
    try:
        with transaction.atomic():
            return _Commit(batch, cache, needed, last_try).run(again)
    except BaseException:
        cache.forget()
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

    def __init__(self, batch: list[Received], cache: Cache, needed: set[str], last_try: bool) -> None:
        self.batch, self.cache, self.live_cache = batch, cache, cache.live_cache
        self.needed, self.last_try, self.ids = needed, last_try, NextIds()
        self.shared = connection.vendor == "postgresql"  # with other processes; SQLite has one writer at a time anyway
        self.locked: set[str] = set()
        self.new_numbers: list[DirectoryNumber] = []
        self.new_names: dict[tuple[int, str], tuple[datetime, str]] = {}
        self.repeats: list[tuple[Received, Received]] = []
        self.replayed = {received.delivery for received in batch if received.replayed}

    def run(self, again: list[int]) -> Changes | None:
        if self.shared:
            self.lock(self.needed.union(*map(_names_to_lock, self.batch)))
        self.live_cache.check()
        self.tell_duplicates()
        for received, delivery in zip(self.batch, self.ids.take(Delivery, len(self.batch)), strict=True):
            received.delivery = received.delivery or delivery
        matching = self.match()
        again += self.learn()
        touched = self.touched(matching, again)
        if self.shared:
            self.lock_late({f"{call.source} id {call.ref}" for call in touched.values()})
        if matching.moves or self.replayed:
            self.live_cache.forget()
        events = self.events_of(touched, matching)
        self.limit(events, touched)
        self.store()
        self.move(matching)
        changes = self.write_calls(touched, events)
        self.write_aliases(matching, touched)
        self.live_cache.keep()
        return changes

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
        if self.last_try:
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
        came = [(received, received.event) for received in self.batch if received.event and not received.call]
        recalled = [(received, self.live_cache.meant_by(received.source.id, event)) for received, event in came]
        unmatched = [each for each, (_, call) in zip(came, recalled, strict=True) if call is None]
        wanted = [(received.source.id, event) for received, event in unmatched]
        matching = Matching(wanted, iter(self.ids.take(Call, len(wanted))))
        for received, event in unmatched:
            matching.place(received.source.id, received.delivery, event)
        for received, _ in unmatched:
            received.call = matching.call_of(received.delivery).id
        for received, call in recalled:
            if call is not None:
                received.call = call.id
                matching.touch(call.id, call.ref, call.source)
        return matching

    def limit(self, events: dict[int, list[CallEvent]], touched: dict[int, MatchedCall]) -> None:
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
            elif len(said) > MOST_EVENTS_OF_A_CALL:
                self.refuse(received, "too_many_events", call, events, touched)
            elif begins:
                _new_calls.note(received.source.id)

    @staticmethod
    def refuse(
        received: Received,
        reason: str,
        call: MatchedCall,
        events: dict[int, list[CallEvent]],
        touched: dict[int, MatchedCall],
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
        directory, key = self.cache.directories[source], match_key(number)
        ours = directory.agents if kind == "agent" else directory.lines
        if key in ours or (kind, key) in directory.refused:
            return []
        ours[key] = ""
        again = list(calls_with(number, source, BY_DIRECTORY)[:MAX_CALLS_DERIVED_AT_ONCE])
        # One process, and all its calls derived again in this very commit: nothing is left to settle.
        settled = connection.vendor == "sqlite" and len(again) < MAX_CALLS_DERIVED_AT_ONCE
        self.new_numbers.append(model(source_id=source, number=number, number_key=key, settled=settled))
        return again

    def learn_names(self, source: int, facts: CallFacts) -> None:
        """The latest report's name for an agent is the agent's, until a person gives another."""
        names, key = self.cache.directories[source].names, match_key(facts.agent_number or "")
        if not facts.agent_name or facts.roles_assumed or key not in self.cache.directories[source].agents:
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
        if name not in self.cache.groups:
            self.cache.groups[name] = CallGroup.objects.get_or_create(name=name)[0].pk
        return self.cache.groups[name]

    # --- the calls -------------------------------------------------------------------------------------

    @staticmethod
    def touched(matching: Matching, again: list[int]) -> dict[int, MatchedCall]:
        touched = dict(matching.touched)
        wanted = [call for call in again if call not in touched]
        if wanted:
            rows = Call.objects.standing().filter(id__in=wanted).values_list("id", "ref", "source_id")
            touched |= {call: MatchedCall(call, ref, source, lone=False) for call, ref, source in rows}
        return touched

    def events_of(self, touched: dict[int, MatchedCall], matching: Matching) -> dict[int, list[CallEvent]]:
        """All events of the touched calls, stored ones and new ones, by the call they belong to now."""
        events: dict[int, list[CallEvent]] = defaultdict(list)
        stored = []
        for call in touched.values():
            if known := self.live_cache.of(call.id):
                events[call.id] = list(known.events)
            elif not call.is_new:
                stored.append(call.id)
        if stored:
            # Which of them were applied is looked at here: the database might look through all that ever were.
            heard = "SELECT id, call_id, event, result FROM calls_delivery WHERE call_id IN %s"
            for delivery, call, text, result in select(heard, stored):
                if result != Result.APPLIED or delivery in self.replayed:
                    continue
                owner = matching.moves.get(delivery)
                events[owner.id if owner else call].append(load(text, delivery))
        for received in self.batch:
            if received.event and received.call:
                events[received.call].append(_known_as(received.event, received.delivery))
        return events

    @staticmethod
    def move(matching: Matching) -> None:
        by_call: dict[MatchedCall, list[int]] = defaultdict(list)
        for delivery, owner in matching.moves.items():
            by_call[owner].append(delivery)
        for call, deliveries in by_call.items():
            moved = Delivery.objects.filter(id__in=deliveries)
            keys = list(moved.values_list("content_key", flat=True))
            repeats = Q(source=call.source, content_key__in=keys, result=Result.DUPLICATE)
            Delivery.objects.filter(Q(id__in=deliveries) | repeats).update(call=call.id)

    def write_calls(self, touched: dict[int, MatchedCall], events: dict[int, list[CallEvent]]) -> Changes | None:
        stored = self.stored(touched)
        standing = [call for call in touched.values() if call.merged_into is None]
        rows = [self.call_row(call, events[call.id], stored.get(call.id)) for call in standing if events.get(call.id)]
        merged = [call for call in touched.values() if call.merged_into and not call.is_new]
        merged += [call for call in standing if not events.get(call.id) and not call.is_new]
        changed = [row for row in rows if row[_SEQ] is None]
        count = len(changed) + len(merged)
        first, epoch = take_numbers(count)
        self.write_directory()
        for number, row in enumerate(changed, start=first):
            row[_SEQ] = number
        _CALLS.insert([row for row in rows if row[_ID] not in stored])
        _CALLS.change([(_differing(row, stored[row[_ID]]), row) for row in rows if row[_ID] in stored])
        for number, call in enumerate(merged, start=first + len(changed)):
            # One that nothing is left of is merged into itself: gone, but its number tells the boards.
            Call.objects.filter(id=call.id).update(merged_into=_final(call).id, seq=number)
            CallAlias.objects.filter(call=call.id).delete()
        self.note_numbers(rows, events)
        self.remember(rows, merged, touched, events)
        calls = None if merged else [_as_read(row) for row in changed]
        return Changes(epoch, first, first + count - 1, calls) if count else None

    def note_numbers(self, rows: list[CallRow], events: dict[int, list[CallEvent]]) -> None:
        """Note the numbers by which the directory could change a call, and `calls_with` not find it by its row."""
        wanted = {(row[_SOURCE], row[_ID], number) for row in rows for number in _unfound(row, events[row[_ID]])}
        if not wanted:
            return
        noted = "SELECT source_id, call_id, value FROM calls_callalias WHERE kind = %s AND call_id IN %s"
        new = sorted(wanted.difference(select(noted, NUMBER, {call for _, call, _ in wanted})))
        by_id = zip(self.ids.take(CallAlias, len(new)), new, strict=True)
        _ALIASES.insert([(alias, source, NUMBER, number, None, call) for alias, (source, call, number) in by_id])

    def remember(
        self,
        rows: list[CallRow],
        merged: list[MatchedCall],
        touched: dict[int, MatchedCall],
        events: dict[int, list[CallEvent]],
    ) -> None:
        """Of an ended call nothing more is expected than a repeat."""
        self.live_cache.drop(call.id for call in merged)
        for row in rows:
            call = touched[row[_ID]]
            if row[_STATE] == State.ENDED:
                self.live_cache.drop([call.id])
                continue
            stored = Stored(row[_DIGEST], row[_SEQ], _fixed_of(row))
            self.live_cache.remember(call.id, call.ref, call.source, events[call.id], stored)

    def stored(self, touched: dict[int, MatchedCall]) -> dict[int, Stored]:
        found = {call: known.stored for call in touched if (known := self.live_cache.of(call))}
        wanted = [call.id for call in touched.values() if not call.is_new and call.id not in found]
        if wanted:
            rows = select(f"SELECT id, digest, seq, {', '.join(_FIXED)} FROM calls_call WHERE id IN %s", wanted)  # noqa: S608
            for call, digest, seq, *fixed, began_at in rows:
                found[call] = Stored(digest, seq, (*fixed, moment_from(began_at)))
        return found

    def call_row(self, call: MatchedCall, events: list[CallEvent], stored: Stored | None) -> CallRow:
        """The call's columns. `seq` is None where it changed visibly and wants a number."""
        source = self.cache.sources[call.source]
        facts = derive(events, self.cache.directories[call.source].view)
        if source.synthetic:
            facts.flags = sorted({*facts.flags, "synthetic"})
        self.learn_names(call.source, facts)
        group = self.group_id(facts.group)
        for attempt in facts.ring_attempts:
            attempt["at"] = attempt["at"].isoformat()
        direction, state, provisional, outcome, *others = _shown_of(facts)
        # As plain text: the database driver and the encoder are slow with members of an enumeration.
        shown = [str(direction), str(state), provisional, outcome and str(outcome), *others]
        # While a call is live, being heard of moves the moment at which it counts as lost track.
        heard = facts.heard_at if facts.state is not State.ENDED else None
        digest = hashlib.blake2b(orjson.dumps([call.ref, group, heard, shown]), digest_size=16).hexdigest()
        return [
            call.id,
            call.source,
            call.ref,
            group,
            pseudonym(facts.customer_number, self.cache.pseudonym_key),
            digits_reversed(facts.customer_number),
            facts.set_by,
            facts.heard_at,
            digest,
            stored.seq if stored and stored.digest == digest else None,
            *shown,
        ]

    def write_aliases(self, matching: Matching, touched: dict[int, MatchedCall]) -> None:
        new = [(key, alias) for key, alias in matching.new_aliases if alias.call.id in touched]
        ids = self.ids.take(CallAlias, len(new))
        _ALIASES.insert(
            [(number, *key, alias.starts_at, alias.call.id) for number, (key, alias) in zip(ids, new, strict=True)]
        )


# On incoming calls the position of the fields says who is who, unless a delivery did not tell the direction.
BY_DIRECTORY = ~Q(direction=Direction.INCOMING) | Q(roles_assumed=True)
NUMBER = "number"
"""The kind of a `CallAlias` that holds a number, as `match_key` has it."""


def calls_with(number: str, source: int, in_question: Q) -> Any:
    """The ids of standing calls whose row shows this number, of those in question; and of those it is noted for.

    One statement: between two, another process could commit a call whose number goes from the one to the other.
    """
    part = Q(agent_number=number) | Q(virtual_number=number)
    if backwards := digits_reversed(number):
        part |= Q(customer_reversed=backwards)
    shown = Call.objects.standing().filter(part, in_question, source=source)
    noted = CallAlias.objects.filter(source=source, kind=NUMBER, value=match_key(number))
    found = shown.order_by().values_list("id", flat=True).union(noted.order_by().values_list("call_id"))
    return found.order_by("-id")


def _unfound(row: CallRow, events: list[CallEvent]) -> set[str]:
    """Of the numbers whose parts the directory decides, those by which `calls_with` does not find this row."""
    undecided = [event for event in events if not event.roles_known]
    if not undecided:
        return set()
    found = {None, ""}
    if row[_DIRECTION] != Direction.INCOMING or row[_ROLES_ASSUMED]:  # as BY_DIRECTORY has it
        found |= {row[_AGENT], row[_LINE], row[_CUSTOMER] if row[_REVERSED] else None}
    return {match_key(number) for e in undecided for number in (e.customer, e.agent, e.line) if number not in found}


@lru_cache(maxsize=8_192)
def pseudonym(number: str | None, key: bytes) -> str | None:
    """A stable stand-in for a number, under a key that never leaves this database.

    None for what is no number of one person: withheld ("anonymous") and masked ("90XXXXXX01") ones.
    """
    if not number or not number.removeprefix("+").isdigit():
        return None
    return hmac.digest(key, number.encode(), "sha256").hex()[:16]


def _names_to_lock(received: Received) -> list[str]:
    if received.event:
        return lock_names(received.source.id, received.event)
    return [f"{received.source.id} content {received.content_key}"]


def _known_as(event: CallEvent, delivery: int) -> CallEvent:
    object.__setattr__(event, "delivery", delivery)
    return event


def _differing(row: CallRow, stored: Stored) -> tuple[str, ...]:
    """The columns of a known call to be set: those that often change, and of the others what did."""
    fixed = _fixed_of(row)
    if fixed == stored.fixed:
        return _CHANGING
    return (*_CHANGING, *(name for name, now, was in zip(_FIXED, fixed, stored.fixed, strict=True) if now != was))


def _as_read(row: CallRow) -> Columns:
    """The call as a board reads it from the database."""
    cells = [*row, None]
    cells[_COINS] = None if row[_COINS] is None else Decimal(row[_COINS])
    return Columns._make(_columns_of(cells))


def _final(call: MatchedCall) -> MatchedCall:
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
        received.part_of.delivery if received.part_of else None,
        received.part,
    )
