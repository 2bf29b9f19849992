"""The final state of a call depends only on the set of its deliveries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.models import Call, Delivery
from tests.support.payloads import encodings, load
from tests.support.provider import Provider, india, knows, orders, picture

AGENTS, LINES = ("8000000201", "8000000202"), ("01200000301", "08000000302")
NOW = timezone.now()
PAYLOADS = list(load(NOW).values())


@pytest.fixture
def provider(source, source_token):
    knows(source, AGENTS, LINES)
    return Provider(source, source_token)


@pytest.fixture
def as_listed(provider):
    """What the calls are when every payload comes once, in list order, as JSON."""
    for payload in PAYLOADS:
        provider.says(encoded(payload, 1))
    found = picture()
    Call.objects.all().delete()
    Delivery.objects.all().delete()
    return found


def encoded(payload, which):
    ways = list(encodings(payload))
    return ways[which % len(ways)]


@pytest.mark.parametrize("encoding", range(4), ids=["GET", "JSON", "form", "multipart"])
@pytest.mark.parametrize("order", ["in order", "reversed", "shuffled", "repeated"])
def test_all_payloads_make_the_same_calls(provider, as_listed, order, encoding):
    for payload in orders(PAYLOADS)[order]:
        provider.says(encoded(payload, encoding))

    assert picture() == as_listed


@pytest.mark.parametrize("seed", range(5))
def test_mixed_encodings_in_one_batch_make_the_same_calls(provider, as_listed, seed):
    shuffled = orders(PAYLOADS, seed)["repeated"]
    provider.says_at_once([encoded(payload, i + seed) for i, payload in enumerate(shuffled)])

    assert picture() == as_listed


def answered_by(agent, sid):
    """An incoming call that teaches that this number is an agent."""
    fields = {"CallSid": sid, "Direction": "IVR", "Status": "ANSWER", "DialWhomNumber": agent, "TalkDuration": "9"}
    numbers = {"SourceNumber": "9000000109", "DestinationNumber": "08000000302"}
    started = india(NOW - timedelta(minutes=2))
    return fields | numbers | {"StartTime": started, "EndTime": india(NOW), "type": "call_report"}


def test_the_directory_is_learned_whatever_the_order(source, source_token):
    """No directory given: outgoing calls come before and after the incoming ones that teach who is an agent."""
    deliveries = [encoded(payload, 1) for payload in PAYLOADS] + [answered_by("8000000202", "teaches.202")]
    pictures = []
    for order in orders(deliveries).values():
        provider = Provider(source, source_token)
        for delivery in order:
            provider.says(delivery)
        pictures.append(picture())
        Call.objects.all().delete()
        Delivery.objects.all().delete()
        source.agent_set.all().delete()
        source.virtualnumber_set.all().delete()
        knows(source)

    assert all(each == pictures[0] for each in pictures)
    assert pictures[0]["8400002"]["roles_assumed"] is False
    assert pictures[0]["8400032"]["customer_number"] == "+919000000102"
