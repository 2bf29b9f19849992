"""A row says what the contract says, and a masked one holds no full number."""

import re
import tracemalloc
from datetime import timedelta
from decimal import Decimal

import orjson
import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.database.columns import Columns
from calls.display.rows import encode, read_names
from calls.live.first_page import snapshot_for
from calls.live.shown_call import ShownCall
from calls.models import Agent, Call, Source, VirtualNumber
from calls.phones import match_key
from tests.support.factories import change_call, end_call, make_call

pytestmark = pytest.mark.django_db


def test_somebody_without_rights_gets_no_page(outsider):
    make_call()
    assert snapshot_for(outsider) is None
    assert snapshot_for(AnonymousUser()) is None


def test_the_first_page_holds_the_calls_of_ones_groups_only(sales_supervisor, admin_person, sales, support):
    mine, other, nobodys = make_call(sales), make_call(support), make_call(None)
    assert ids(snapshot_for(sales_supervisor)) == [mine.id]
    assert sorted(ids(snapshot_for(admin_person))) == [mine.id, other.id, nobodys.id]


def ids(snapshot):
    return [call["id"] for call in snapshot["calls"]]


def test_the_longest_waiting_come_first_then_the_talking_then_the_lost_then_the_completed(admin_person):
    completed = make_call(state="ended")
    lost = make_call(heard_at=timezone.now() - timedelta(seconds=200), ago=300)
    talking = make_call(state="talking", ago=600)
    outgoing = make_call(direction="outgoing", state="dialing", ago=100)
    short, long = make_call(ago=5), make_call(ago=50)
    assert ids(snapshot_for(admin_person)) == [each.id for each in (long, short, outgoing, talking, lost, completed)]


def test_the_first_page_is_limited_and_its_totals_are_not(admin_person):
    for _ in range(4):
        make_call()
        make_call(state="ended")
    snapshot = snapshot_for(admin_person, live=3, ended=2)
    assert len(snapshot["calls"]) == 5
    assert snapshot["totals"]["live"] == 4 and snapshot["totals"]["answered_today"] == 4


def test_calls_that_turned_out_to_be_another_are_not_there(admin_person):
    call = make_call()
    change_call(make_call(), merged_into=call)
    assert ids(snapshot_for(admin_person)) == [call.id]


def test_totals_count_waiting_and_lost_apart(admin_person):
    long_ago = timezone.now() - timedelta(hours=30)
    oldest = make_call(ago=40)
    make_call(ago=20, state="ivr")
    make_call(state="talking")
    make_call(direction="outgoing")
    make_call(heard_at=timezone.now() - timedelta(seconds=181), ago=400)
    make_call(began_at=long_ago, started_at=long_ago)
    totals = snapshot_for(admin_person)["totals"]
    assert (totals["live"], totals["ringing"], totals["ivr"], totals["talking"]) == (4, 2, 1, 1)
    assert totals["waiting"] == 2 and totals["lost_track"] == 2
    assert totals["longest_waiting_since"] == orjson.loads(encode(oldest.began_at))


def test_a_lost_call_leaves_after_a_day(admin_person):
    make_call(heard_at=timezone.now() - timedelta(hours=25), ago=25 * 3600)
    assert snapshot_for(admin_person)["calls"] == []


def test_the_silence_after_which_a_call_is_lost_is_a_setting(settings, admin_person):
    heard_at = make_call(heard_at=timezone.now() - timedelta(seconds=100)).heard_at
    for seconds, lost in ((90, 1), (180, 0)):
        settings.CALLBOARD_LOST_TRACK_SECONDS = dict.fromkeys(["ivr", "dialing", "ringing", "talking"], seconds)
        snapshot = snapshot_for(admin_person)
        assert snapshot["totals"]["lost_track"] == lost
        lost_at = orjson.loads(encode(heard_at + timedelta(seconds=seconds)))
        assert snapshot["calls"][0]["lost_track_at"] == lost_at


def test_the_day_is_counted_in_the_zone_of_the_site(settings, admin_person):
    settings.TIME_ZONE = "Asia/Kolkata"
    with time_machine.travel("2030-01-15T18:40:00Z"):  # 00:10 on the 16th in Kolkata
        make_call(state="ended", ago=300)
        make_call(state="ended", ago=3600)
        totals = snapshot_for(admin_person)["totals"]
    assert totals["answered_today"] == 1 and totals["day"] == "2030-01-16"


def test_a_rows_names_come_from_the_call_itself_then_from_the_directory(admin_person):
    call = make_call(
        ring_attempts=[{"agent_number": "+919000000201", "state": "ringing", "at": "2030-01-15T04:30:00Z"}]
    )
    Agent.objects.create(
        source=call.source, number="90000 00201", number_key=match_key("+919000000201"), learned_name="Asha"
    )
    VirtualNumber.objects.create(
        source=call.source, number="x", number_key=match_key("+911140000001"), label="Help line"
    )
    shown = snapshot_for(admin_person)["calls"][0]
    assert shown["agent_name"] == "Asha" and shown["virtual_label"] == "Help line"
    assert shown["ring_attempts"][0]["agent_name"] == "Asha"
    change_call(call, agent_name="Asha R.")
    assert snapshot_for(admin_person)["calls"][0]["agent_name"] == "Asha R."


def test_moments_lengths_and_money_are_spelt_as_the_contract_says(admin_person):
    call = make_call(coins=Decimal("1.500"), state="talking")
    end_call(call, talk_seconds=5, recording_url="https://newcallrecords.callerdesk.io/a.mp3")
    shown = snapshot_for(admin_person)["calls"][0]
    assert shown["coins"] == "1.5" and shown["has_recording"] is True and shown["talk_seconds"] == 5
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", shown["ended_at"])
    assert shown["lost_track_at"] is None


def test_a_recording_at_a_foreign_host_is_none(admin_person):
    make_call(state="ended", recording_url="https://elsewhere.example/a.mp3")
    assert snapshot_for(admin_person)["calls"][0]["has_recording"] is False


CANARY = "9000077123"
HIDING_PLACES = {
    "customer_number": f"+91{CANARY}",
    "virtual_number": f"+91{CANARY}",
    "agent_number": CANARY,
    "agent_name": "Asha +91 90000-77123 x",
    "provider_status": f"Transferred to {CANARY}",
    "reason": f"rang_{CANARY}",
    "ring_attempts": [{"agent_number": f"+91{CANARY}", "state": f"busy {CANARY}", "at": None}],
    "flags": [f"odd_{CANARY}"],
}


@pytest.mark.parametrize("field", HIDING_PLACES)
def test_no_byte_for_a_masked_viewer_holds_a_full_number(field, masked_viewer, sales):
    make_call(sales, **{field: HIDING_PLACES[field]})
    digits = re.sub(rb"[^0-9]", b"", orjson.dumps(snapshot_for(masked_viewer)["calls"][0].get(field)))
    assert CANARY.encode() not in digits and b"90000" not in digits
    assert snapshot_for(masked_viewer)["calls"]


def test_names_of_the_directory_are_masked_too(masked_viewer, sales):
    call = make_call(sales, ring_attempts=[{"agent_number": "+919000000201", "state": "busy", "at": None}])
    sales.name = f"Sales {CANARY}"
    sales.save()
    Source.objects.update(name=f"Line {CANARY}")
    Agent.objects.create(source=call.source, number="x", number_key="+919000000201", name=f"Asha {CANARY}")
    VirtualNumber.objects.create(source=call.source, number="x", number_key="+911140000001", label=CANARY)
    assert CANARY.encode() not in orjson.dumps(snapshot_for(masked_viewer))


@pytest.mark.parametrize(
    ("ref", "shown"),
    [
        ("1894680000.1001", "1894680000.1001"),
        ("in-9000077123-7", None),
        ("90000-77123", None),
        ("abc", "abc"),
    ],
)
def test_the_providers_id_stays_unless_a_number_of_the_call_is_in_it(ref, shown, masked_viewer, sales):
    make_call(sales, ref=ref, customer_number=f"+91{CANARY}")
    assert snapshot_for(masked_viewer)["calls"][0]["ref"] == shown


def test_customers_keep_their_pseudonym_under_masking(masked_viewer, sales):
    make_call(sales, customer_key="abcdabcdabcdabcd")
    assert snapshot_for(masked_viewer)["calls"][0]["customer_key"] == "abcdabcdabcdabcd"


def test_people_with_the_right_see_the_numbers(sales_supervisor, sales):
    make_call(sales, customer_number=f"+91{CANARY}")
    assert snapshot_for(sales_supervisor)["calls"][0]["customer_number"] == f"+91{CANARY}"


def test_a_board_costs_a_fixed_number_of_queries(admin_person, django_assert_max_num_queries):
    for _ in range(20):
        make_call()
    with django_assert_max_num_queries(14):
        snapshot_for(admin_person)
    assert Call.objects.count() == 20


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is SQLite's")
def test_the_first_page_never_looks_through_the_history(admin_person, sales_supervisor, sales):
    """Live and latest calls come from the indexes that hold only them, the day's figures from a range of days."""
    make_call(sales)
    for user in (admin_person, sales_supervisor):
        with CaptureQueriesContext(connection) as asked:
            snapshot_for(user)
        asked_calls = [query["sql"] for query in asked if 'FROM "calls_call"' in query["sql"]]
        assert [way(sql) for sql in asked_calls] == [
            "call_live",
            "call_began" if user == admin_person else "call_group",
            "call_live",
            "call_completed",
        ]


def way(sql):
    """The index that a query goes by; a group's whole history is none."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        plan = [detail for *_, detail in cursor.fetchall() if "calls_call" in detail]
    (step,) = plan
    index = step.split("USING INDEX ")[1].split(" ")[0]
    assert index != "call_group" or "began_at>?" in step
    return index


def test_a_rows_json_is_kept_in_no_more_room_than_it_needs():
    make_call()
    call, names, count = Columns(*Call.objects.values_list(*Columns._fields).get()), read_names(), 100
    rows = [ShownCall(call) for _ in range(count)]
    tracemalloc.start()
    try:
        length = sum(len(row.json(masked=False, names=names)) for row in rows)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert length < kept < 1.5 * length
