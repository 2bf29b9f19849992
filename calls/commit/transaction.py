"""One transaction: store what came, derive the calls it touches again, and number the changes.

Two processes that share a PostgreSQL database lock the ids they work on first, the head row last: deliveries of
one call that meet in two processes end as in one, and numbers become visible in their order.
"""

from collections.abc import Callable, Iterable

from django.db import transaction

from calls.commit import call_rows, delivery_rows
from calls.commit.cache import Cache
from calls.commit.call_rows import ID, SEQ, STATE, CallRow, as_columns, call_row
from calls.commit.doubts import AGENT_ELSEWHERE, concerned, doubted, not_one_person, others_talking
from calls.commit.duplicates import mark_duplicates
from calls.commit.heard import events_of
from calls.commit.learning import Learning
from calls.commit.limits import limit
from calls.commit.live_cache import LiveCache, Stored
from calls.commit.matching import MatchedCall, Matching, lock_names, match
from calls.commit.received import Received
from calls.commit.undecided import ALIASES, note_numbers
from calls.database.bulk import NextIds
from calls.database.locks import HeldByAnother, Locks
from calls.database.numbering import Changes, take_numbers
from calls.models import Call, CallAlias, Delivery
from calls.rules.derive import derive
from calls.rules.events import CallEvent
from calls.rules.facts import CallFacts
from calls.words import State

MAX_TRIES = 5
"""Beginnings of a transaction before it waits for locks out of their order."""

Events = dict[int, list[CallEvent]]
Touched = dict[int, MatchedCall]
Look = Callable[[Touched], None]


def commit(
    batch: list[Received], cache: Cache, again: Iterable[int] = (), before_writing: Look | None = None
) -> Changes | None:
    """Store the batch, derive the calls it touches and those in `again`, and number what changed.

    Gives what changed visibly, if anything did. Raises database errors, and then nothing of the batch is stored, and
    the batch is as it came. `before_writing` is shown the calls that are about to be derived, while their rows are as
    they were.
    """
    needed: set[str] = set()
    for last_try in [*[False] * MAX_TRIES, True]:
        try:
            return _whole_or_nothing(batch, cache, list(again), needed, last_try, before_writing)
        except HeldByAnother as held:
            needed |= held.names
    raise AssertionError("the last try waits for its locks")


def _whole_or_nothing(
    batch: list[Received], cache: Cache, again: list[int], needed: set[str], last_try: bool, before_writing: Look | None
) -> Changes | None:
    cache.refresh()
    came = [(each, each.event, each.result, each.reason, each.delivery, each.call) for each in batch]
    try:
        with transaction.atomic():
            return _Commit(batch, cache, Locks(last_try)).run(again, needed, before_writing)
    except BaseException:
        cache.forget()
        for each, event, result, reason, delivery, call in came:
            each.event, each.result, each.reason, each.delivery, each.call = event, result, reason, delivery, call
        raise


class _Commit:
    """The steps of one transaction, in their order."""

    def __init__(self, batch: list[Received], cache: Cache, locks: Locks) -> None:
        self.batch, self.cache, self.locks = batch, cache, locks
        self.ids, self.learning = NextIds(), Learning(cache)

    def run(self, again: list[int], needed: set[str], before_writing: Look | None) -> Changes | None:
        live_cache, locks = self.cache.live_cache, self.locks
        if locks.shared:
            locks.hold(needed.union(*map(_names_to_lock, self.batch)))
        live_cache.check()
        duplicates = mark_duplicates(self.batch)
        for received, delivery in zip(self.batch, self.ids.take(Delivery, len(self.batch)), strict=True):
            received.delivery = received.delivery or delivery
        matching = match(self.batch, live_cache, self.ids)
        touched = _touched(matching, [*again, *self.learning.numbers(self.batch)])
        if locks.shared:
            locks.hold_late({f"{call.source} id {call.ref}" for call in touched.values()})
        if matching.moves or any(received.replayed for received in self.batch):
            live_cache.forget()
        events = events_of(touched, self.batch, matching, live_cache)
        limit(self.batch, events, touched)
        if before_writing:
            before_writing(touched)
        for duplicate, original in duplicates:
            duplicate.call = original.call
        delivery_rows.write(self.batch)
        delivery_rows.move(matching.moves)
        changes = self.write_calls(touched, events, matching)
        self.write_aliases(matching, touched)
        live_cache.keep()
        return changes

    def write_calls(self, touched: Touched, events: Events, matching: Matching) -> Changes | None:
        """Derive the touched calls, and write those that stand and those that were merged into another."""
        stored = _stored(touched, self.cache.live_cache)
        facts = self.derive(touched, events)
        in_doubt = self.doubt(touched, events, matching, stored, facts)
        rows = [self.row(touched[call], found, stored.get(call), call in in_doubt) for call, found in facts.items()]
        standing = [call for call in touched.values() if call.merged_into is None]
        merged = [call for call in touched.values() if call.merged_into and not call.is_new]
        merged += [call for call in standing if not events.get(call.id) and not call.is_new]
        changed = [row for row in rows if row[SEQ] is None]
        count = len(changed) + len(merged)
        first, epoch = take_numbers(count)
        self.learning.write()
        for seq, row in enumerate(changed, start=first):
            row[SEQ] = seq
        call_rows.write(rows, stored)
        _write_merged(merged, first + len(changed))
        note_numbers(rows, events, self.ids)
        self.remember(rows, merged, touched, events)
        calls = None if merged else [as_columns(row) for row in changed]
        return Changes(epoch, first, first + count - 1, calls) if count else None

    def derive(self, touched: Touched, events: Events) -> dict[int, CallFacts]:
        """What the touched calls are, by id: those that stand and of which something was heard."""
        return {
            call.id: derive(events[call.id], self.cache.directories[call.source].view)
            for call in touched.values()
            if call.merged_into is None and events.get(call.id)
        }

    def doubt(
        self,
        touched: Touched,
        events: Events,
        matching: Matching,
        stored: dict[int, Stored],
        facts: dict[int, CallFacts],
    ) -> set[int]:
        """Find the calls in doubt. Other calls whose doubt may change are touched, too."""
        agents = concerned(facts, touched, stored)
        talks = others_talking(agents, facts, touched)
        beyond = not_one_person(agents, facts, touched, talks)
        others = {talk.call.id: talk.call for talk in talks if talk.in_doubt or talk.agent not in beyond}
        if others:
            self.add(others, touched, events, matching)
            stored |= _stored(others, self.cache.live_cache)
            facts |= self.derive(others, events)
        return doubted(facts, touched, beyond)

    def add(self, others: Touched, touched: Touched, events: Events, matching: Matching) -> None:
        """Derive these calls, too, with all that was heard of them."""
        if self.locks.shared:
            self.locks.hold_late({f"{call.source} id {call.ref}" for call in others.values()})
        touched |= others
        events |= events_of(others, [], matching, self.cache.live_cache)

    def row(self, call: MatchedCall, facts: CallFacts, stored: Stored | None, in_doubt: bool) -> CallRow:
        flags = [AGENT_ELSEWHERE] if in_doubt else []
        if self.cache.sources[call.source].synthetic:
            flags.append("synthetic")
        if flags:
            facts.flags = sorted({*facts.flags, *flags})
        self.learning.name(call.source, facts)
        return call_row(call, facts, self.learning.group_id(facts.group), stored, self.cache.pseudonym_key)

    def remember(self, rows: list[CallRow], merged: list[MatchedCall], touched: Touched, events: Events) -> None:
        """Keep live calls in the cache. Drop ended ones: they get duplicates at the most, and those may cost a read."""
        live_cache = self.cache.live_cache
        live_cache.drop(call.id for call in merged)
        for row in rows:
            call = touched[row[ID]]
            if row[STATE] == State.ENDED:
                live_cache.drop([call.id])
            else:
                live_cache.remember(call.id, call.ref, call.source, events[call.id], call_rows.stored_of(row))

    def write_aliases(self, matching: Matching, touched: Touched) -> None:
        new = [(key, alias) for key, alias in matching.new_aliases if alias.call.id in touched]
        ids = self.ids.take(CallAlias, len(new))
        ALIASES.insert(
            [(id_, *key, alias.starts_at, alias.call.id) for id_, (key, alias) in zip(ids, new, strict=True)]
        )


def _names_to_lock(received: Received) -> list[str]:
    if received.event:
        return lock_names(received.source.id, received.event)
    return [f"{received.source.id} content {received.content_key}"]


def _touched(matching: Matching, again: list[int]) -> Touched:
    """The calls to derive: those of the batch, and those in `again` that still stand."""
    touched = dict(matching.touched)
    wanted = [call for call in again if call not in touched]
    if wanted:
        rows = Call.objects.standing().filter(id__in=wanted).values_list("id", "ref", "source_id")
        touched |= {call: MatchedCall(call, ref, source, lone=False) for call, ref, source in rows}
    return touched


def _stored(touched: Touched, live_cache: LiveCache) -> dict[int, Stored]:
    found = {call: remembered.stored for call in touched if (remembered := live_cache.of(call))}
    unknown = [call.id for call in touched.values() if not call.is_new and call.id not in found]
    return found | call_rows.read_stored(unknown) if unknown else found


def _write_merged(merged: list[MatchedCall], first: int) -> None:
    """Number the calls that are gone, so that boards hear of it. A call without any event is merged into itself."""
    for seq, call in enumerate(merged, start=first):
        Call.objects.filter(id=call.id).update(merged_into=call.survivor.id, seq=seq)
        CallAlias.objects.filter(call=call.id).delete()
