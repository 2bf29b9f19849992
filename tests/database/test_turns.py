"""Whoever does long work beside a server leaves others as much time, and waits longer for its own turn."""

import pytest
from django.db import connection

from calls.database import turns
from calls.database.connecting import unhurried


class Clock:
    def __init__(self):
        self.now, self.slept = 100.0, []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.mark.django_db
def test_a_pause_is_as_long_as_the_turn_before_it(monkeypatch):
    monkeypatch.setattr(turns, "time", clock := Clock())
    turn = turns.Turns()
    for took in (0.3, 0.001, 0.1):
        clock.now += took
        turn.give_way()

    on_sqlite = connection.vendor == "sqlite"
    assert clock.slept == ([0.3, 0.02, 0.1] if on_sqlite else [0.02] * 3), "PostgreSQL has many writers at a time"


@pytest.mark.django_db
def test_a_command_waits_longer_for_the_lock_than_a_server_may():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has locks of rows")

    def patience():
        with connection.cursor() as cursor:
            return cursor.execute("PRAGMA busy_timeout").fetchone()[0]

    usual = patience()
    with unhurried():
        assert patience() == 60_000
    assert patience() == usual == 1_200
