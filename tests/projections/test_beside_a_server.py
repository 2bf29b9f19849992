"""Roll-ups and real processes: they are followed where nothing is delivered, and long work refuses no delivery."""

import json
import re
import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from django.utils import timezone

from tests.support.desk import Desk
from tests.support.provider import india
from tests.support.running import manage, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

FOLLOWED_SECONDS = 10


def behind(folder):
    """How many changes the roll-ups are behind."""
    said = manage("projections", CALLBOARD_DATA_DIR=str(folder)).stdout
    return int(re.search(r"rollups: ([\d,]+) changes behind", said)[1].replace(",", ""))


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_they_are_followed_where_nothing_is_delivered(tmp_path, server):
    with running_server(tmp_path, "--server", server):
        desk = Desk(tmp_path)
        try:
            desk("call", group="Sales", count=3, ended=True)
        finally:
            desk.close()
        until = time.monotonic() + FOLLOWED_SECONDS
        while left := behind(tmp_path):
            assert time.monotonic() < until, f"{left} changes behind"


@contextmanager
def delivered_to(server, hook):
    """Deliveries one after the other; how many were answered how."""
    answers, over = Counter(), threading.Event()

    def deliver():
        said = {"type": "live_call", "Direction": "IVR", "Status": "Picked", "DialWhomNumber": "8000000201"}
        said |= {"SourceNumber": "9000000101", "DestinationNumber": "01200000301"}
        while not over.wait(0.03):
            given = said | {"CallSid": f"beside.{answers.total()}", "StartTime": india(timezone.now())}
            answers[server.post(hook, json.dumps(given).encode())] += 1

    thread = threading.Thread(target=deliver, daemon=True)
    thread.start()
    yield answers
    over.set()
    thread.join()


def test_no_delivery_is_refused_while_roll_ups_are_made_anew_and_calls_are_pruned_or_read_again(tmp_path):
    folder = {"CALLBOARD_DATA_DIR": str(tmp_path)}
    assert manage("firstrun", **folder).returncode == 0
    assert manage("seed", "--calls", "1800", "--days", "30", **folder).returncode == 0
    with running_server(tmp_path) as server:
        desk = Desk(tmp_path)
        hook = desk("webhook", name="Beside")
        desk.close()
        for command in (
            ["projections", "--rebuild", "rollups"],
            ["prune", "--calls-days", "15", "--raw-days", "0"],
            ["replay", "--all"],
        ):
            with delivered_to(server, hook) as answers:
                done = manage(*command, **folder)
            assert done.returncode == 0, done.stderr[-500:]
            assert set(answers) == {200}, (command, answers)
            assert answers.total() > 5
    assert "every cell is as computed" in manage("projections", "--verify", "rollups", **folder).stdout
