"""What was answered 200 is there after kill -9, and nothing is there by half."""

import contextlib
import http.client
import json
import random
import re
import signal
import sqlite3
import threading
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from calls.rules.derive import derive
from calls.rules.events import load
from calls.words import Result
from tests.support.provider import india
from tests.support.running import RunningServer, manage

pytestmark = pytest.mark.slow

KILLS = 6
SENDERS = 6
NONCE = re.compile(rb'"nonce": "([^"]+)"')


class Sender(threading.Thread):
    """Sends calls without a pause, each delivery with a nonce, and notes what was answered 200.

    What is not answered is sent again, as a provider does.
    """

    def __init__(self, name, target):
        super().__init__(name=name, daemon=True)
        self.target, self.acked, self.statuses, self.ending = target, [], set(), threading.Event()

    def run(self):
        count = 0
        while not self.ending.is_set():
            for fields in a_call(f"{self.name}.{count}"):
                self.deliver(fields)
            count += 1

    def deliver(self, fields):
        body = json.dumps(fields)
        while not self.ending.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.target["port"], timeout=5)
                connection.request("POST", self.target["path"], body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                said = answer.read()
                self.statuses.add(answer.status)
                if answer.status == 200:
                    self.acked.append((fields["nonce"], json.loads(said)))
                    return
            self.ending.wait(0.02)

    def end(self):
        self.ending.set()
        self.join(10)


def a_call(sid):
    now = timezone.now()
    numbers = {"SourceNumber": "9000000101", "DestinationNumber": "01200000301", "DialWhomNumber": "8000000201"}
    common = {"CallSid": sid, "Direction": "IVR", "StartTime": india(now - timedelta(seconds=30)), **numbers}
    for word in ("Transfer to agent", "Picked"):
        yield {**common, "type": "live_call", "Status": word, "nonce": f"{sid} {word}"}
    ended = {"EndTime": india(now), "TalkDuration": "20", "coins": "1"}
    yield {**common, **ended, "type": "call_report", "Status": "ANSWER", "nonce": f"{sid} report"}


@pytest.fixture
def target(tmp_path):
    """A data directory with a source. Gives where senders deliver; the port is that of whichever server runs."""
    assert manage("migrate", "--verbosity=0", CALLBOARD_DATA_DIR=str(tmp_path)).returncode == 0
    made = manage("createsource", "Killed", "--new-calls-per-minute=1000000", CALLBOARD_DATA_DIR=str(tmp_path))
    url = next(word for word in made.stdout.split() if "/hooks/" in word)
    return {"path": urlsplit(url).path, "port": 0, "data": tmp_path}


def started(target):
    server = RunningServer(target["data"])
    server.wait_until_ready()
    target["port"] = server.port
    return server


def rows(target, statement):
    with contextlib.closing(sqlite3.connect(target["data"] / "callboard.sqlite3")) as database:
        return database.execute(statement).fetchall()


@pytest.mark.timeout(300)
def test_what_was_answered_survives_kill_9_and_nothing_is_half_there(target):
    rng = random.Random(1)
    senders = [Sender(f"sender{i}", target) for i in range(SENDERS)]
    server = started(target)
    for sender in senders:
        sender.start()
    for _ in range(KILLS):
        time.sleep(rng.uniform(0.2, 1.5))
        server.stop(signal.SIGKILL)
        server = started(target)
    time.sleep(1)
    for sender in senders:
        sender.end()
    server.stop(signal.SIGKILL)

    acked = {nonce: said for sender in senders for nonce, said in sender.acked}
    stored = stored_by_nonce(target)
    assert len(acked) > 100
    assert set(acked) - set(stored) == set()
    assert all(said["id"] in stored[nonce] for nonce, said in acked.items())
    assert {status for sender in senders for status in sender.statuses} <= {200, 503}
    nothing_is_half_there(target)
    assert rows(target, "PRAGMA quick_check") == [("ok",)]


def stored_by_nonce(target):
    found = {}
    for delivery, body in rows(target, "SELECT id, body FROM calls_delivery"):
        found.setdefault(NONCE.search(body)[1].decode(), set()).add(str(delivery))
    return found


def nothing_is_half_there(target):
    """Every delivery has its end, every call is what its deliveries make of it, every number was given once."""
    deliveries = rows(target, "SELECT id, result, event, call_id, content_key FROM calls_delivery")
    calls = rows(
        target, "SELECT id, ref, state, outcome, talk_seconds, seq FROM calls_call WHERE merged_into_id IS NULL"
    )
    events = {call: [] for call, *_ in calls}
    for delivery, result, event, call, _ in deliveries:
        assert result in (Result.APPLIED, Result.DUPLICATE)
        if result == Result.APPLIED:
            events[call].append(load(event, delivery))
    applied = [key for _, result, _, _, key in deliveries if result == Result.APPLIED]
    assert len(set(applied)) == len(applied)
    for call, ref, state, outcome, talk, _ in calls:
        facts = derive(events[call])
        assert (facts.state, facts.outcome, facts.talk_seconds) == (state, outcome, talk)
        assert {event.call_id for event in events[call]} == {ref}
    seqs = [seq for *_, seq in calls]
    assert len(set(seqs)) == len(seqs)
    assert max(seqs) <= rows(target, "SELECT seq FROM calls_head")[0][0]


@pytest.mark.timeout(120)
def test_told_to_stop_it_answers_what_is_under_way_and_ends_well(target):
    senders = [Sender(f"sender{i}", target) for i in range(SENDERS)]
    server = started(target)
    for sender in senders:
        sender.start()
    time.sleep(1)

    code = server.stop(signal.SIGTERM)
    for sender in senders:
        sender.end()

    acked = {nonce for sender in senders for nonce, _ in sender.acked}
    assert code == 0
    assert len(acked) > 20
    assert acked <= set(stored_by_nonce(target))
    assert {status for sender in senders for status in sender.statuses} <= {200, 503}
    nothing_is_half_there(target)


@pytest.mark.timeout(60)
def test_a_delivery_under_way_when_it_is_told_to_stop_is_answered(target):
    """The head is there, the body is not: the server waits for it before it ends."""
    server = started(target)
    body = json.dumps(next(iter(a_call("slow.1")))).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("POST", target["path"])
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:10])
    time.sleep(0.3)

    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    connection.send(body[10:])
    answer = connection.getresponse()

    assert (answer.status, json.loads(answer.read())["result"]) == (200, "applied")
    assert server.process.wait(timeout=20) == 0
    assert set(stored_by_nonce(target)) == {"slow.1 Transfer to agent"}
