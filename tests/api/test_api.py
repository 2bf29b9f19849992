"""The programming interface: rows as the boards have them, a page at a time, and one call with its story."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from calls.models import Call, Delivery
from tests.support.factories import change_call, make_call
from tests.support.provider import Provider, india, knows
from tests.support.spellings import E164, SPELLINGS

ROW = {
    *("id", "ref", "source", "direction", "state", "provisional", "outcome", "reason", "provider_status"),
    *("customer_number", "customer_key", "virtual_number", "virtual_label", "group", "agent_number", "agent_name"),
    *("ring_attempts", "spaced", "began_at", "started_at", "ringing_at", "answered_at", "ended_at", "wait_seconds"),
    *("campaign_id", "error_code", "error_cause", "leg_a_picked_at", "leg_b_started_at", "leg_b_picked_at"),
    *("talk_seconds", "duration_seconds", "coins", "has_recording", "roles_assumed", "flags", "lost_track_at", "seq"),
}
RECORDING = "https://callrecords.callerdesk.io/2030/a.mp3"


@pytest.fixture
def api(client, admin_person):
    client.force_login(admin_person)
    return client


@pytest.fixture
def provider(source, source_token):
    knows(source, agents=["8000000201"], lines=["01200000301"])
    return Provider(source, source_token)


def ids(response) -> list[int]:
    return [call["id"] for call in response.json()["calls"]]


def report(ref: str = "1894680000.1", **more: str) -> dict[str, str]:
    now = timezone.now()
    said = {
        "type": "call_report",
        "SourceNumber": "9000000101",
        "DestinationNumber": "01200000301",
        "DialWhomNumber": "8000000201",
        "CallSid": ref,
        "Direction": "IVR",
        "Status": "ANSWER",
        "StartTime": india(now - timedelta(seconds=60)),
        "EndTime": india(now),
        "CallDuration": "60",
        "TalkDuration": "40",
        "coins": "2",
        "call_group": "Sales",
        "CallRecordingUrl": RECORDING,
    }
    return said | more


def ringing(ref: str = "1894680000.1", **more: str) -> dict[str, str]:
    said = report(ref) | {"type": "live_call", "Status": "Transfer to agent"}
    for name in ("EndTime", "CallDuration", "TalkDuration", "coins", "CallRecordingUrl"):
        said.pop(name)
    return said | more


def test_a_row_has_the_fields_of_the_boards_and_no_others(api, sales):
    make_call(sales, state="ended")

    [row] = api.get("/api/calls/").json()["calls"]

    assert set(row) == ROW


def test_moments_are_utc_with_a_z_whatever_the_sites_zone(api, sales):
    with timezone.override(ZoneInfo("Asia/Kolkata")):
        call = make_call(sales)
    [row] = api.get("/api/calls/").json()["calls"]

    assert row["began_at"].endswith("Z")
    assert row["began_at"][:19] == call.began_at.strftime("%Y-%m-%dT%H:%M:%S")
    assert row["ended_at"] is None


def test_the_latest_call_comes_first_and_the_pages_hold_every_call_once(api, sales):
    made = [make_call(sales, ago=seconds).pk for seconds in range(7)]
    seen, cursor = [], ""
    while cursor is not None:
        answer = api.get("/api/calls/", {"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [call["id"] for call in answer["calls"]]
        cursor = answer["next"]

    assert seen == made


def test_a_call_that_begins_while_one_pages_moves_nothing(api, sales):
    for seconds in range(4):
        make_call(sales, ago=100 + seconds)
    first = api.get("/api/calls/?limit=2").json()
    make_call(sales, ago=0)
    second = api.get("/api/calls/", {"limit": 2, "cursor": first["next"]}).json()

    assert len({call["id"] for call in first["calls"] + second["calls"]}) == 4


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"state": "live"}, {"ringing", "talking"}),
        ({"state": "ringing"}, {"ringing"}),
        ({"state": "ended"}, {"missed", "outgoing"}),
        ({"direction": "outgoing"}, {"outgoing"}),
        ({"outcome": "missed"}, {"missed"}),
        ({"group": "Support"}, {"talking"}),
        ({"agent": "08000000202"}, {"talking"}),
        ({"number": "+91 90000 00777"}, {"missed"}),
        ({"number": "00777"}, {"missed"}),
        ({"number": "8000000202"}, {"talking"}),
        ({"number": "\u202a+91 90000 00777\u202c"}, {"missed"}),
        ({"number": "+44 90000 00777"}, set()),
        ({"number": "5555555"}, set()),
        ({"direction": "incoming", "state": "ended"}, {"missed"}),
        ({}, {"ringing", "talking", "missed", "outgoing"}),
    ],
)
def test_a_filter_gives_what_it_names_and_nothing_else(api, sales, support, asked, found):
    made = {
        "ringing": make_call(sales),
        "talking": make_call(support, state="talking", agent_number="+918000000202"),
        "missed": make_call(
            sales, state="ended", outcome="missed", customer_number="+919000000777", customer_reversed="777000000919"
        ),
        "outgoing": make_call(sales, state="ended", direction="outgoing"),
    }

    assert set(ids(api.get("/api/calls/", asked))) == {made[name].pk for name in found}


def test_a_period_holds_what_began_in_it_its_end_left_out(api, sales):
    old, new = make_call(sales, ago=3_600), make_call(sales, ago=60)

    assert ids(api.get("/api/calls/", {"since": new.began_at.isoformat()})) == [new.pk]
    assert ids(api.get("/api/calls/", {"until": new.began_at.isoformat()})) == [old.pk]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"state": "sleeping"}, "state"),
        ({"outcome": "great"}, "outcome"),
        ({"since": "yesterday"}, "since"),
        ({"limit": "201"}, "limit"),
        ({"limit": "0"}, "limit"),
        ({"cursor": "older.1"}, "cursor"),
        ({"cursor": "older.a.b"}, "cursor"),
        ({"number": "9" * 65}, "number"),
        ({"number": "9\x000"}, "number"),
        ({"grup": "Sales"}, "grup"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(api, asked, named):
    response = api.get("/api/calls/", asked)

    assert response.status_code == 400
    assert list(response.json()) == [named]


@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize(
    "moment",
    [
        *("0001-01-01", "0001-01-01T00:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00+14:00", "1969-12-31T23:59:59Z"),
        *("2100-01-01T00:00:00Z", "9999-12-31T23:59:59.999999", "9999-12-31T23:59-14:00", "9999-12-31"),
    ],
)
def test_a_moment_that_no_call_can_have_is_refused(api, sales, name, moment):
    make_call(sales)

    response = api.get("/api/calls/", {name: moment})

    assert response.status_code == 400
    assert list(response.json()) == [name]


@pytest.mark.parametrize("place", ["older.-1.1", "older.-62135596800000000.1", "newer.4102444800000000.1"])
def test_a_place_outside_all_lists_is_refused(api, sales, place):
    response = api.get("/api/calls/", {"cursor": place})

    assert response.status_code == 400
    assert list(response.json()) == ["cursor"]


@pytest.mark.parametrize("path", ["/api/calls/", "/api/calls/{}/"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_is_written_through_it(api, sales, path, method):
    call = make_call(sales)

    response = getattr(api, method)(path.format(call.pk), "{}", content_type="application/json")

    assert response.status_code in (403, 405)
    assert Call.objects.filter(pk=call.pk).exists()


def test_answers_are_json_and_kept_nowhere(api, sales):
    call = make_call(sales)
    for path in ("/api/calls/", f"/api/calls/{call.pk}/", "/api/calls/999/"):
        response = api.get(path, headers={"accept": "text/html"})

        assert response["Content-Type"] == "application/json"
        assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/api/calls/", "/api/calls/1/"])
def test_somebody_who_may_see_nothing_is_refused(client, outsider, path):
    assert client.get(path).status_code == 403
    client.force_login(outsider)
    assert client.get(path).status_code == 403


def test_one_call_comes_with_its_story(api, provider):
    provider.says(ringing())
    provider.says(report())
    call = Call.objects.get()

    answer = api.get(f"/api/calls/{call.pk}/").json()

    assert set(answer) == {"call", "story", "set_by"}
    assert set(answer["call"]) == ROW | {"recording_url", "also_said", "waits"}
    live, told = answer["story"]
    assert (live["kind"], told["kind"]) == ("live", "report")
    assert {"field": "state", "from": "ringing", "to": "ended"} in told["changed"]
    assert answer["set_by"]["state"] == told["delivery"]
    assert set(live) == {
        *("delivery", "received_at", "kind", "result", "reason", "provider_status", "changed", "ignored", "repeats"),
    }


def test_a_repeat_is_counted_and_not_told_again(api, provider):
    said = report()
    for _ in range(3):
        provider.says(said)
    call = Call.objects.get()

    [only] = api.get(f"/api/calls/{call.pk}/").json()["story"]

    assert only["repeats"] == 2
    assert Delivery.objects.count() == 3


def test_what_a_late_event_said_in_vain_is_named(api, provider):
    provider.says(report())
    provider.says(ringing())
    call = Call.objects.get()

    late = api.get(f"/api/calls/{call.pk}/").json()["story"][1]

    assert "state" in late["ignored"]
    assert not [change for change in late["changed"] if change["field"] == "state"]


def test_a_recording_is_linked_only_where_its_host_is_allowed(api, provider):
    provider.says(report("1", CallRecordingUrl=RECORDING))
    provider.says(report("2", CallRecordingUrl="https://evil.example/a.mp3"))
    provider.says(report("3", CallRecordingUrl="javascript:alert(1)"))

    answers = [api.get(f"/api/calls/{Call.objects.get(ref=ref).pk}/") for ref in "123"]

    assert [answer.json()["call"]["recording_url"] for answer in answers] == [RECORDING, None, None]
    assert b"evil.example" not in answers[1].content
    assert b"javascript" not in answers[2].content


def test_a_masked_person_gets_neither_link_nor_number_nor_a_changed_value_in_full(
    client, masked_viewer, sales, provider
):
    provider.says(ringing())
    provider.says(report(receiver_name="Asha 8000000201", call_group=sales.name))
    client.force_login(masked_viewer)
    call = Call.objects.get()

    response = client.get(f"/api/calls/{call.pk}/")

    assert response.json()["call"]["recording_url"] is None
    assert response.json()["call"]["has_recording"] is True
    for number in (b"9000000101", b"8000000201", b"1200000301", b"a.mp3"):
        assert number not in response.content


@pytest.mark.parametrize("written", SPELLINGS)
def test_a_number_is_found_in_every_spelling(api, source, sales, written):
    call = make_call(sales, customer_number=E164, customer_reversed=E164[:0:-1])
    make_call(sales, customer_number="+919000000101", customer_reversed="101000000919")
    assert ids(api.get("/api/calls/", {"number": written})) == [call.pk]


def test_a_masked_person_cannot_spell_a_number_out_by_asking(client, masked_viewer, sales):
    call = make_call(sales, customer_number="+919000000101", customer_reversed="101000000919")
    client.force_login(masked_viewer)

    def found(text: str) -> bool:
        return ids(client.get("/api/calls/", {"number": text})) == [call.pk]

    assert found("0101")
    assert found("+919000000101")
    assert not found("101")
    assert not found("00101")
    assert not found("00000101")
    assert not found("01")


def test_a_call_that_turned_out_to_be_another_is_answered_with_that_one(api, sales):
    standing, moved = make_call(sales), make_call(sales)
    change_call(moved, merged_into=standing)

    assert api.get(f"/api/calls/{moved.pk}/").json()["call"]["id"] == standing.pk
    assert ids(api.get("/api/calls/")) == [standing.pk]


def test_a_merged_call_leads_nobody_out_of_their_scope(client, support_supervisor, sales, support):
    standing, moved = make_call(sales), make_call(support)
    change_call(moved, merged_into=standing)
    client.force_login(support_supervisor)

    assert client.get(f"/api/calls/{moved.pk}/").status_code == 404


@pytest.mark.parametrize("key", ["0", "99999999999999999999", "-1", "1.0", "x"])
def test_an_id_that_is_none_is_not_found(api, key):
    assert api.get(f"/api/calls/{key}/").status_code == 404
