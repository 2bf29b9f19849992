"""The admin reads millions of calls as it reads a hundred: by an index, a page at a time, never counting."""

import re
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.models import Agent, Call, CallGroup, Delivery
from calls.phones import digits_reversed

pytestmark = pytest.mark.slow
LIST = "/admin/calls/call/"
MOST_QUERIES = 28


def many_calls(source, count: int) -> None:
    """Calls a minute apart, spread over groups, agents and numbers."""
    groups = [CallGroup.objects.get_or_create(name=f"Group {at}")[0] for at in range(20)]
    now = timezone.now()
    for start in range(0, count, 5_000):
        Call.objects.bulk_create(
            (one_call(source, groups, now, at) for at in range(start, min(count, start + 5_000))), batch_size=500
        )
    if (
        connection.vendor == "postgresql"
    ):  # SQLite has its figures from the migration `plans`, and other tests need them
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def one_call(source, groups, now, at: int) -> Call:
    number, began = f"+9190{at % 100_000_000:08}", now - timedelta(minutes=at)
    return Call(
        source=source,
        ref=f"ref-{at}",
        direction=("incoming", "incoming", "outgoing")[at % 3],
        state="ended",
        outcome=("answered", "answered", "missed", "abandoned")[at % 4],
        customer_number=number,
        customer_key=f"key{at % 100_000_000}",
        customer_reversed=digits_reversed(number),
        virtual_number="+911200000301",
        agent_number=f"+9180000{at % 200:05}",
        group=groups[at % 20],
        began_at=began,
        ended_at=began,
        heard_at=began,
        seq=at,
        flags=["synthetic"] if at % 1_000 == 0 else [],
    )


@pytest.fixture
def admin(client, admin_person):
    client.force_login(admin_person)
    return client


@pytest.fixture
def history(source):
    many_calls(source, 2_000)
    agent = Agent(source=source, number="+918000000007", number_key="+918000000007", name="Asha")
    agent.save()


QUERIES = {
    "": 100,
    "?q=%2B919000001234": 1,
    "?q=09000001234": 1,
    "?q=1234": 2,
    "?q=ref-77": 1,
    "?outcome=missed": 100,
    "?direction=outgoing": 100,
    "?group=Group+7": 100,
    "?agent=Asha": 10,
    "?agent=08000000007": 10,
    "?state=ended": 100,
    "?state=live": 0,
    "?state=lost_track": 0,
    "?since={day}&until={day}": 100,
    "?mark=synthetic": 2,
    "?source={source}": 100,
    "?group=Group+7&outcome=missed": 0,
    "?group=No+group": 0,
}


def asked(captured: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in captured if query["sql"].startswith("SELECT")]


def rows_of(response) -> int:
    return len(response.context["cl"].result_list)


def plan(sql: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Small tables are read whole, and rightly: asked here is whether the indexes fit.
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql.replace('%', '%%')}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def scans_whole(sql: str) -> bool:
    """Whether the calls (or deliveries) are read from end to end and then sorted.

    In their order they may be read; and so may the live ones, which are few, by an index that has no others.
    """
    planned = plan(sql).replace("SCAN calls_call USING INDEX call_live", "")
    scanned = re.search(r"SCAN calls_(call|delivery)\b|Seq Scan on calls_(call|delivery)\b", planned)
    return bool(scanned and re.search(r"TEMP B-TREE|Sort|Seq Scan", planned))


def test_every_search_and_filter_takes_few_queries_counts_nothing_and_uses_an_index(admin, history, source):
    day = (timezone.localdate() - timedelta(days=1)).isoformat()
    for query, rows in QUERIES.items():
        with CaptureQueriesContext(connection) as captured:
            response = admin.get(LIST + query.format(day=day, source=source.pk))

        assert (response.status_code, rows_of(response)) == (200, rows), query
        assert len(captured) <= MOST_QUERIES, query
        assert not [sql for sql in asked(captured) if "COUNT(*)" in sql and "calls_call" in sql], query
        of_calls = [sql for sql in asked(captured) if 'FROM "calls_call"' in sql]
        assert of_calls, query
        assert not [plan(sql) for sql in of_calls if scans_whole(sql)], query


def test_a_number_is_looked_up_and_not_searched_for(admin, history):
    """Even with a million calls: the list is not walked by date until it finds a hundred matches."""
    with CaptureQueriesContext(connection) as captured:
        admin.get(LIST + "?q=000001234")

    [lookup] = [sql for sql in asked(captured) if "BETWEEN" in sql]
    [listing] = [sql for sql in asked(captured) if 'FROM "calls_call"' in sql and '"provider_status"' in sql]
    assert "call_customer" in plan(lookup)
    assert "call_began" not in plan(listing)


def test_more_rows_take_no_more_queries(admin, source):
    many_calls(source, 5)
    with CaptureQueriesContext(connection) as few:
        admin.get(LIST)
    many_calls(source, 200)
    with CaptureQueriesContext(connection) as many:
        admin.get(LIST)

    assert len(few) == len(many)


def test_the_pages_hold_every_call_once_and_lead_back(admin, source):
    many_calls(source, 550)
    seen, address, pages = [], LIST, 0
    while address:
        changelist = admin.get(address).context["cl"]
        seen += [call.pk for call in changelist.result_list]
        pages += 1
        last, address = changelist, changelist.older and LIST + changelist.older
    newer = admin.get(LIST + last.newer).context["cl"]

    assert pages == 6
    assert sorted(seen) == sorted(Call.objects.values_list("pk", flat=True))
    assert [call.pk for call in newer.result_list] == seen[400:500]


def test_the_first_page_reached_backwards_is_the_first_page(admin, history):
    first = admin.get(LIST).context["cl"]
    second = admin.get(LIST + first.older).context["cl"]
    back = admin.get(LIST + second.newer).context["cl"]

    assert [call.pk for call in back.result_list] == [call.pk for call in first.result_list]


def test_calls_that_began_at_the_same_moment_are_all_listed(admin, source):
    many_calls(source, 250)
    Call.objects.update(began_at=timezone.now())

    first = admin.get(LIST).context["cl"]
    second = admin.get(LIST + first.older).context["cl"]
    third = admin.get(LIST + second.older).context["cl"]

    assert len({call.pk for page in (first, second, third) for call in page.result_list}) == 250
    assert third.older is None


def test_a_page_that_is_none_is_the_first(admin, history):
    for place in ("older.1.2.3", "sideways.1.2", "older.x.y", "99", "older.9999999999999999999999.1", "newer"):
        response = admin.get(LIST, {"p": place})

        assert (response.status_code, rows_of(response)) == (200, 100), place


def test_a_filter_without_an_index_says_that_it_looks_at_the_last_days_only(admin, source):
    many_calls(source, 10)
    Call.objects.update(began_at=timezone.now() - timedelta(days=40), flags=["synthetic"])

    short = admin.get(LIST + "?mark=synthetic")
    long = admin.get(LIST + "?mark=synthetic&since=2000-01-01")

    assert rows_of(short) == 0
    assert b"Only the last 31 days are searched" in short.content
    assert rows_of(long) == 10
    assert b"Only the last" not in long.content


def test_deliveries_are_listed_without_their_bodies_and_without_counting(admin, source):
    now = timezone.now()
    Delivery.objects.bulk_create(
        Delivery(
            source=source,
            received_at=now,
            method="POST",
            body=b"x" * 1_000,
            body_size=1_000,
            content_key=str(at),
            result="quarantined" if at % 5 == 0 else "applied",
            reason="broken_json" if at % 5 == 0 else "",
        )
        for at in range(500)
    )
    for query, count in {"": 100, "?result=quarantined": 100, "?reason=broken_json": 100, "?q=7": None}.items():
        with CaptureQueriesContext(connection) as captured:
            response = admin.get(f"/admin/calls/delivery/{query}")

        listing = [sql for sql in asked(captured) if 'FROM "calls_delivery"' in sql]
        assert count is None or rows_of(response) == count
        assert not [sql for sql in asked(captured) if "COUNT(*)" in sql and "calls_delivery" in sql]
        assert not [sql for sql in listing if '"calls_delivery"."body",' in sql]
        assert not [plan(sql) for sql in listing if scans_whole(sql)]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_list_of_a_large_history_opens_within_a_second(admin, source):
    many_calls(source, 300_000)
    slow = {}
    for query in QUERIES:
        address = LIST + query.format(day=(timezone.localdate() - timedelta(days=30)).isoformat(), source=source.pk)
        admin.get(address)
        start = time.perf_counter()
        admin.get(address)
        slow[query] = time.perf_counter() - start

    assert {query: round(took, 2) for query, took in slow.items() if took > 1.0} == {}
