"""The same delivery from many senders at the same moment is applied once."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from calls.commit.cache import Cache, cache
from calls.intake.door import Request, admit, receive
from calls.intake.queue import NotStored, store
from calls.models import Call, CallGroup, Delivery, Head
from calls.spellings import spelling_key
from tests.support.doors import asgi_door
from tests.support.payloads import Request as Sent
from tests.support.provider import india

SENDERS = 32
FIELDS = {
    "type": "call_report", "CallSid": "at.once", "Direction": "IVR", "Status": "ANSWER", "SourceNumber": "9000000101",
    "DestinationNumber": "01200000301", "DialWhomNumber": "8000000201", "TalkDuration": "5", "campid": "",
    "StartTime": india(timezone.now()), "EndTime": india(timezone.now()), "receiver_name": "A", "call_group": "Sales",
}  # fmt: skip


def all_at_once(do, count=SENDERS):
    """Give what `do(i)` gives in each of so many threads that start together, each with a connection of its own."""
    ready = threading.Barrier(count)

    def one(i):
        ready.wait(10)
        try:
            return do(i)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


@pytest.mark.django_db(transaction=True)
def test_one_of_many_senders_of_the_same_is_applied_and_all_others_repeat_it(source_token):
    cache.refresh()
    asked = Request("POST", f"/hooks/{source_token}", "", {"host": "localhost"}, "127.0.0.1", False)
    body = json.dumps(FIELDS).encode()

    def send(_):
        # As a provider does when it is told 503.
        while True:
            received = receive(admit(asked), asked, body)
            try:
                store([received])
                return str(received.result)
            except NotStored:
                continue

    results = all_at_once(send)

    assert sorted(results) == ["applied"] + ["duplicate"] * (SENDERS - 1)
    assert Delivery.objects.count() == SENDERS
    assert set(Delivery.objects.values_list("call__ref", flat=True)) == {"at.once"}
    assert (Call.objects.get().seq, Head.objects.get().seq) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_different_news_of_one_call_at_once_make_one_call(source_token):
    cache.refresh()
    asked = Request("POST", f"/hooks/{source_token}", "", {"host": "localhost"}, "127.0.0.1", False)

    def send(i):
        fields = FIELDS | {"coins": str(i), "DialWhomNumber": f"80000002{i:02}"}
        while True:
            received = receive(admit(asked), asked, json.dumps(fields).encode())
            try:
                store([received])
                return str(received.result)
            except NotStored:
                continue

    assert set(all_at_once(send, 8)) == {"applied"}

    assert Call.objects.get().deliveries.count() == 8
    assert Call.objects.get().seq == Head.objects.get().seq


@pytest.mark.django_db(transaction=True)
def test_a_new_group_that_is_spelled_in_many_ways_at_once_is_one_group(source_token):
    cache.refresh()
    asked = Request("POST", f"/hooks/{source_token}", "", {"host": "localhost"}, "127.0.0.1", False)
    spellings = ["R&D Team", "r&d  team", "R&amp;D Team", "R&D\u00a0TEAM", "R\uff06D Team", "R&D\tTeam", "r&#38;d Team"]

    def send(i):
        body = json.dumps(FIELDS | {"CallSid": f"at.once.{i}", "call_group": spellings[i]}).encode()
        while True:
            received = receive(admit(asked), asked, body)
            try:
                store([received], Cache())  # As in so many processes: each has its own.
                return str(received.result)
            except NotStored:
                continue

    assert all_at_once(send, len(spellings)) == ["applied"] * len(spellings)

    assert spelling_key(CallGroup.objects.get().name) == "r&d team"
    assert Call.objects.filter(group=CallGroup.objects.get()).count() == len(spellings)


@pytest.mark.django_db(transaction=True)
async def test_a_burst_through_the_queue_is_answered_like_one_by_one(source_token):
    sent = Sent("POST", "", json.dumps(FIELDS).encode(), "application/json")
    answers = await asyncio.gather(*(asgi_door(f"/hooks/{source_token}", sent) for _ in range(SENDERS)))

    assert sorted(each.said["result"] for each in answers) == ["applied"] + ["duplicate"] * (SENDERS - 1)
    assert len({each.said["id"] for each in answers}) == SENDERS
