"""SQLite plans for a full database from the first day on: every index of the large tables has its figures."""

from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from calls.board import live_at
from calls.models import Call

PLANS = import_module("calls.migrations.0002_plans").PLANS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_sqlite():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL gathers its own figures")


@pytest.mark.parametrize("table", PLANS)
def test_every_index_has_its_figures(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = %s", [table]
        )
        there = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT idx FROM sqlite_stat1 WHERE tbl = %s", [table])
        known = {name for (name,) in cursor.fetchall()}

    assert known == there == set(PLANS[table])


def test_the_few_live_calls_are_found_without_reading_the_history():
    assert "call_live" in live_at(Call.objects, timezone.now()).explain()
