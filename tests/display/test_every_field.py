"""Every field that the provider documents is found on the call: in the API, in the admin and on the board.

The fields are those of the provider's two tables, and beside them what integrations saw come.
"""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from calls.display import formats
from calls.display.causes import CAUSES, cause_word, code_with_cause
from calls.display.masking import masked_said
from calls.live import first_page
from calls.models import Call
from tests.support.provider import Provider, india, knows

NOW = timezone.now().replace(microsecond=0)
RECORDING = "https://callrecords.callerdesk.io/2030/walk.mp3"


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


REPORT = {
    "SourceNumber": ("9000000101", "customer_number", "+919000000101"),
    "DestinationNumber": ("01200000301", "virtual_number", "+911200000301"),
    "DialWhomNumber": ("8000000201", "agent_number", "+918000000201"),
    "CallDuration": ("75", "duration_seconds", 75),
    "coins": ("2.5", "coins", "2.5"),
    "Status": ("ANSWER", "provider_status", "ANSWER"),
    "StartTime": (india(ago(120)), "started_at", ago(120)),
    "EndTime": (india(ago(45)), "ended_at", ago(45)),
    "CallSid": ("walk-1", "ref", "walk-1"),
    "CallRecordingUrl": (RECORDING, "recording_url", RECORDING),
    "Direction": ("IVR", "direction", "incoming"),
    "campid": ("7001-spring", "campaign_id", "7001-spring"),
    "TalkDuration": ("61", "talk_seconds", 61),
    "call_group": ("Sales", "group", "Sales"),
    "receiver_name": ("Asha Test", "agent_name", "Asha Test"),
    "error_code": ("31", "error_code", "31"),
    "LegA_Picked_time": (india(ago(119)), "leg_a_picked_at", ago(119)),
    "LegB_Start_time": (india(ago(115)), "leg_b_started_at", ago(115)),
    "LegB_Picked_time": (india(ago(106)), "leg_b_picked_at", ago(106)),
}
"""The call report: the provider's field, a value, the call's field, and what it is there."""
LIVE = {name: REPORT[name] for name in REPORT if name in (
    "SourceNumber", "DestinationNumber", "DialWhomNumber", "StartTime", "CallSid", "Direction", "call_group", "campid",
)} | {"Status": ("Transfer to agent", "provider_status", "Transfer to agent")}  # fmt: skip
"""The live call: eight documented fields, and the campaign that one source says comes too."""
OTHERS = {
    "hangup_cause": "ANSWER(16-customer)",
    "key_press": "0",
    "cparty_number": "9000000177",
    "cparty_recording": "https://elsewhere.example/c.mp3",
    "agent_email": "asha@example.com",
    "account_id": "4711",
    "group_id": "12",
    "callresult": "Answered",
    "Uniqueid": "walk-unique-1",
    "branchcode": "Pune-West",
}
ALL = {"report": REPORT, "live": LIVE}
WALK = [(kind, name) for kind, fields in ALL.items() for name in fields]


@pytest.fixture
def provider(source, source_token):
    knows(source, agents=["8000000201"], lines=["01200000301"])
    return Provider(source, source_token)


def hears(provider, kind, **more):
    said = {"type": "call_report" if kind == "report" else "live_call"}
    provider.says(said | {name: value for name, (value, *_) in ALL[kind].items()} | more)
    return Call.objects.get()


def text_of(page) -> str:
    """What is read on a page, links and hover texts included, without the gaps in numbers."""
    return re.sub(r"</span><span>", "", unescape(page.content.decode()))


def spelled(field, value) -> str:
    """How the admin writes a value."""
    if field.endswith("_at"):
        return formats.exact(value)
    if field.endswith("_seconds"):
        return formats.length(value)
    return {"incoming": "Incoming", "31": code_with_cause("31")}.get(value, str(value))


def test_the_walk_goes_through_all_fields_of_the_two_tables():
    assert (len(REPORT), len(LIVE) - 1) == (19, 8)


@pytest.mark.parametrize(("kind", "name"), WALK)
def test_the_api_has_each_field_and_says_which_delivery_set_it(kind, name, client, admin_person, provider):
    call = hears(provider, kind)
    client.force_login(admin_person)
    answer = client.get(f"/api/calls/{call.pk}/").json()
    _, field, value = ALL[kind][name]
    found = answer["call"][field]
    assert found == (value.isoformat().replace("+00:00", "Z") if field.endswith("_at") else value)
    assert field == "ref" or answer["set_by"][field] == call.deliveries.get().pk


@pytest.mark.parametrize(("kind", "name"), WALK)
def test_the_page_of_the_call_in_the_admin_shows_each_field(kind, name, client, admin_person, provider):
    call = hears(provider, kind)
    client.force_login(admin_person)
    _, field, value = ALL[kind][name]
    told = text_of(client.get(reverse("admin:calls_call_change", args=[call.pk])))
    assert spelled(field, value) in told


@pytest.mark.parametrize(("kind", "name"), WALK)
def test_the_board_has_each_field_in_its_row(kind, name, admin_person, provider):
    hears(provider, kind)
    [row] = first_page.snapshot_for(admin_person)["calls"]
    _, field, value = ALL[kind][name]
    if field == "recording_url":
        assert row["has_recording"] is True
    else:
        assert row[field] == (value.isoformat().replace("+00:00", "Z") if field.endswith("_at") else value)


@pytest.mark.parametrize("kind", ["report", "live"])
@pytest.mark.parametrize("name", OTHERS)
def test_what_else_is_said_is_listed_in_api_and_admin(kind, name, client, admin_person, provider):
    call = hears(provider, kind, **OTHERS)
    client.force_login(admin_person)
    answer = client.get(f"/api/calls/{call.pk}/").json()
    assert answer["call"]["also_said"][name] == OTHERS[name]
    assert answer["set_by"][f"also_said.{name}"] == call.deliveries.get().pk
    page = text_of(client.get(reverse("admin:calls_call_change", args=[call.pk])))
    assert "Also said" in page and OTHERS[name] in page and name in page


def test_a_call_that_nothing_else_was_said_of_lists_nothing(client, admin_person, provider):
    call = hears(provider, "report")
    client.force_login(admin_person)
    assert client.get(f"/api/calls/{call.pk}/").json()["call"]["also_said"] == {}
    assert "Also said" not in text_of(client.get(reverse("admin:calls_call_change", args=[call.pk])))


def test_live_events_and_report_together_list_what_each_said(provider):
    hears(provider, "live", key_press="1", branch="Pune")
    call = hears(provider, "report", key_press="12", note="called twice")
    assert call.also_said == {"branch": "Pune", "key_press": "12", "note": "called twice"}
    live, report = call.deliveries.order_by("id").values_list("pk", flat=True)
    said = {name: by for name, by in call.set_by.items() if name.startswith("also_said")}
    assert said == {"also_said.branch": live, "also_said.key_press": report, "also_said.note": report}


def test_beside_each_thing_said_the_page_names_its_delivery(client, admin_person, provider):
    hears(provider, "live", branch="Pune")
    call = hears(provider, "report", note="called twice")
    client.force_login(admin_person)
    page = text_of(client.get(reverse("admin:calls_call_change", args=[call.pk])))
    live, report = call.deliveries.order_by("id").values_list("pk", flat=True)
    said = " ".join(re.sub(r"<[^>]*>", " ", page.partition("Also said")[2]).split())
    assert f"branch Pune #{live}" in said and f"note called twice #{report}" in said


# --- masking ----------------------------------------------------------------------------------------------

CANARIES = [
    "9000077123",
    "+91 90000 77123",
    "(900) 007-7123",
    "900 - 007 - 7123",
    "90000\u200b77123",
    "90000\u00a0\u00a077123",
    "90000–77123",
    "९००००७७१२३",
    "tel:+919000077123;ext=4",
    "9000077123, 9000077123",
    "https://records.example/9000077123.mp3",
    '{"number":"9000077123"}',
    "9.0.0.0.0.7.7.1.2.3",
    "90000,77123",
]


@pytest.mark.parametrize("said", CANARIES)
def test_a_masked_person_reads_no_number_in_what_else_was_said(said, client, masked_viewer, provider):
    call = hears(provider, "report", branch=said, x9000077123="yes")
    client.force_login(masked_viewer)
    answer = client.get(f"/api/calls/{call.pk}/").json()
    told = [change for step in answer["story"] for change in step["changed"] if change["field"] == "also_said"]
    assert len(told) == 1
    assert [f"also_said.{name}" for name in answer["call"]["also_said"]] == [
        name for name in answer["set_by"] if name.startswith("also_said")
    ]
    listed = str(answer["call"]["also_said"]) + str(told) + "".join(answer["set_by"])
    digits = re.sub(r"\D", "", "".join(str(int(each)) if each.isdigit() else each for each in listed))
    assert "900007712" not in digits and "0077123" not in digits


@pytest.mark.parametrize(
    ("said", "shown"),
    [("Pune-West", "Pune-West"), ("ANSWER(16-customer)", "ANSWER(16-customer)"), ("12", "12"), ("1#", "1#")],
)
def test_what_holds_no_number_is_shown_to_masked_people_too(said, shown):
    assert masked_said({"branch": said}) == {"branch": shown}


@pytest.mark.parametrize(
    ("campaign", "shown"), [("7001", "7001"), ("70010001", "70010001"), ("x-9000000101", None), ("919000000101", None)]
)
def test_a_campaign_is_masked_as_the_calls_id_is(campaign, shown, client, masked_viewer, provider):
    call = hears(provider, "report", campid=campaign)
    client.force_login(masked_viewer)
    answer = client.get(f"/api/calls/{call.pk}/").json()
    assert answer["call"]["campaign_id"] == shown
    told = [change["to"] for step in answer["story"] for change in step["changed"] if change["field"] == "campaign_id"]
    assert told == [shown]


# --- error codes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "word"), [("16", "normal"), ("17", "busy"), ("19", "no answer"), ("34", "congestion"), ("20", "switched")]
)
def test_an_error_code_is_told_in_words(code, word, client, admin_person, provider):
    call = hears(provider, "report", error_code=code)
    client.force_login(admin_person)
    for address in (f"/api/calls/{call.pk}/", "/api/calls/"):
        answer = client.get(address).json()
        told = answer["call"] if "call" in answer else answer["calls"][0]
        assert (told["error_code"], word in told["error_cause"]) == (code, True)
    page = text_of(client.get(reverse("admin:calls_call_change", args=[call.pk])))
    assert f"{code} · {CAUSES[code]}" in page


@pytest.mark.parametrize("code", ["200", "SIP 486", "007x"])
def test_a_code_that_the_table_does_not_have_is_shown_as_it_is(code):
    assert (cause_word(code), code_with_cause(code)) == (None, code)


def test_the_table_has_codes_of_the_recommendation_only():
    assert all(0 <= int(code) <= 127 and str(int(code)) == code for code in CAUSES)
    assert len(set(map(str, CAUSES.values()))) == len(CAUSES), "each has words of its own"


# --- filters --------------------------------------------------------------------------------------------------


@pytest.fixture
def three(provider):
    provider.says({"type": "call_report"} | {name: value for name, (value, *_) in REPORT.items()})
    for sid, more in {"walk-2": {"error_code": "17", "campid": "9002"}, "walk-3": {"error_code": "0"}}.items():
        provider.says({"type": "call_report"} | {name: v for name, (v, *_) in REPORT.items()} | {"CallSid": sid} | more)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"error_code": "17"}, {"walk-2"}),
        ({"error_code": "31"}, {"walk-1"}),
        ({"error_code": "0"}, {"walk-3"}),
        ({"error_code": "1"}, set()),
        ({"campaign_id": "9002"}, {"walk-2"}),
        ({"campaign_id": "7001-spring"}, {"walk-1", "walk-3"}),
        ({"campaign_id": "7001"}, set()),
        ({"campaign_id": "7001-spring", "error_code": "0"}, {"walk-3"}),
    ],
)
def test_the_api_finds_by_error_code_and_campaign(asked, found, three, client, admin_person):
    client.force_login(admin_person)
    assert {call["ref"] for call in client.get("/api/calls/", asked).json()["calls"]} == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"error_code": "17"}, {"walk-2"}),
        ({"error_code": "17 · busy"}, {"walk-2"}),
        ({"error_code": "017"}, {"walk-2"}),
        ({"error_code": "99"}, set()),
        ({"campaign": "9002"}, {"walk-2"}),
        ({"campaign": "7001-spring", "error_code": "31"}, {"walk-1"}),
        ({"campaign": "spring"}, set()),
    ],
)
def test_the_admins_list_finds_by_error_code_and_campaign(asked, found, three, client, admin_person):
    client.force_login(admin_person)
    page = client.get(reverse("admin:calls_call_changelist"), asked)
    assert page.status_code == 200
    assert {call.ref for call in page.context["cl"].result_list} == found
