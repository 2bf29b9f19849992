"""Roll-ups and real processes: they are followed where nothing is delivered, and made anew beside deliveries."""

import re
import time

import pytest

from tests.support.desk import Desk
from tests.support.running import manage, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

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
