"""Whoever waits for a writer that hangs is answered in time, each by the clock of its own."""

import asyncio
import threading
import time

import pytest
import uvloop

from calls.intake import queue as taking
from calls.intake.queue import Intake, NotStored

PATIENCE = 0.3


@pytest.fixture
def hanging(monkeypatch):
    """An intake whose writer hangs in a commit until it is let go on; deliveries are names."""
    monkeypatch.setattr(taking, "PATIENCE_SECONDS", PATIENCE)
    go = threading.Event()
    monkeypatch.setattr(taking, "store", lambda batch, memory: go.wait(10))
    intake = Intake()
    monkeypatch.setattr(intake, "_look_after", lambda: None)
    yield intake, go
    go.set()
    intake.stop()


async def timed(intake, after=0.0):
    """Submit something after so many seconds. Gives whether it was stored, and the seconds that this took."""
    await asyncio.sleep(after)
    began = time.monotonic()
    try:
        await intake.submit("delivery")
    except NotStored:
        return False, time.monotonic() - began
    return True, time.monotonic() - began


def gave_up_in_time(answers):
    assert not any(stored for stored, _ in answers)
    assert all(PATIENCE - 0.01 < took < PATIENCE + 0.15 for _, took in answers), answers


loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


@loops
def test_each_waits_as_long_as_any_other(hanging, run):
    intake, _ = hanging

    async def all_of_them():
        return await asyncio.gather(*(timed(intake, after) for after in (0, 0, 0.05, 0.2, 0.35, 0.7)))

    gave_up_in_time(run(all_of_them()))


@loops
def test_who_is_answered_or_gone_leaves_the_others_their_time(hanging, run):
    intake, go = hanging

    async def stored_gone_and_waiting():
        stored = asyncio.create_task(timed(intake))
        gone = asyncio.create_task(timed(intake, 0.02))
        await asyncio.sleep(0.05)
        gone.cancel()
        go.set()
        assert (await stored)[0]
        go.clear()
        return await asyncio.gather(timed(intake, 0.05), timed(intake, 0.15))

    gave_up_in_time(run(stored_gone_and_waiting()))


def test_loops_one_after_the_other_and_side_by_side(hanging):
    intake, _ = hanging
    gave_up_in_time([asyncio.run(timed(intake)) for _ in range(2)])

    answers = []
    threads = [threading.Thread(target=lambda: answers.append(asyncio.run(several(intake)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    gave_up_in_time([answer for each in answers for answer in each])
    assert len(answers) == 3


async def several(intake):
    return await asyncio.gather(*(timed(intake, i * 0.04) for i in range(5)))


def test_what_is_due_behind_the_traffic_is_looked_after_while_deliveries_always_wait(monkeypatch):
    """The roll-ups, the counts, the directory: without this they stood still for as long as the load lasted."""
    intake, looked = Intake(), threading.Event()
    written = []

    def write_and_find_another(batch):
        written.extend(batch)
        time.sleep(0.001)
        if not looked.is_set():
            intake._waiting.append(("delivery", None))
        return True

    monkeypatch.setattr(intake, "_write_batch", write_and_find_another)
    monkeypatch.setattr(intake, "_look_after", looked.set)
    monkeypatch.setattr(intake.projections, "_looked_at", time.monotonic())
    intake._waiting.append(("delivery", None))
    intake.start()

    try:
        assert looked.wait(10)
        assert len(written) > 10, "deliveries first"
    finally:
        looked.set()
        intake.stop()
