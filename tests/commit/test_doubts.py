"""An agent in two live calls: the older one is doubted, visibly, until one of them ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.commit.cache import cache
from calls.intake.queue import after_commit
from calls.models import Call, Delivery, Source
from calls.upkeep.replaying import replay
from tests.support.provider import Provider, india, knows

ASHA, RAVI, CUSTOMER = "8000000201", "8000000202", "9000000101"


@pytest.fixture
def desk(source, source_token):
    knows(source, agents=[ASHA, RAVI], lines=["01200000301"])
    return Desk(Provider(source, source_token))


class Desk:
    """Says what happens in calls, five seconds after each other."""

    def __init__(self, provider):
        self.provider, self.now = provider, timezone.now() - timedelta(minutes=5)

    def says(self, ref, word, agent=ASHA, **more):
        self.now += timedelta(seconds=5)
        self.provider.clock = self.now
        fields = {"type": "live_call", "CallSid": ref, "Direction": "IVR", "Status": word, "DialWhomNumber": agent}
        fields |= {"SourceNumber": CUSTOMER, "DestinationNumber": "01200000301"}
        return self.provider.says(fields | {"StartTime": india(self.now)} | more)

    def reports(self, ref, word="ANSWER", agent=ASHA, **more):
        ends = {"type": "call_report", "EndTime": india(self.now + timedelta(seconds=5)), "TalkDuration": "9"}
        return self.says(ref, word, agent, **(ends | more))


def in_doubt():
    return {call.ref for call in Call.objects.standing() if "agent_elsewhere" in call.flags}


def test_the_older_of_two_calls_is_doubted_and_boards_hear_of_it(desk):
    desk.says("first", "Picked")
    told = []
    after_commit.append(told.append)
    try:
        desk.says("second", "Picked")
    finally:
        after_commit.pop()

    assert in_doubt() == {"first"}
    assert {(call.ref, "agent_elsewhere" in call.flags) for call in told[0].calls} == {
        ("first", True),
        ("second", False),
    }


@pytest.mark.parametrize("which", ["first", "second"])
@pytest.mark.parametrize("how", ["report", "missed", "hang up"])
def test_the_doubt_goes_when_one_of_them_ends(desk, which, how):
    desk.says("first", "Picked")
    desk.says("second", "Picked")
    if how == "hang up":
        desk.says(which, "CANCEL")
    else:
        desk.reports(which, "ANSWER" if how == "report" else "NO ANSWER", ASHA if how == "report" else "")

    assert not in_doubt()
    assert Call.objects.live().count() == 1


def test_the_doubt_goes_when_the_newer_call_is_handed_on(desk):
    desk.says("first", "Picked")
    desk.says("second", "Picked")
    desk.says("second", "Picked", RAVI)

    assert not in_doubt()


def test_of_three_all_but_the_last_are_doubted(desk):
    for ref in ("first", "second", "third"):
        desk.says(ref, "Picked")
    assert in_doubt() == {"first", "second"}

    desk.reports("third")
    assert in_doubt() == {"first"}


def test_the_call_counts_as_newer_for_which_the_agent_was_rung_later(desk):
    """Two pick-ups in the other order: what was rung for last is where the agent is."""
    desk.says("second", "Picked", RAVI)
    desk.says("first", "Picked")
    desk.says("second", "Transfer to agent")
    desk.says("second", "Picked")

    assert in_doubt() == {"first"}


def test_both_in_one_batch(desk):
    now = timezone.now()
    fields = {"type": "live_call", "Direction": "IVR", "Status": "Picked", "DialWhomNumber": ASHA}
    fields |= {"SourceNumber": CUSTOMER, "DestinationNumber": "01200000301", "StartTime": india(now)}
    desk.provider.says_at_once([fields | {"CallSid": "first"}, fields | {"CallSid": "second"}])

    assert in_doubt() == {"first"}


def test_on_calls_that_we_make_too(desk):
    desk.says("first", "Picked")
    outgoing = {"Direction": "WEBOBD", "SourceNumber": ASHA, "DialWhomNumber": "9000000109"}
    desk.says("calling", "Transferring Call to Agent", **outgoing)
    assert not in_doubt()

    desk.says("calling", "Picked", **outgoing)
    assert in_doubt() == {"first"}


def test_no_doubt_where_there_is_none(desk):
    desk.says("first", "Picked")
    desk.says("second", "Transfer to agent")
    desk.says("third", "Picked", RAVI)
    other = Source.objects.create(name="Another")
    token = other.new_token()
    cache.forget()
    Desk(Provider(other, token)).says("fourth", "Picked")
    desk.reports("fifth")

    assert not in_doubt()


def test_a_replay_finds_the_same_doubts(desk):
    desk.says("first", "Picked")
    desk.says("second", "Picked")
    before = list(Call.objects.order_by("id").values_list("seq", "digest"))
    replay(Delivery.objects.all(), cache, apply=True)

    assert list(Call.objects.order_by("id").values_list("seq", "digest")) == before
