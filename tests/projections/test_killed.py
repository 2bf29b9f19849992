"""A process that is killed at any moment of its work leaves no change counted twice, and none left out."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from django.db import connection

from calls.figures import rollups
from calls.figures.rollups import differences
from calls.models import Projection
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import catch_up
from tests.support.factories import make_call
from tests.support.running import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

KILLS = 12
FOLLOW = """
import os, django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = os.environ["THE_TEST_DATABASE"]
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import step
step(PROJECTIONS["rollups"], 2)
print("ready", flush=True)
while True:
    step(PROJECTIONS["rollups"], 2)
"""


def follower():
    environment = {**os.environ, "THE_TEST_DATABASE": str(connection.settings_dict["NAME"])}
    process = subprocess.Popen(
        [sys.executable, "-c", FOLLOW], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_killed_again_and_again_it_has_counted_each_call_once():
    for n in range(KILLS * 20):
        make_call(state="ended", ago=n * 1_000, wait_seconds=n % 40)
    positions, rng = [], random.Random(1)

    for _ in range(KILLS):
        process = follower()
        time.sleep(rng.uniform(0.005, 0.08))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        positions.append(Projection.objects.filter(name=rollups.NAME).values_list("position", flat=True).first() or 0)
    catch_up(PROJECTIONS[rollups.NAME])

    assert positions == sorted(positions)
    assert positions[0] < positions[-1]
    assert list(differences()) == []
