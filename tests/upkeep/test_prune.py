"""Pruning drops what is old and nothing else, and a late delivery after it still makes the call whole."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from calls.models import Call, CallAlias, Delivery
from tests.support.factories import make_call
from tests.support.provider import Provider, india, picture

NOW = timezone.now()


@pytest.fixture
def provider(source, source_token):
    return Provider(source, source_token)


def prune(**options):
    said = StringIO()
    call_command("prune", stdout=said, **options)
    return said.getvalue()


def one_call(provider, sid, days_ago, talk=9):
    provider.clock = NOW - timedelta(days=days_ago)
    numbers = {"SourceNumber": "9000000101", "DestinationNumber": "01200000301", "DialWhomNumber": "8000000201"}
    said = numbers | {"CallSid": sid, "Direction": "IVR", "StartTime": india(provider.clock - timedelta(seconds=30))}
    provider.says(said | {"type": "live_call", "Status": "Picked"})
    report = said | {
        "type": "call_report",
        "Status": "ANSWER",
        "TalkDuration": str(talk),
        "EndTime": india(provider.clock),
    }
    provider.says(report)
    provider.says(report)
    return report


def test_raw_bytes_go_and_calls_stay(provider):
    one_call(provider, "old.1", days_ago=40)
    one_call(provider, "new.1", days_ago=3)
    before = picture()

    prune(raw_days=30, calls_days=0)

    assert picture() == before
    assert {len(bytes(d.body)) > 0 for d in Delivery.objects.filter(call__ref="new.1")} == {True}
    assert {bytes(d.body) for d in Delivery.objects.filter(call__ref="old.1")} == {b""}
    assert not Delivery.objects.filter(call__ref="old.1", result="duplicate").exists()


def test_a_late_report_after_pruning_finds_all_that_was_known(provider):
    report = one_call(provider, "old.1", days_ago=40)
    prune(raw_days=30, calls_days=0)

    provider.says(report | {"CallRecordingUrl": "https://callrecords.callerdesk.io/late.mp3", "TalkDuration": ""})

    call = Call.objects.get()
    assert call.talk_seconds == 9 and call.recording_url.endswith("late.mp3")
    assert call.ring_attempts[0]["agent_number"] == "+918000000201"


def test_old_calls_go_with_all_that_belongs_to_them(provider):
    one_call(provider, "old.1", days_ago=400)
    one_call(provider, "new.1", days_ago=3)

    said = prune(raw_days=0, calls_days=365)

    assert [call.ref for call in Call.objects.all()] == ["new.1"]
    assert set(Delivery.objects.values_list("call__ref", flat=True)) == {"new.1"}
    assert [alias.value for alias in CallAlias.objects.all()] == ["new.1"]
    assert "Dropped 1 calls and 3 deliveries." in said


def test_an_old_call_that_was_heard_of_lately_stays(provider):
    report = one_call(provider, "old.1", days_ago=400)
    provider.clock = NOW
    provider.says(report | {"coins": "7"})

    prune(raw_days=0, calls_days=365)

    assert Call.objects.get().ref == "old.1"


def test_a_row_that_was_merged_into_an_old_call_goes_with_it_and_stands_as_no_call_again(provider):
    one_call(provider, "old.1", days_ago=400)
    one_call(provider, "new.1", days_ago=3)
    old, new = Call.objects.get(ref="old.1"), Call.objects.get(ref="new.1")
    merged = [make_call(None, ago=60, ref=f"lone.{number}") for number in range(3)]
    for row, into in zip(merged, (old, merged[0], new), strict=True):  # One of them through another.
        Call.objects.filter(pk=row.pk).update(merged_into=into)

    prune(raw_days=0, calls_days=365)

    assert [call.ref for call in Call.objects.standing()] == ["new.1"]
    assert [call.ref for call in Call.objects.exclude(merged_into=None)] == ["lone.2"]


def test_a_row_that_a_call_left_empty_goes_when_it_is_old(provider):
    one_call(provider, "old.1", days_ago=400)
    Call.objects.update(merged_into=Call.objects.get())

    prune(raw_days=0, calls_days=365)

    assert not Call.objects.exists()


def test_pruned_deliveries_are_not_read_again(provider):
    one_call(provider, "old.1", days_ago=40)
    prune(raw_days=30, calls_days=0)
    before = picture()

    call_command("replay", "--all", "--apply", stdout=StringIO())

    assert picture() == before
    with pytest.raises(CommandError, match="pruned"):
        call_command("replay", "--from-nothing", "--apply", stdout=StringIO())
