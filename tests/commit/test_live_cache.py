"""What the writer remembers of live calls spares it reading them, and is never trusted after somebody else wrote."""

import sqlite3

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.commit import live_cache
from calls.commit.cache import cache
from calls.database.columns import read_calls
from calls.intake.queue import after_commit
from calls.models import Call, Delivery
from tests.support.payloads import as_sent, load
from tests.support.provider import Provider, india

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL does not tell who wrote")
pytestmark = pytest.mark.django_db
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


def reads_of_calls(provider, fields):
    """The statements that read what is stored of calls, while this is delivered."""
    with CaptureQueriesContext(connection) as queries:
        provider.says(fields)
    of_calls = ("SELECT id, call_id, event", "FROM calls_callalias")
    return [q["sql"] for q in queries if any(each in q["sql"] for each in of_calls)]


@on_sqlite
def test_the_next_delivery_of_a_live_call_reads_nothing_of_it(provider):
    assert reads_of_calls(provider, live("sid.1"))

    assert reads_of_calls(provider, live("sid.1", "Picked")) == []
    assert Call.objects.get().state == "talking"
    assert reads_of_calls(provider, report("sid.1")) == []
    assert Call.objects.get().outcome == "answered"
    assert reads_of_calls(provider, report("sid.1", coins="2")), "of an ended call nothing is remembered"


@on_sqlite
def test_an_id_that_was_not_said_before_is_looked_up(provider):
    provider.says(live("sid.1"))

    assert reads_of_calls(provider, live("sid.1", "Picked", Uniqueid="uid.1"))
    assert reads_of_calls(provider, live("sid.1", "Ringing", Uniqueid="uid.1")) == []


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_what_another_connection_wrote_is_seen(provider):
    provider.says(live("sid.1"))
    provider.says(live("sid.1", "Picked"))
    other = sqlite3.connect(connection.settings_dict["NAME"])
    with other:
        other.execute("UPDATE calls_delivery SET result = 'quarantined' WHERE event LIKE '%talking%'")
    other.close()

    assert reads_of_calls(provider, live("sid.1", agent="8000000202"))

    assert Call.objects.get().state == "ringing"


@on_sqlite
def test_what_this_connection_wrote_elsewhere_is_seen(provider):
    provider.says(live("sid.1"))
    provider.says(live("sid.1", "Picked"))
    Delivery.objects.filter(event__contains="talking").update(result="quarantined")

    provider.says(live("sid.1", agent="8000000202"))

    assert Call.objects.get().state == "ringing"


@on_sqlite
def test_what_was_written_apart_costs_no_memory(provider):
    provider.says(live("sid.1"))
    with cache.live_cache.uncounted_writes():
        provider.source.tokens.update(last_used_at=timezone.now())

    assert reads_of_calls(provider, live("sid.1", "Picked")) == []


def test_what_could_not_be_committed_is_not_remembered(provider, monkeypatch):
    provider.says(live("sid.1"))
    keep, failures = live_cache.LiveCache.keep, [ValueError("at the very end")]

    def fail_once(self):
        if failures:
            raise failures.pop()
        keep(self)

    monkeypatch.setattr(live_cache.LiveCache, "keep", fail_once)
    assert provider.says(live("sid.1", "Picked")).result == "quarantined"

    provider.says(live("sid.1", agent="8000000202"))

    assert Call.objects.get().state == "ringing"


def test_few_calls_are_remembered(provider, monkeypatch):
    monkeypatch.setattr(live_cache, "MAX_REMEMBERED_CALLS", 3)

    for number in range(8):
        provider.says(live(f"sid.{number}"))

    assert len(cache.live_cache._calls) <= 3
    assert len(cache.live_cache._by_ids) <= 3


def test_a_commit_tells_what_can_be_read(provider):
    told = []
    after_commit.append(told.append)
    try:
        for payload in load(NOW).values():
            provider.says(as_sent(payload))
            for changes in told:
                rows = Call.objects.filter(seq__gte=changes.first, seq__lte=changes.last).order_by("seq")
                assert changes.calls is None or changes.calls == read_calls(rows)
            told.clear()
    finally:
        after_commit.pop()
