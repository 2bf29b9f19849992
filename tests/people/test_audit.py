"""The audit: who looked, from where; and how often a masked person may ask for a whole number."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from calls.display.masking import mask
from calls.models import AuditEntry, Delivery, Role
from calls.people import audit
from calls.words import Act
from tests.api.test_api import RECORDING, ids
from tests.conftest import person
from tests.support.factories import make_call

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def kept(act: Act) -> list[str]:
    return list(AuditEntry.objects.filter(act=act).order_by("id").values_list("about", flat=True))


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def call_of(group, number: str, **more):
    return make_call(group, customer_number=number, customer_reversed=number.removeprefix("+")[::-1], **more)


# Searching by number


def test_a_masked_person_may_ask_for_ten_numbers_a_minute(masked_viewer, sales):
    call = call_of(sales, "+919876511111")
    client = as_(masked_viewer)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        asked = [client.get("/api/calls/", {"number": f"98765{place:05}"}) for place in range(10)]
        assert {answer.status_code for answer in asked} == {200}

        refused = client.get("/api/calls/", {"number": "+919876511111"})
        assert refused.status_code == 429
        assert 0 < int(refused["Retry-After"]) <= 60
        assert b"9876511111" not in refused.content

        # A number that was asked for already tells nothing new, and the last digits are shown anyway.
        assert client.get("/api/calls/", {"number": "9876500003"}).status_code == 200
        assert ids(client.get("/api/calls/", {"number": "1111"})) == [call.pk]

        clock.shift(61)
        assert ids(client.get("/api/calls/", {"number": "+919876511111"})) == [call.pk]
    assert kept(Act.NUMBER_SEARCHED) == [*(f"98765{place:05}" for place in range(10)), "+919876511111"]


@pytest.mark.parametrize("parameter", ["number", "agent"])
def test_every_way_to_ask_for_a_number_counts(masked_viewer, sales, parameter):
    client = as_(masked_viewer)
    answers = [client.get("/api/calls/", {parameter: f"98765{place:05}"}).status_code for place in range(11)]
    assert answers == [200] * 10 + [429]


@pytest.mark.parametrize("parameter", ["q", "agent"])
def test_a_masked_admin_may_ask_as_seldom_on_the_pages(parameter, sales):
    call_of(sales, "+919876500010", agent_number="+919876500010")
    client = as_(person("masked-admin", Role.ADMIN, masked=True))
    pages = [client.get("/admin/calls/call/", {parameter: f"98765{place:05}"}) for place in range(12)]
    assert [page.status_code for page in pages] == [200] * 12
    assert "10 numbers a minute" not in pages[9].content.decode()
    assert "10 numbers a minute" in pages[10].content.decode()
    assert pages[10].context["cl"].result_count == 0


def test_who_sees_full_numbers_may_ask_as_often_as_they_like_and_is_kept(admin_person, sales):
    client = as_(admin_person)
    answers = [client.get("/api/calls/", {"number": f"98765{place:05}"}).status_code for place in range(15)]
    assert answers == [200] * 15
    assert len(kept(Act.NUMBER_SEARCHED)) == 15
    entry = AuditEntry.objects.latest("id")
    assert (entry.user, entry.who, entry.address) == (admin_person, admin_person.username, "127.0.0.1")


def test_two_people_do_not_use_up_each_others_searches(masked_viewer, sales):
    other = person("other-viewer", Role.VIEWER, sales)
    for place in range(10):
        as_(masked_viewer).get("/api/calls/", {"number": f"98765{place:05}"})
    assert as_(other).get("/api/calls/", {"number": "9876500099"}).status_code == 200


@pytest.mark.parametrize(
    ("number", "told", "hidden"),
    [
        ("+919876511234", ["1234"], ["234", "34", "11234"]),
        ("+14155550123", ["123"], ["0123", "23", "50123"]),
        ("+3725551234", ["234"], ["1234", "34"]),
        ("1800123", [], ["0123", "123", "23"]),
        ("2011", [], ["2011", "011", "11"]),
        ("98", [], ["98"]),
    ],
)
def test_the_last_digits_find_a_row_only_where_it_shows_as_many(masked_viewer, sales, number, told, hidden):
    call = call_of(sales, number)
    shown = (mask(number) or "").rpartition("•")[2]
    assert told == ([shown] if len(shown) >= 3 else [])
    client = as_(masked_viewer)
    assert [ids(client.get("/api/calls/", {"number": text})) for text in told] == [[call.pk]] * len(told)
    assert [ids(client.get("/api/calls/", {"number": text})) for text in hidden] == [[]] * len(hidden)


def test_an_ending_does_not_tell_a_masked_person_a_short_number_of_ours(masked_viewer, sales):
    make_call(sales, agent_number="2011", virtual_number="1399")
    client = as_(masked_viewer)
    assert [ids(client.get("/api/calls/", {"number": text})) for text in ("2011", "1399", "139")] == [[], [], []]


# Other looks


def test_a_recordings_link_is_kept_once_for_a_while(admin_person, sales, source):
    call = make_call(sales, state="ended", recording_url=RECORDING)
    client = as_(admin_person)
    for _ in range(3):
        assert client.get(f"/api/calls/{call.pk}/").json()["call"]["recording_url"] == RECORDING
    client.get("/admin/calls/call/")
    assert kept(Act.RECORDING_READ) == [f"call {call.pk}"]
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        as_(admin_person).get(f"/admin/calls/call/{call.pk}/change/")
    assert kept(Act.RECORDING_READ) == [f"call {call.pk}"] * 2


def test_who_gets_no_link_is_not_kept(masked_viewer, sales, source):
    call = make_call(sales, state="ended", recording_url=RECORDING)
    assert as_(masked_viewer).get(f"/api/calls/{call.pk}/").json()["call"]["recording_url"] is None
    assert kept(Act.RECORDING_READ) == []


def test_raw_bytes_that_were_shown_are_kept(admin_person, source):
    row = {"source": source, "received_at": timezone.now(), "method": "POST", "content_key": "x", "result": "applied"}
    delivery = Delivery.objects.create(**row, body=b"{}")
    as_(person("masked-admin", Role.ADMIN, masked=True)).get(f"/admin/calls/delivery/{delivery.pk}/change/")
    assert kept(Act.RAW_READ) == []
    as_(admin_person).get(f"/admin/calls/delivery/{delivery.pk}/change/")
    assert kept(Act.RAW_READ) == [f"delivery {delivery.pk}"]


def test_a_sign_in_is_kept_with_its_address(admin_person):
    admin_person.set_password(PASSWORD)
    admin_person.save()
    Client().post("/accounts/login/", {"username": admin_person.username, "password": "wrong"})
    Client().post("/accounts/login/", {"username": admin_person.username, "password": PASSWORD})
    entry = AuditEntry.objects.get(act=Act.SIGNED_IN)
    assert (entry.who, entry.address) == (admin_person.username, "127.0.0.1")


# Rights, and what commands do


def test_rights_given_by_a_command_are_kept(db):
    call_command("adduser", "asha", role="supervisor", groups="Sales", masked=True, stdout=io.StringIO())
    entry = AuditEntry.objects.get(act=Act.RIGHTS_CHANGED)
    assert entry.who.startswith("command (")
    assert (entry.about, entry.user) == ("asha", None)
    assert entry.result == "supervisor, sees Sales, masked, new password"


def test_rights_given_on_a_page_and_a_removed_person_are_kept(admin_person, sales):
    asha = person("asha", Role.VIEWER, sales)
    client = as_(admin_person)
    form = {
        "username": "asha", "is_active": "on", "access-TOTAL_FORMS": 1, "access-INITIAL_FORMS": 1,
        "access-0-id": asha.access.pk, "access-0-user": asha.pk, "access-0-role": "admin",
    }  # fmt: skip
    assert client.post(f"/admin/auth/user/{asha.pk}/change/", form).status_code == 302
    assert client.post(f"/admin/auth/user/{asha.pk}/delete/", {"post": "yes"}).status_code == 302
    entries = AuditEntry.objects.filter(act=Act.RIGHTS_CHANGED).order_by("id")
    assert [(entry.who, entry.about, entry.result) for entry in entries] == [
        (admin_person.username, "asha", "Admin, sees all calls"),
        (admin_person.username, "asha", "removed"),
    ]


def test_a_new_address_and_a_replay_are_kept(source):
    call_command("rotatetoken", source.name, stdout=io.StringIO())
    call_command("replay", quarantined=True, stdout=io.StringIO())
    call_command("replay", quarantined=True, apply=True, stdout=io.StringIO())
    assert kept(Act.ADDRESS_MADE) == [source.name]
    assert kept(Act.REPLAYED) == ["quarantined"]


# The rows themselves


def test_a_row_is_never_changed():
    audit.record(audit.command(), Act.SIGNED_IN)
    entry = AuditEntry.objects.get()
    entry.who = "somebody else"
    with pytest.raises(TypeError):
        entry.save()


def test_the_page_shows_them_and_writes_nothing(admin_person):
    audit.record(audit.command(), Act.RIGHTS_CHANGED, "asha", "admin")
    client, entry = as_(admin_person), AuditEntry.objects.get()
    page = client.get("/admin/calls/auditentry/", {"act": "rights_changed"}).content.decode()
    assert "Changed rights" in page and "asha" in page
    for path in ("add/", f"{entry.pk}/delete/", f"{entry.pk}/change/"):
        assert client.post(f"/admin/calls/auditentry/{path}", {"who": "x", "post": "yes"}).status_code in (
            302,
            403,
            404,
        )
    assert AuditEntry.objects.get(act=Act.RIGHTS_CHANGED).who == entry.who
    assert as_(person("masked-admin", Role.ADMIN, masked=True)).get("/admin/calls/auditentry/").status_code == 403


def test_old_rows_are_pruned(db):
    for days in (500, 401, 399, 0):
        with time_machine.travel(timezone.now() - timedelta(days=days)):
            audit.record(audit.command(), Act.SIGNED_IN, f"{days}")
    call_command("prune", stdout=io.StringIO())
    assert kept(Act.SIGNED_IN) == ["399", "0"]


@pytest.mark.parametrize("address", ["", "unix:", "10.0.0.1:80", "2001:db8::1", "203.0.113.9"])
def test_what_is_no_address_is_none(rf, admin_person, address):
    request = rf.get("/", REMOTE_ADDR=address)
    request.user = admin_person
    audit.record(audit.person(request), Act.SIGNED_IN)
    assert AuditEntry.objects.get().address == (address if address in ("2001:db8::1", "203.0.113.9") else None)
