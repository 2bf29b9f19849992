"""Replaying all stored deliveries from nothing gives the same calls; and a dry run changes nothing."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from calls.models import Call, CallAlias, Delivery, Head
from calls.providers import callerdesk
from calls.upkeep import replaying
from calls.words import State
from tests.support.payloads import as_sent, load
from tests.support.provider import Provider, india, orders, picture

PAYLOADS = list(load(timezone.now()).values())


@pytest.fixture
def provider(source, source_token):
    return Provider(source, source_token)


def replay(*options: str) -> str:
    said = StringIO()
    call_command("replay", *options, stdout=said)
    return said.getvalue()


def results():
    return list(Delivery.objects.order_by("id").values_list("id", "result", "reason", "call__ref"))


@pytest.mark.parametrize("order", ["in order", "repeated"])
def test_from_nothing_the_same_calls_come_again(provider, order):
    for payload in orders(PAYLOADS)[order]:
        provider.says(as_sent(payload))
    before, told, epoch = picture(), results(), Head.objects.get().epoch

    replay("--from-nothing", "--apply")

    assert picture() == before
    assert results() == told
    assert Head.objects.get().epoch != epoch


@pytest.mark.parametrize("options", [("--all",), ("--from-nothing",)])
@pytest.mark.parametrize("step", [1, 2, 3, 200])
def test_what_was_news_and_what_was_a_repeat_is_so_again(provider, monkeypatch, step, options):
    """Equal bytes, of which some rang a phone again: in steps of any size each is what it was, and of its call."""
    monkeypatch.setattr(replaying, "DELIVERIES_PER_STEP", step)
    now = timezone.now()
    said = {"CallSid": "s.1", "Direction": "IVR", "SourceNumber": "9000000101", "DestinationNumber": "01200000301"}
    said |= {"DialWhomNumber": "8000000201", "StartTime": india(now), "type": "live_call"}
    heard = [(0, "Ringing"), (1, "Ringing"), (20, "NO ANSWER"), (30, "Ringing"), (31, "Ringing"), (50, "NO ANSWER")]
    for at, word in [*heard, (60, "Ringing"), (70, "Picked")]:
        provider.clock = now + timedelta(seconds=at)
        provider.says(said | {"Status": word})
    ended = {"type": "call_report", "Status": "ANSWER", "EndTime": india(provider.clock), "TalkDuration": "20"}
    provider.says(said | ended)
    provider.says(said | {"Status": "Ringing"})
    before, told = picture(), results()
    assert [result for _, result, *_ in told].count("duplicate") == 3

    replay(*options, "--apply")

    assert (picture(), results()) == (before, told)


def test_in_place_nothing_changes_and_calls_keep_their_numbers(provider):
    for payload in PAYLOADS:
        provider.says(as_sent(payload))
    replay("--all", "--apply")  # What was learned on the way has its effect on earlier deliveries now, if at all.
    before, told, seq = picture(), results(), Head.objects.get().seq
    ids = set(Call.objects.values_list("id", flat=True))

    said = replay("--all", "--apply")

    assert (picture(), results(), Head.objects.get().seq) == (before, told, seq)
    assert set(Call.objects.values_list("id", flat=True)) == ids
    assert "0 visible changes" in said


def test_a_word_learned_later_frees_what_was_quarantined(provider, monkeypatch, request):
    request.addfinalizer(callerdesk._words.cache_clear)
    live = {"type": "live_call", "SourceNumber": "9000000101", "DestinationNumber": "01200000301", "CallSid": "w.1"}
    provider.says(live | {"Direction": "IVR", "Status": "Playing Hold Music"})
    assert Delivery.objects.get().reason == "unknown_word"
    # A later version knows the word; it is another process.
    monkeypatch.setitem(callerdesk.PHASES, "PLAYINGHOLDMUSIC", State.IVR)
    callerdesk._words.cache_clear()

    dry = replay("--quarantined")
    assert "1 would go from quarantined (unknown_word) to applied" in dry
    assert not Call.objects.exists() and not CallAlias.objects.exists()
    assert Delivery.objects.get().result == "quarantined"

    replay("--quarantined", "--apply")
    assert Delivery.objects.get().result == "applied"
    assert Call.objects.get().state == "ivr"
    assert bytes(Delivery.objects.get().body).startswith(b'{"type"')
