"""The Health page says how an installation is, and set-aside deliveries are read again from it."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from calls.admin import read_again
from calls.models import AuditEntry, Call, Delivery, Role, Source
from calls.words import Act
from tests.admin.test_admin import text
from tests.api.test_api import report
from tests.conftest import person
from tests.support.payloads import Request

HEALTH, READ_AGAIN = "/admin/", "/admin/read-again/"


@pytest.fixture
def two_set_aside(provider, source):
    """Two reports that came before the limit of their source was raised, and a broken body."""
    Source.objects.filter(pk=source.pk).update(new_calls_per_minute=0)
    provider.says(report("1894680000.1"))
    provider.says(report("1894680000.2"))
    Source.objects.filter(pk=source.pk).update(new_calls_per_minute=1000)
    assert Delivery.objects.quarantined().count() == 2


def begin(client, reason="", **more):
    return client.post(READ_AGAIN, {"begin": "1", "reason": reason, **more}, follow=True)


def test_each_source_says_when_it_delivered_last_and_where_to(admin, provider, source, source_token):
    Source.objects.create(name="Quiet one")
    provider.says(report())
    page = admin.get(HEALTH).content.decode()
    assert f"/hooks/…{source_token[-4:]}" in page and source_token not in page
    said = text(admin.get(HEALTH))
    assert re.search(r"\b\d+ s ago", said)
    assert "Quiet one" in said and "No working token" in said


def test_a_source_that_fell_silent_is_told_of(admin, provider, settings):
    provider.says(report())
    assert "Delivers" in text(admin.get(HEALTH))
    Delivery.objects.update(received_at=timezone.now() - timedelta(seconds=settings.CALLBOARD_SILENCE_SECONDS + 5))
    assert "Silent" in text(admin.get(HEALTH))


def test_set_aside_deliveries_are_told_by_reason_in_sentences(admin, two_set_aside, provider):
    provider.says(Request("POST", "", b'{"broken', "application/json"))
    said = text(admin.get(HEALTH))
    assert "2 The source began more new calls in a minute than its limit allows." in said
    assert "1 It begins as JSON and is not valid JSON." in said
    assert "If the traffic was real, raise the limit of the source and read these again." in said


def test_a_dry_run_says_what_would_change_and_changes_nothing(admin, two_set_aside):
    said = text(begin(admin, "too_many_new_calls"))
    assert "Dry run: nothing was changed." in said and "2 would become Applied" in said
    assert Delivery.objects.quarantined().count() == 2 and not Call.objects.exists()


def test_reading_again_makes_calls_of_them_and_is_logged(admin, two_set_aside):
    said = text(begin(admin, "too_many_new_calls", apply="1"))
    assert "Done." in said and "2 became Applied" in said
    assert not Delivery.objects.quarantined().exists() and Call.objects.count() == 2
    assert "Read 2 again; 2 changed" in LogEntry.objects.get().change_message
    assert AuditEntry.objects.get(act=Act.REPLAYED).who == "admin"


def test_reading_goes_on_step_by_step_and_reads_each_once(admin, two_set_aside, monkeypatch):
    monkeypatch.setattr(read_again, "DELIVERIES_PER_STEP", 1)
    monkeypatch.setattr(read_again, "STEP_SECONDS", 0)
    asked = {"Accept": "application/json"}
    first = admin.post(READ_AGAIN, {"begin": "1", "apply": "1"}, headers=asked)
    assert first.json() == {"done": False, "total": 2, "read": 1}
    assert "1 of 2 read" in text(admin.get(READ_AGAIN))
    told = first.json()
    while not told["done"]:
        told = admin.post(READ_AGAIN, headers=asked).json()
    assert (told["read"], Call.objects.count(), LogEntry.objects.count()) == (2, 2, 1)
    # A reload, or a button pressed twice, begins nothing anew.
    admin.post(READ_AGAIN)
    assert LogEntry.objects.count() == 1


def test_the_doctors_lines_stand_on_the_page(admin, source):
    said = text(admin.get(HEALTH))
    assert "source Callerdesk has no working token" in said and "problem" in said
    assert "the database is up to date" in said


def test_who_is_signed_in_is_told_with_their_role(admin, client, sales):
    assert "admin" in text(admin.get(HEALTH))
    other = type(client)()
    other.force_login(person("Meera", Role.SUPERVISOR, sales))
    said = text(admin.get(HEALTH))
    assert "Meera Supervisor" in said
    other.logout()
    assert "Meera" not in text(admin.get(HEALTH))


@pytest.mark.parametrize("nobody", ["²", "١٢", "9" * 5_000, "", None], ids=lambda who: ascii(who)[:10])
def test_a_session_of_nobody_is_passed_over(admin, nobody):
    session = SessionStore()
    session["_auth_user_id"] = nobody
    session.create()
    page = admin.get(HEALTH)
    assert page.status_code == 200
    assert "admin" in text(page)


def test_health_is_for_those_who_run_it(client, masked_admin, two_set_aside):
    for who in (masked_admin, client):
        if who is client:
            staff = person("staff", Role.SUPERVISOR, all_groups=True)
            staff.is_staff = True
            staff.save()
            client.force_login(staff)
        assert "What the doctor says" not in who.get(HEALTH).content.decode()
        assert who.post(READ_AGAIN, {"begin": "1"}).status_code == 403
