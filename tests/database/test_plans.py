"""SQLite plans for a full database from the first day on: every index of the large tables has its figures."""

from importlib import import_module
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.commit import limits
from calls.commit.cache import cache
from calls.days import site_zone
from calls.figures import cells
from calls.figures.spans import Piece
from calls.live.queries import live_at
from calls.models import Call
from tests.support.payloads import as_sent, load
from tests.support.provider import Provider

PLANS = import_module("calls.migrations.0016_who_talks_now").PLANS

LARGE = ("calls_call", "calls_delivery", "calls_callalias")
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


@pytest.mark.parametrize(
    ("index", "asked"), [("call_error", {"error_code": "17"}), ("call_campaign", {"campaign_id": "7001"})]
)
def test_calls_with_a_code_or_of_a_campaign_are_found_by_their_index_in_order(index, asked):
    plan = Call.objects.standing().filter(**asked).order_by("-began_at", "-id")[:100].explain()
    assert index in plan
    assert "TEMP B-TREE" not in plan


def figures():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT idx, stat FROM sqlite_stat1 WHERE tbl IN ('calls_call', 'calls_delivery', 'calls_callalias')"
        )
        return sorted(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_seeding_keeps_the_figures():
    before = figures()

    call_command("seed", calls=60, days=2, stdout=StringIO())

    assert figures() == before


COARSE = ("delivery_result", "call_direction", "call_outcome", "call_live", "call_group", "call_error")
"""Indexes whose values each stand for a large part of the history."""


def steps_of(statements):
    """What SQLite means to do for each statement that touches a large table."""
    found = []
    for sql in statements:
        if sql.startswith(("SELECT", "UPDATE", "DELETE")) and any(table in sql for table in LARGE):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}".replace("%", "%%"))
                found += [(sql, row[3]) for row in cursor.fetchall()]
    return found


def count_live_calls(source):
    """They are counted by the clock, not by the delivery: that is done before."""
    cache.refresh()
    limits.live_calls.too_many(cache.sources[source.pk])


def test_no_delivery_reads_a_large_part_of_the_history(source, source_token):
    """A plan that is right for an empty database can be minutes long in a full one."""
    provider = Provider(source, source_token)
    payloads = [as_sent(payload) for payload in load(timezone.now()).values()]
    count_live_calls(source)
    with CaptureQueriesContext(connection) as queries:
        provider.says_at_once(payloads[::2])
        cache.live_cache.forget()
        provider.says_at_once(payloads[1::2])
        for payload in payloads:
            provider.says(payload)

    steps = steps_of(query["sql"] for query in queries)

    assert len(steps) > 40, "plans are found"
    assert [step for step in steps if is_coarse(step[1])] == []


def test_an_agent_in_two_calls_costs_no_look_through_the_history(source, source_token):
    fields = {"type": "live_call", "Direction": "IVR", "Status": "Picked", "DialWhomNumber": "8000000201"}
    fields |= {"SourceNumber": "9000000101", "DestinationNumber": "01200000301", "StartTime": str(timezone.now())[:19]}
    provider = Provider(source, source_token)
    count_live_calls(source)
    with CaptureQueriesContext(connection) as queries:
        for ref in ("first", "second"):
            provider.says(fields | {"CallSid": ref})

    steps = [step for sql, step in steps_of(query["sql"] for query in queries) if "calls_call" in sql]

    assert any("call_agent" in step for step in steps)
    assert not [step for step in steps if is_coarse(step) and "call_live (state=? AND agent_number=?)" not in step]


def is_coarse(step):
    scanned = step.removeprefix("SCAN ").split(" ")[0] if step.startswith("SCAN ") else ""
    return scanned in LARGE or any(name in step for name in COARSE)


def test_the_cells_that_are_not_spread_are_found_by_their_index_in_order():
    """There are few of them among hundreds of thousands, and they are asked for with each step of the roll-ups."""
    with CaptureQueriesContext(connection) as asked:
        cells.spread(1, 1_900_000, site_zone(), 10)
        list(cells.not_spread((0, 1), "", Piece("q", 1, 9)))
        list(cells.within((0, 1), "", Piece("q", 1, 9)))

    plans = [plan_of(each["sql"]) for each in asked]
    assert ["figure_cell_not_spread" in plan for plan in plans] == [True, True, False]
    assert not any("TEMP B-TREE" in plan for plan in plans)
    assert "generation=? AND split=? AND span=? AND start>? AND start<?" in plans[2]


def plan_of(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return " | ".join(row[-1] for row in cursor.fetchall())


PAGES = ("/", "/figures/", "/figures/lost/", "/figures/now/", "/figures/now/live/", "/set-aside/", "/admin/")


@pytest.mark.parametrize("page", PAGES)
def test_no_page_reads_a_large_table_from_end_to_end(page, client, admin_person, source):
    client.force_login(admin_person)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(page).status_code == 200

    # One that ends after so many rows may go through a table in the order of an index, or of its ids.
    asked = [each["sql"] for each in seen if " LIMIT " not in each["sql"] or "INNER JOIN" in each["sql"]]
    scanned = [(sql, step) for sql, step in steps_of(asked) if step.startswith("SCAN calls_")]
    assert [(sql, step) for sql, step in scanned if is_in_a_large_table(step) and "call_live" not in step] == []


def is_in_a_large_table(step):
    return step.split(" ")[1] in LARGE
