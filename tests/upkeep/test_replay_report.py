"""A replay says which fields of calls change, from what to what, and why; dry or in earnest, in bounded memory."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from calls.commit import transaction
from calls.commit.cache import cache
from calls.models import Call, Delivery, Source
from calls.providers import callerdesk
from calls.upkeep import replay_report, replaying
from calls.upkeep.replaying import replay
from calls.words import State
from tests.support.provider import Provider, india

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def provider(source, source_token):
    return Provider(source, source_token)


def live(sid, word="Picked", **more):
    fields = {"type": "live_call", "CallSid": sid, "Direction": "IVR", "Status": word, "DialWhomNumber": "8000000201"}
    numbers = {"SourceNumber": "9000000101", "DestinationNumber": "01200000301", "StartTime": india(NOW)}
    return fields | numbers | more


def report(sid, word="ANSWER", **more):
    return live(sid, word, type="call_report", EndTime=india(NOW), TalkDuration="5", **more)


def command(*options):
    said = StringIO()
    call_command("replay", *options, stdout=said)
    return said.getvalue()


@pytest.fixture
def another_rule(monkeypatch):
    """From the call on there is a later version, whose rules give another talk time and say so with a flag."""
    derive = transaction.derive

    def derived(events, *rest):
        facts = derive(events, *rest)
        if facts.talk_seconds is not None:
            facts.talk_seconds += 10
            facts.flags = [*facts.flags, "talk_without_answer"]
        return facts

    return lambda: monkeypatch.setattr(transaction, "derive", derived)


def test_a_rule_that_changed_is_named_with_old_and_new_values_and_an_example(provider, another_rule):
    for number in range(3):
        provider.says(report(f"sid.{number}"))
    another_rule()
    before = list(Call.objects.values_list("talk_seconds", "seq"))

    dry = replay(Delivery.objects.all(), cache, apply=False)

    assert list(Call.objects.values_list("talk_seconds", "seq")) == before, "a dry run changes nothing"
    talk = dry.fields["talk_seconds"]
    assert (talk.calls, dict(talk.values)) == (3, {("5", "15"): 3})
    assert dict(talk.reasons) == {"a rule: talk_without_answer": 3}
    assert talk.examples[0].call == Call.objects.order_by("id").first().pk
    assert dict(dry.fields["flags"].values) == {("-", "+talk_without_answer"): 3}
    assert dry.fields.keys() == {"talk_seconds", "flags"}
    assert (dry.calls_changed, dry.calls_new, dry.calls_gone) == (3, 0, 0)

    said = command("--all", "--apply")

    assert (
        "(talk_seconds) of 3 calls:" in said
        and "3  5 -> 15" in said
        and "3  because a rule: talk_without_answer" in said
    )
    assert set(Call.objects.values_list("talk_seconds", flat=True)) == {15}
    again = replay(Delivery.objects.all(), cache, apply=True)
    assert (again.fields, again.calls_changed) == ({}, 0)


def test_a_word_that_is_read_otherwise_is_the_reason(provider, monkeypatch, request):
    request.addfinalizer(callerdesk._words.cache_clear)
    provider.says(live("sid.1", "Playing Hold Music"))
    provider.says(live("sid.1", "Transfer to agent"))
    monkeypatch.setitem(callerdesk.PHASES, "PLAYINGHOLDMUSIC", State.TALKING)
    callerdesk._words.cache_clear()

    found = replay(Delivery.objects.all(), cache, apply=False)

    assert dict(found.results) == {("quarantined (unknown_word)", "applied"): 1}
    assert dict(found.fields["state"].values) == {("ringing", "talking"): 1}
    assert dict(found.fields["state"].reasons) == {"a delivery goes from quarantined (unknown_word) to applied": 1}


def test_fields_that_are_read_otherwise_are_named(provider, source):
    provider.says(report("sid.1"))
    Source.objects.update(time_zone="Europe/London")
    cache.forget()

    found = replay(Delivery.objects.all(), cache, apply=False)

    [(moments, count)] = found.fields["started_at"].values.items()
    assert count == 1 and moments[0] == "a moment" and moments[1].endswith("min later")
    [why] = found.fields["started_at"].reasons
    assert why.startswith("a delivery is read otherwise: ") and "started_at" in why


def test_numbers_and_links_are_told_without_what_they_hold(provider, source):
    provider.says(report("sid.1", CallRecordingUrl="https://callrecords.callerdesk.io/secret.mp3"))
    row = Delivery.objects.get()
    said = json.loads(bytes(row.body)) | {"SourceNumber": "9000000555", "CallRecordingUrl": ""}
    Delivery.objects.update(body=json.dumps(said).encode(), body_size=len(json.dumps(said)))

    found = command("--all")

    assert "(customer_number) of 1 calls" in found and "(recording_url)" in found
    assert "9000000101" not in found and "9000000555" not in found and "secret" not in found
    assert "0555" in found


def test_calls_that_begin_and_calls_that_go_are_counted(provider):
    provider.says(report("sid.1"))
    said = json.loads(bytes(Delivery.objects.get().body)) | {"CallSid": "sid.other"}
    Delivery.objects.update(body=json.dumps(said).encode(), body_size=len(json.dumps(said)))

    found = replay(Delivery.objects.all(), cache, apply=True)

    assert (found.calls_new, found.calls_gone) == (1, 1)
    assert [call.ref for call in Call.objects.standing()] == ["sid.other"]


def test_calls_that_only_get_a_new_number_are_told_apart(provider):
    provider.says(report("sid.1"))
    Call.objects.update(digest="of a copy")

    said = command("--all")

    assert "0 visible changes of calls would follow" in said
    assert "1 calls would show the same under a new number" in said


def test_the_report_has_a_bound_and_the_reading_goes_in_steps(provider, another_rule, monkeypatch):
    monkeypatch.setattr(replay_report, "MAX_DISTINCT_CHANGES", 2)
    monkeypatch.setattr(replaying, "DELIVERIES_PER_STEP", 3)
    for number in range(8):
        provider.says(report(f"sid.{number}") | {"TalkDuration": str(number + 1)})
    another_rule()
    places = []

    found = replay(Delivery.objects.all(), cache, apply=False, tell=lambda report: places.append(report.place))

    talk = found.fields["talk_seconds"]
    assert sum(talk.values.values()) == talk.calls == 8
    assert len(talk.values) == 3 and talk.values["other", "other"] == 6
    assert len(talk.examples) == 3
    assert len(places) == 3 and places[-1] == found.end == Delivery.objects.order_by("id").last().pk


def test_what_comes_meanwhile_is_left_out(provider, monkeypatch):
    monkeypatch.setattr(replaying, "DELIVERIES_PER_STEP", 1)
    provider.says(report("sid.1"))
    provider.says(report("sid.2"))

    def more(_):
        provider.says(report(f"sid.{Delivery.objects.count() + 1}"))

    assert replay(Delivery.objects.all(), cache, apply=True, tell=more).deliveries == 2


def test_progress_is_said_while_it_goes(provider, monkeypatch):
    monkeypatch.setattr(replaying, "DELIVERIES_PER_STEP", 1)
    monkeypatch.setattr("calls.management.commands.replay.PROGRESS_SECONDS", 0.0)
    provider.says(report("sid.1"))
    provider.says(report("sid.2"))

    said = command("--all")

    assert "  1 deliveries read, " in said and "100% of all passed" in said


def test_a_delivery_at_which_a_rule_fails_stays_as_it_was_and_stops_nothing(provider, monkeypatch):
    for number in range(5):
        provider.says(report(f"sid.{number}"))
    Call.objects.update(talk_seconds=99, digest="")
    derive = transaction.derive

    def failing(events, *rest):
        if any(event.call_id == "sid.3" for event in events):
            raise ValueError("a rule fails")
        return derive(events, *rest)

    monkeypatch.setattr(transaction, "derive", failing)
    bad = Delivery.objects.get(call__ref="sid.3")

    for apply in ("", "--apply"):
        said = command("--all", *filter(None, [apply]))

        assert "4 deliveries read again" in said
        assert f"1 could not be read, and stay as they were: {bad.pk}. See the log." in said
    assert {call.ref: call.talk_seconds for call in Call.objects.all()} == {
        "sid.0": 5, "sid.1": 5, "sid.2": 5, "sid.3": 99, "sid.4": 5,
    }  # fmt: skip
    assert Delivery.objects.get(pk=bad.pk).result == "applied"


# What came while a source was switched off


@pytest.fixture
def switched_off(provider, source):
    Source.objects.update(enabled=False)
    cache.forget()
    provider.says(report("sid.off"))
    Source.objects.update(enabled=True)
    cache.forget()
    assert Delivery.objects.get().reason == "source_disabled"


def test_a_replay_of_the_quarantine_leaves_it_out_and_says_so(switched_off):
    said = command("--quarantined", "--apply")

    assert "0 deliveries read again" in said
    assert "1 more came while their source was switched off" in said and "--while-disabled" in said
    assert not Call.objects.exists()


def test_it_is_read_on_request(switched_off, source):
    assert "0 deliveries read again" in command("--while-disabled", "--source", "nobody's", "--apply")

    said = command("--while-disabled", "--source", source.name, "--apply")

    assert "1 go from ignored (source_disabled) to applied" in said
    assert Call.objects.get().ref == "sid.off"
