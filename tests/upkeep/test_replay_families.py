"""Several calls of one request share its bytes: they are read again together, whichever of them is asked for."""

import json

import pytest
from django.utils import timezone

from calls.commit.cache import cache
from calls.models import Call, Delivery, Head
from calls.upkeep import replaying
from calls.upkeep.replaying import replay
from tests.support.provider import Provider, india, picture

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def provider(source, source_token):
    return Provider(source, source_token)


def report(sid, **more):
    numbers = {"SourceNumber": "9000000101", "DestinationNumber": "01200000301", "DialWhomNumber": "8000000201"}
    times = {"StartTime": india(NOW), "EndTime": india(NOW), "TalkDuration": "5"}
    return {"type": "call_report", "CallSid": sid, "Direction": "IVR", "Status": "ANSWER"} | numbers | times | more


def says(provider, *calls):
    provider.says({"calls": list(calls)})


def rewrite(*calls):
    """Another request than came, as if an earlier version had read it otherwise."""
    body = json.dumps({"calls": list(calls)}).encode()
    Delivery.objects.filter(part_of=None).update(body=body, body_size=len(body))


def rows():
    found = Delivery.objects.order_by("part", "id").values_list("part", "result", "reason", "call__ref")
    return list(found)


def everything(apply=True, deliveries=None):
    return replay(Delivery.objects.all() if deliveries is None else deliveries, cache, apply=apply)


def test_reading_a_family_again_changes_nothing(provider):
    says(provider, report("a"), report("b"), report("c"))
    assert rows() == [(0, "applied", "", "a"), (1, "applied", "", "b"), (2, "applied", "", "c")]
    before = (rows(), picture(), Head.objects.get().seq)

    for _ in range(2):
        found = everything()

        assert (rows(), picture(), Head.objects.get().seq) == before
        assert (found.deliveries, found.results, found.fields) == (3, {}, {})


def test_a_request_that_was_set_aside_as_a_whole_becomes_its_calls(provider):
    says(provider, report("a"), report("b"), report("c"))
    Delivery.objects.exclude(part=0).delete()
    Call.objects.all().delete()
    Delivery.objects.update(result="quarantined", reason="several_calls", event="", call=None)

    dry = everything(apply=False, deliveries=Delivery.objects.quarantined())

    assert rows() == [(0, "quarantined", "several_calls", None)] and not Call.objects.exists()
    assert dict(dry.results) == {("quarantined (several_calls)", "applied"): 1, ("not found", "applied"): 2}
    found = everything(deliveries=Delivery.objects.quarantined())
    assert found.results == dry.results and found.calls_new == 3
    assert rows() == [(0, "applied", "", "a"), (1, "applied", "", "b"), (2, "applied", "", "c")]
    first = Delivery.objects.get(part=0)
    assert set(Delivery.objects.exclude(part=0).values_list("part_of", "received_at", "body_size")) == {
        (first.pk, first.received_at, 0)
    }
    assert everything().results == {}


def test_a_call_that_is_found_no_longer_is_kept_and_says_so(provider):
    says(provider, report("a"), report("b"), report("c"))
    rewrite(report("a"), report("b"))

    everything()

    assert rows() == [(0, "applied", "", "a"), (1, "applied", "", "b"), (2, "ignored", "no_longer_found", None)]
    assert [call.ref for call in Call.objects.standing().order_by("ref")] == ["a", "b"]
    assert everything().results == {}
    assert provider.says(report("c")).result == "applied", "it repeats nothing"


def test_a_call_that_is_found_again_is_the_one_it_was(provider):
    says(provider, report("a"), report("b"))
    rewrite(report("a"))
    everything()
    rewrite(report("a"), report("b"))

    everything()

    assert rows() == [(0, "applied", "", "a"), (1, "applied", "", "b")]


def test_a_part_that_is_asked_for_alone_is_read_with_its_family_once(provider, monkeypatch):
    monkeypatch.setattr(replaying, "DELIVERIES_PER_STEP", 1)
    says(provider, report("a"), report("b"), report("c"))
    Delivery.objects.exclude(part=0).update(result="quarantined", reason="failed", event="", call=None)
    Call.objects.exclude(ref="a").delete()

    found = everything(deliveries=Delivery.objects.quarantined())

    assert found.deliveries == 3
    assert dict(found.results) == {("quarantined (failed)", "applied"): 2}
    assert rows() == [(0, "applied", "", "a"), (1, "applied", "", "b"), (2, "applied", "", "c")]


def test_parts_that_stand_far_behind_their_request_are_read_once(provider, monkeypatch):
    monkeypatch.setattr(replaying, "DELIVERIES_PER_STEP", 2)
    says(provider, report("a"), report("b"))
    Delivery.objects.exclude(part=0).delete()
    for number in range(4):
        provider.says(report(f"other.{number}"))
    everything()
    assert Delivery.objects.order_by("id").last().part == 1, "it was made anew, behind all others"

    assert everything().deliveries == 6


def test_parts_whose_request_lost_its_bytes_stay_as_they_were_read(provider):
    says(provider, report("a"), report("b"))
    Delivery.objects.update(body=b"")
    Head.objects.update(raw_pruned_to=Delivery.objects.get(part=0).pk)
    before = rows()

    assert everything().deliveries == 0
    assert rows() == before


def test_parts_whose_request_is_gone_stay_as_they_were_read(provider):
    says(provider, report("a"), report("b"))
    Delivery.objects.filter(part=0).delete()

    assert everything().deliveries == 0
    assert rows() == [(1, "applied", "", "b")]


def test_the_limit_of_new_calls_is_no_limit_of_a_replay(provider, source):
    source.new_calls_per_minute = 1
    source.save()
    cache.forget()
    provider.says(report("a"))
    rewrite(report("a"), report("b"), report("c"))

    everything()

    assert [row[1] for row in rows()] == ["applied"] * 3
