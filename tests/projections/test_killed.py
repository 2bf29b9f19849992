"""A process that is killed at any moment of its work leaves no change counted twice, and none left out."""

import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from calls.figures import rollups
from calls.figures.rollups import differences
from calls.models import Call, Projection
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import catch_up
from tests.support.factories import change_call, make_call
from tests.support.running import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

KILLS = 50
# One process that has all imports forks those that are killed: each takes steps with a connection of its own. A byte
# that they share says whether one is within a step.
FOLLOW = """
import json, mmap, os, random, signal, sys, time, django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = os.environ["THE_TEST_DATABASE"]
connection.settings_dict["OPTIONS"].pop("pool", None)  # A pool does not survive a fork.
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import lag, step

def follow():
    while not step(ROLLUPS, 2):  # None: the database has not noticed yet that the one before is dead.
        pass
    while True:
        within[0] = 1
        step(ROLLUPS, 2)
        within[0] = 2

ROLLUPS, rng, within = PROJECTIONS["rollups"], random.Random(1), mmap.mmap(-1, 1)
for _ in range(int(sys.argv[1])):
    within[0] = 0
    child = os.fork() or follow()
    while not within[0]:
        time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.02))
    os.kill(child, signal.SIGKILL)
    ended = os.waitpid(child, 0)[1]
    behind, row = lag(ROLLUPS)
    connection.close()
    print(json.dumps([ended, within[0], row.position if row else 0, behind]))
"""


def killed(times):
    """Of each kill: how the process ended, whether it was within a step (1), the position, and what was left."""
    environment = {**os.environ, "THE_TEST_DATABASE": str(connection.settings_dict["NAME"])}
    said = subprocess.run(
        [sys.executable, "-c", FOLLOW, str(times)],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return [json.loads(line) for line in said.stdout.splitlines()]


@pytest.mark.timeout(120)
def test_killed_again_and_again_it_has_counted_each_call_once():
    for n in range(KILLS * 8):
        make_call(state="ended", ago=n * 1_000, wait_seconds=n % 40)
    first = killed(KILLS // 2)
    for call in Call.objects.filter(id__in=list(Call.objects.values_list("id", flat=True)[: KILLS * 8 : 3])):
        change_call(call, outcome="missed", wait_seconds=7)
    kills = first + killed(KILLS // 2)

    assert {ended for ended, *_ in kills} == {9}
    assert sum(within == 1 for _, within, *_ in kills) > KILLS / 2, "most were killed within a step"
    assert sum(left > 0 for *_, left in kills) > KILLS / 2, "and had more to do"
    positions = [position for *_, position, _ in kills]
    assert positions == sorted(positions)
    assert positions[0] < positions[-1]

    catch_up(PROJECTIONS[rollups.NAME])
    assert list(differences()) == []
    assert Projection.objects.get(name=rollups.NAME).position == max(Call.objects.values_list("seq", flat=True))
