"""One bad delivery costs its neighbours in the batch nothing; a database that fails costs all of them a 503."""

import asyncio
import threading

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from calls.commit import transaction as committing
from calls.commit.cache import cache
from calls.database.bulk import Table
from calls.intake import queue as taking
from calls.intake.queue import Intake, NotStored
from calls.models import Agent, Call, Delivery, Head
from calls.words import Result
from tests.support.provider import Provider, india

POISON = "poison"
NOW = timezone.now()


@pytest.fixture
def provider(source, source_token):
    return Provider(source, source_token)


def live(sid, word="Transfer to agent", agent="8000000201", **more):
    fields = {"type": "live_call", "CallSid": sid, "Direction": "IVR", "Status": word, "DialWhomNumber": agent}
    numbers = {"SourceNumber": "9000000101", "DestinationNumber": "01200000301", "StartTime": india(NOW)}
    return fields | numbers | more


def report(sid, word="ANSWER", **more):
    return live(sid, word, type="call_report", EndTime=india(NOW), TalkDuration="5", **more)


@pytest.fixture
def poison(monkeypatch):
    """Deriving a call that has the word of poison fails, however often it is tried."""
    derive = committing.derive

    def failing(events, *rest):
        if any(event.customer == POISON for event in events):
            raise ValueError("a rule fails")
        return derive(events, *rest)

    monkeypatch.setattr(committing, "derive", failing)


@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_delivery_that_cannot_be_applied_is_quarantined_and_its_neighbours_are_applied(provider, poison, place):
    batch = [live(f"sid.{i}") for i in range(8)]
    batch[place] = live("sid.bad", SourceNumber=POISON)

    received = provider.says_at_once(batch)

    bad = received.pop(place)
    assert (bad.result, bad.reason) == (Result.QUARANTINED, "failed")
    assert {each.result for each in received} == {Result.APPLIED}
    assert set(Call.objects.values_list("ref", flat=True)) == {f"sid.{i}" for i in range(8)} - {f"sid.{place}"}
    for each in received:
        assert Delivery.objects.get(pk=each.delivery).call.ref == each.event.call_id
    kept = Delivery.objects.get(pk=bad.delivery)
    assert (kept.result, kept.reason, kept.event, kept.call) == ("quarantined", "failed", "", None)
    assert b"sid.bad" in bytes(kept.body)


def test_a_call_that_has_a_bad_delivery_keeps_what_it_was_told_before(provider, poison):
    provider.says(live("sid.1"))

    provider.says_at_once([live("sid.1", SourceNumber=POISON), live("sid.1", "Picked")])

    assert Call.objects.get().state == "talking"
    assert sorted(Delivery.objects.values_list("result", flat=True)) == ["applied", "applied", "quarantined"]


def test_repeats_in_a_batch_that_had_to_be_halved_are_still_repeats(provider, poison):
    batch = [live("sid.1"), live("sid.2"), live("sid.bad", SourceNumber=POISON), live("sid.1"), live("sid.2")]

    received = provider.says_at_once(batch)

    assert [str(each.result) for each in received] == ["applied", "applied", "quarantined", "duplicate", "duplicate"]
    assert [d.call.ref for d in Delivery.objects.filter(result="duplicate").order_by("id")] == ["sid.1", "sid.2"]


def test_two_bad_ones_are_both_found(provider, poison):
    batch = [live("a", SourceNumber=POISON), live("b"), live("c"), live("d", SourceNumber=POISON)]

    received = provider.says_at_once(batch)

    assert [str(each.result) for each in received] == ["quarantined", "applied", "applied", "quarantined"]


def test_a_deadlock_is_tried_again_as_if_nothing_had_happened(provider, monkeypatch):
    """PostgreSQL ends one of two processes that wait for each other; its batch is as good as before."""
    provider.says(live("sid.0"))
    failures = [OperationalError("deadlock detected"), OperationalError("deadlock detected")]
    take_numbers = committing.take_numbers

    def deadlocked(count):
        if failures:
            raise failures.pop()
        return take_numbers(count)

    monkeypatch.setattr(committing, "take_numbers", deadlocked)

    received = provider.says_at_once([live("sid.1"), live("sid.0", "Picked"), live("sid.1"), live("sid.2")])

    assert [str(each.result) for each in received] == ["applied", "applied", "duplicate", "applied"]
    states = {"sid.0": "talking", "sid.1": "ringing", "sid.2": "ringing"}
    assert dict(Call.objects.values_list("ref", "state")) == states
    assert set(Delivery.objects.values_list("call__ref", flat=True)) == {"sid.0", "sid.1", "sid.2"}


@pytest.mark.parametrize(("times", "result"), [(1, "applied"), (2, "quarantined")])
def test_a_row_that_another_process_deleted_is_looked_for_once_more(provider, monkeypatch, times, result):
    """What fails empties the cache: the second try knows the rows as they are. What fails then is a fault of ours."""
    failures = [IntegrityError("FOREIGN KEY constraint failed")] * times
    take_numbers = committing.take_numbers

    def fails(count):
        if failures:
            raise failures.pop()
        return take_numbers(count)

    monkeypatch.setattr(committing, "take_numbers", fails)

    assert provider.says(live("sid.1")).result == result


def test_a_database_error_leaves_nothing_behind(provider, monkeypatch):
    provider.says(live("sid.0"))
    before = Head.objects.get().seq

    def full(count):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(committing, "take_numbers", full)
    with pytest.raises(NotStored):
        provider.says_at_once([report("sid.1", receiver_name="Asha"), report("sid.0", agent="8000000202")])

    assert (Call.objects.count(), Delivery.objects.count(), Head.objects.get().seq) == (1, 1, before)
    assert not Agent.objects.exists()
    monkeypatch.undo()
    assert provider.says(report("sid.1", receiver_name="Asha")).result is Result.APPLIED
    assert Agent.objects.get().learned_name == "Asha"


def test_a_listener_that_fails_costs_nobody_an_answer(provider, monkeypatch, caplog):
    """A listener of commits (a channel layer, say) may be dead: what is stored stays stored."""

    def dead(changes):
        raise ConnectionError(f"no channel layer for {changes.first}")

    monkeypatch.setattr(taking, "after_commit", [dead])

    assert provider.says(live("sid.1")).result is Result.APPLIED
    failures = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert [repr(failure) for failure in failures] == ["ConnectionError('no channel layer for 1')"]


def test_a_delivery_that_failed_by_our_fault_is_applied_when_it_comes_again(provider, poison, monkeypatch):
    assert provider.says(live("sid.1", SourceNumber=POISON)).reason == "failed"
    monkeypatch.undo()

    assert provider.says(live("sid.1", SourceNumber=POISON)).result is Result.APPLIED
    assert provider.says(live("sid.1", SourceNumber=POISON)).result is Result.DUPLICATE


def test_numbers_grow_in_the_order_of_the_commits_and_none_is_given_twice(provider):
    seen = []
    for batch in ([live("a"), live("b")], [live("c")], [live("a", "Picked"), live("d")]):
        provider.says_at_once(batch)
        seen.append(sorted(Call.objects.values_list("seq", flat=True)))

    assert seen == [[1, 2], [1, 2, 3], [2, 3, 4, 5]]
    assert Head.objects.get().seq == 5


def test_a_process_that_lost_its_commit_forgets_what_it_learned_from_it(provider, source, monkeypatch):
    monkeypatch.setattr(Table, "insert", lambda *_: (_ for _ in ()).throw(OperationalError("gone")))
    with pytest.raises(NotStored):
        provider.says(report("sid.1"))
    monkeypatch.undo()
    cache.refresh()

    assert cache.directories[source.pk].agents == {}


# The writer thread, without a database


class Stored:
    """Stands in for `store`: waits until it is let go on, then fails or does not."""

    def __init__(self, *outcomes):
        self.outcomes, self.batches = list(outcomes), []
        self.began, self.go = threading.Event(), threading.Event()

    def __call__(self, batch, memory):
        self.batches.append(batch)
        self.began.set()
        assert self.go.wait(5)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome:
            raise outcome


@pytest.fixture
def writer(monkeypatch):
    """An intake with a thread of its own, and what it calls to store."""

    def started(*outcomes):
        stored = Stored(*outcomes)
        monkeypatch.setattr(taking, "store", stored)
        intake = Intake()
        monkeypatch.setattr(intake, "_look_after", lambda: None)
        made.append(intake)
        return intake, stored

    made = []
    yield started
    for intake in made:
        intake.stop()


async def submitted(intake, name):
    try:
        await intake.submit(name)
    except NotStored:
        return "not stored"
    return "stored"


@pytest.mark.parametrize("outcome", [NotStored(), IntegrityError("unforeseen"), RuntimeError("unforeseen")])
async def test_the_writer_survives_whatever_storing_raises(writer, outcome):
    intake, stored = writer(outcome)
    stored.go.set()

    assert await submitted(intake, "first") == "not stored"
    assert await submitted(intake, "second") == "stored"


@pytest.mark.parametrize("outcome", [NotStored(), None])
async def test_the_writer_survives_senders_that_were_answered_before_it_was_done(writer, monkeypatch, outcome):
    monkeypatch.setattr(taking, "PATIENCE_SECONDS", 0.02)
    intake, stored = writer(outcome)

    assert await submitted(intake, "first") == "not stored"
    stored.go.set()
    monkeypatch.setattr(taking, "PATIENCE_SECONDS", 1.4)

    # Who waits behind a failure is refused with it; the next one is not.
    assert "stored" in [await submitted(intake, name) for name in ("second", "third")]


async def test_what_gathers_during_a_commit_is_the_next_batch(writer):
    intake, stored = writer()
    first = asyncio.ensure_future(submitted(intake, "first"))
    await asyncio.to_thread(stored.began.wait, 5)
    rest = [asyncio.ensure_future(submitted(intake, f"{i}")) for i in range(5)]
    await asyncio.sleep(0)
    stored.go.set()

    assert await asyncio.gather(first, *rest) == ["stored"] * 6
    assert stored.batches == [["first"], ["0", "1", "2", "3", "4"]]


async def test_stopping_commits_what_waits(writer):
    intake, stored = writer()
    waiting = [asyncio.ensure_future(submitted(intake, f"{i}")) for i in range(3)]
    await asyncio.sleep(0)
    stored.go.set()
    await asyncio.to_thread(intake.stop)

    assert await asyncio.gather(*waiting) == ["stored"] * 3
