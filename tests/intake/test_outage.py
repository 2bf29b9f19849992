"""A database that fails is asked again after a pause, loses no handle, and is told of once."""

import asyncio
import gc
import json
import logging
import os
import re
import resource
import sqlite3
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.test import Client

from calls.database import readiness
from calls.database.connecting import reconnect
from calls.intake import outage as outages
from calls.intake import queue as taking
from calls.intake.queue import Intake, NotStored
from calls.models import Source
from tests.support.running import running_server


class Delivery:
    others = ()


@pytest.fixture
def failing(monkeypatch):
    """An intake whose commits fail while the flag is set; it counts the tries."""
    state = {"fails": True, "tries": 0}

    def commit(batch, cache):
        state["tries"] += 1
        if state["fails"]:
            raise OperationalError("disk I/O error\nINSERT ... +919876511111")

    monkeypatch.setattr(taking, "commit", commit)
    monkeypatch.setattr(taking, "reconnect", lambda: None)
    monkeypatch.setattr(taking, "outage", outages.Outage())
    intake = Intake()
    monkeypatch.setattr(intake, "_look_after", lambda: None)
    yield intake, state
    intake.stop()


async def submitted(intake) -> bool:
    try:
        await intake.submit(Delivery())
    except NotStored:
        return False
    return True


def test_a_failing_database_is_asked_again_after_a_pause_and_not_for_each_delivery(failing, caplog):
    intake, state = failing

    async def an_outage() -> tuple[list[bool], bool]:
        refused = []
        for _ in range(50):
            refused += await asyncio.gather(*(submitted(intake) for _ in range(10)))
            if state["tries"] >= 4:
                break
        state["fails"] = False
        while not await submitted(intake):
            pass
        return refused, await submitted(intake)

    with caplog.at_level(logging.WARNING, logger="callboard.intake"):
        began = time.monotonic()
        refused, stored = asyncio.run(an_outage())
        took = time.monotonic() - began
    assert stored
    assert not any(refused)
    assert state["tries"] <= 4 + took / taking.PAUSE_SECONDS
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2, said
    assert said[0].endswith("OperationalError: disk I/O error")
    assert re.search(rf"back after [\d.]+ s; {len(refused)} deliveries were refused", said[1])


def test_who_waits_behind_a_failed_try_is_answered_at_once(failing):
    intake, state = failing

    async def many() -> float:
        began = time.monotonic()
        await asyncio.gather(*(submitted(intake) for _ in range(3 * taking.LARGEST_BATCH)))
        return time.monotonic() - began

    assert asyncio.run(many()) < 1.4
    assert state["tries"] <= 3


@pytest.mark.django_db(transaction=True)
def test_an_outage_ends_in_the_log_although_nothing_is_delivered(monkeypatch, caplog):
    monkeypatch.setattr(taking, "outage", outages.Outage())
    intake = Intake()
    with caplog.at_level(logging.WARNING, logger="callboard.intake"):
        taking.outage.failed(OperationalError("gone"), refused=3)
        intake._look_after()
    assert [record.getMessage()[:20] for record in caplog.records] == ["The database fails, ", "The database is back"]
    assert not taking.outage.lasts


# Ready?


@pytest.fixture
def watch(monkeypatch):
    fresh = readiness.Watch()
    monkeypatch.setattr("dashboard.middleware.watch", fresh)
    monkeypatch.setattr(readiness.connection, "close", lambda: None)
    return fresh


@pytest.mark.django_db
def test_ready_means_that_a_row_was_written_and_read(watch):
    answer = Client(headers={"host": "10.1.2.3:8000"}).get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    assert readiness.Readiness.objects.count() == 1
    readiness.write_and_read()
    assert readiness.Readiness.objects.count() == 1


def test_a_database_that_fails_is_not_ready_and_is_asked_once_a_second(watch, monkeypatch):
    asked = []

    def write_and_read() -> None:
        asked.append(1)
        raise OperationalError

    monkeypatch.setattr(readiness, "write_and_read", write_and_read)
    answers = [Client().get("/readyz") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].json() == {"ok": False}
    assert len(asked) == 1


def looks_of(monkeypatch, look):
    """Let this be done instead of a write; gives the list of the looks so far."""
    looked = []

    def write_and_read() -> None:
        looked.append(1)
        look()

    monkeypatch.setattr(readiness, "write_and_read", write_and_read)
    return looked


def test_those_who_ask_at_once_at_the_start_get_the_answer_of_the_one_who_looks(watch, monkeypatch):
    others_ask = threading.Semaphore(0)

    def ask() -> bool:
        others_ask.release()
        return watch.is_ready()

    def until_all_ask() -> None:
        for _ in range(8):
            assert others_ask.acquire(timeout=20)

    looked = looks_of(monkeypatch, until_all_ask)
    with ThreadPoolExecutor(8) as pool:
        answers = [each.result() for each in [pool.submit(ask) for _ in range(8)]]
    assert answers == [True] * 8
    assert len(looked) == 1


def test_while_one_looks_the_others_get_the_latest_answer_until_the_look_takes_too_long(watch, monkeypatch):
    begun, ends = threading.Event(), threading.Event()
    looks_of(monkeypatch, lambda: (begun.set(), ends.wait(20)))
    watch.note(True)
    monkeypatch.setattr(readiness, "READY_SECONDS", -1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(watch.is_ready)
        assert begun.wait(20)
        assert watch.is_ready()
        monkeypatch.setattr(readiness, "LONGEST_LOOK_SECONDS", -1)
        assert not watch.is_ready()
        ends.set()
        assert first.result()


def test_what_deliveries_met_is_an_answer_without_a_look(failing, watch, monkeypatch):
    intake, state = failing
    looked = looks_of(monkeypatch, lambda: None)
    monkeypatch.setattr(taking, "watch", watch)
    assert not asyncio.run(submitted(intake))
    assert Client().get("/readyz").status_code == 503
    state["fails"] = False
    while not asyncio.run(submitted(intake)):
        pass
    assert Client().get("/readyz").status_code == 200
    assert looked == []


@contextmanager
def counted_writes(database):
    """Counts how often the row of readiness is written, by a trigger of the database."""
    with closing(sqlite3.connect(database, isolation_level=None, timeout=20)) as other:
        other.execute("CREATE TABLE writes (n)")
        for kind in ("INSERT", "UPDATE"):
            other.execute(
                f"CREATE TRIGGER counts_{kind} AFTER {kind} ON calls_readiness BEGIN INSERT INTO writes VALUES (1); END"
            )
        yield lambda: other.execute("SELECT count(*) FROM writes").fetchone()[0]


@pytest.mark.slow
@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_a_thousand_strangers_cost_a_write_every_few_seconds(tmp_path, server):
    with (
        running_server(tmp_path, "--server", server) as running,
        counted_writes(tmp_path / "callboard.sqlite3") as writes,
        ThreadPoolExecutor(10) as pool,
    ):
        began = time.monotonic()
        answers = Counter(pool.map(lambda _: running.get("/readyz")[0], range(1_000)))
        took = time.monotonic() - began

        assert answers == {200: 1_000}
        assert 1 <= writes() <= 1 + took / readiness.READY_SECONDS


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="sets a limit of another process")
@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_a_full_disk_is_noticed_although_nothing_is_delivered(tmp_path, server):
    """No file of the process may become longer, or be written to beyond its first byte: as on a full disk."""
    with running_server(tmp_path, "--server", server) as running:
        until_it_answers(running, 200)
        before = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (1, before[1]))
        until_it_answers(running, 503)
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, before)
        until_it_answers(running, 200)


def until_it_answers(running, status):
    until = time.monotonic() + 20
    while running.get("/readyz")[0] != status:
        assert time.monotonic() < until, f"/readyz never answered {status}"


# Handles of the database's file


@pytest.mark.slow
@pytest.mark.skipif(connection.vendor != "sqlite" or not sys.platform.startswith("linux"), reason="counts in /proc")
@pytest.mark.django_db(transaction=True)
def test_a_locked_database_costs_no_handle_even_before_the_garbage_is_collected():
    path = settings.DATABASES["default"]["NAME"]
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        connection.close()
        gc.disable()
        try:
            counts = [tries_that_fail() for _ in range(3)]
        finally:
            gc.enable()
    assert counts[2] == counts[0]


def tries_that_fail() -> int:
    """Read, and fail to write, as the writer does. Gives how many handles the process has of the database."""
    try:
        Source.objects.first()
        with transaction.atomic():
            raise AssertionError("the database is locked")
    except OperationalError:
        reconnect()
    return handles(os.getpid(), Path(settings.DATABASES["default"]["NAME"]).name).total()


def handles(process: int, database: str = "callboard.sqlite3") -> Counter[str]:
    """How often a process has each file of the database open."""
    found: Counter[str] = Counter()
    for handle in Path(f"/proc/{process}/fd").iterdir():
        try:
            found[handle.readlink().name] += 1
        except FileNotFoundError:
            continue
    return Counter({name: count for name, count in found.items() if name.startswith(database)})


def threads(process: int) -> int:
    return sum(1 for _ in Path(f"/proc/{process}/task").iterdir())


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts in /proc")
@pytest.mark.parametrize(
    ("server", "folder", "file"),
    [("uvicorn", 0o500, 0o400), ("daphne", 0o500, 0o400), ("uvicorn", 0o000, 0o600), ("uvicorn", 0o700, 0o000)],
)
def test_a_read_only_folder_costs_no_handle_and_deliveries_are_taken_again_after_it(tmp_path, server, folder, file):
    with running_server(tmp_path, "--server", server, obeys_modes=True) as running:
        hook = re.search(r"/hooks/[\w-]{32}", running.first_secrets)[0]
        numbers = iter(range(100_000))

        def delivered() -> int:
            return running.post(hook, json.dumps({"CallSid": f"c{next(numbers)}", "Status": "ANSWER"}).encode())

        assert delivered() == 200
        files = list(tmp_path.glob("callboard.sqlite3*"))
        for each in files:
            each.chmod(file)
        tmp_path.chmod(folder)

        until = time.monotonic() + 30
        answers = Counter()
        while answers[503] < 40 and time.monotonic() < until:
            answers[delivered()] += 1
            running.get("/")
        assert answers[503] == 40
        assert running.get("/readyz")[0] == 503
        during, threads_during = handles(running.process.pid), threads(running.process.pid)

        tmp_path.chmod(0o700)
        for each in files:
            if each.exists():
                each.chmod(0o600)
        until = time.monotonic() + 10
        while delivered() != 200:
            assert time.monotonic() < until
        while running.get("/readyz")[0] != 200:
            assert time.monotonic() < until
        after, threads_after = handles(running.process.pid), threads(running.process.pid)

        # A thread has one connection at most, and which of them have one just now is luck.
        assert max(during.values()) <= threads_during < answers[503]
        assert max(after.values()) <= threads_after < answers[503]
        assert running.output.count("The database fails") == 1
        assert running.output.count("The database is back") == 1
        assert "Traceback" not in running.output
