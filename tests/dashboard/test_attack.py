"""Thousands of hostile requests at webhooks, pages and sockets of both servers: nobody else notices.

`TEST_ATTACK_REQUESTS=10000 python3 run.py test tests/dashboard/test_attack.py -s` says more and takes longer.
"""

import time

import pytest

from dashboard.limits import UNREAD_SECONDS
from tests.support.attacks import ATTACKS, carry_out, requests_of_an_attack
from tests.support.sites import site
from tests.support.strangers import MEGABYTE, resident_bytes, watched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

WARM_UP = 300
BACK_SECONDS = UNREAD_SECONDS + 10
"""Connections of which nothing is read are parted with only then, and hold memory until then."""


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def server(request, tmp_path_factory):
    with site(tmp_path_factory.mktemp(request.param), request.param) as server:
        yield server


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_not_noticed_by_others(server, name):
    carry_out(ATTACKS[name], server, WARM_UP, seed=2)  # what is only made at the first use is no growth
    time.sleep(1)
    before = resident_bytes(server.process.pid)
    with watched(server.port, server.process.pid, server.token) as watch:
        statuses = carry_out(ATTACKS[name], server, requests_of_an_attack())
    grown = back(server, before)
    print(
        f"{name}: {dict(statuses)}, {len(watch.stored)} deliveries, slowest {watch.slowest:.2f} s, {grown:.1f} MB more"
    )
    assert max(statuses) < 500, statuses
    assert set(watch.answers) == {200}, watch.answers
    assert watch.slowest < 1.5
    assert server.desk("missing", deliveries=sorted(watch.stored)) == []
    assert grown < 20
    assert "Traceback" not in server.output


def back(server, before):
    """Megabytes that the server is larger by, once it had time to give back what it can."""
    until = time.monotonic() + BACK_SECONDS
    while (grown := (resident_bytes(server.process.pid) - before) / MEGABYTE) >= 20 and time.monotonic() < until:
        time.sleep(0.5)
    return grown
