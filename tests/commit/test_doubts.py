"""An agent in two live calls: the older one is doubted, visibly, until one of them ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.commit.cache import cache
from calls.intake.queue import after_commit
from calls.models import Call, Delivery, Source
from calls.upkeep.replaying import replay
from tests.support.provider import Provider, india, knows

ASHA, RAVI, TRUNK, CUSTOMER = "8000000201", "8000000202", "8000000299", "9000000101"


@pytest.fixture
def desk(source, source_token):
    knows(source, agents=[ASHA, RAVI, TRUNK], lines=["01200000301"])
    return Desk(Provider(source, source_token))


class Desk:
    """Says what happens in calls, five seconds after each other."""

    def __init__(self, provider):
        self.provider, self.now = provider, timezone.now() - timedelta(minutes=5)

    def wait(self, seconds):
        self.now += timedelta(seconds=seconds - 5)

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


# Numbers that are no one person


def talks_at_once(desk, agent, count, seconds=20):
    """So many calls end whose talks lay within each other by so many seconds."""
    for number in range(count):
        desk.says(f"was {number}", "Picked", agent)
        desk.wait(seconds)
        if number:
            desk.reports(f"was {number - 1}", "ANSWER", agent, TalkDuration=str(seconds + 25 if seconds else 5))
    desk.reports(f"was {count - 1}", "ANSWER", agent, TalkDuration=str(seconds))


def test_a_trunk_that_talks_in_thirty_calls_at_once_is_in_none_of_them_in_doubt(desk):
    for number in range(4):
        desk.says(f"c{number}", "Picked", TRUNK)
    assert in_doubt() == {"c0", "c1", "c2"}

    for number in range(4, 30):
        desk.says(f"c{number}", "Picked", TRUNK)
        assert not in_doubt()
    desk.reports("c7", agent=TRUNK)
    desk.reports("c29", agent=TRUNK)
    assert not in_doubt()
    assert Call.objects.live().count() == 28


def test_thirty_in_one_batch(desk):
    now = timezone.now()
    fields = {"type": "live_call", "Direction": "IVR", "Status": "Picked", "DialWhomNumber": TRUNK}
    fields |= {"SourceNumber": CUSTOMER, "DestinationNumber": "01200000301", "StartTime": india(now)}
    desk.provider.says_at_once([fields | {"CallSid": f"c{number}"} for number in range(30)])

    assert Call.objects.live().count() == 30
    assert not in_doubt()


def test_a_trunk_does_not_hide_the_doubt_of_an_agent_of_the_same_batch(desk):
    now = timezone.now()
    fields = {"type": "live_call", "Direction": "IVR", "Status": "Picked", "StartTime": india(now)}
    fields |= {"SourceNumber": CUSTOMER, "DestinationNumber": "01200000301"}
    agents = {**{f"c{number}": TRUNK for number in range(30)}, "first": ASHA, "second": ASHA}
    desk.provider.says_at_once([fields | {"CallSid": ref, "DialWhomNumber": agent} for ref, agent in agents.items()])

    assert in_doubt() == {"first"}


def test_an_agent_whose_calls_never_end_is_in_doubt_however_many_they_are(desk):
    for number in range(12):
        desk.says(f"c{number}", "Picked")
        desk.wait(75)

    assert in_doubt() == {f"c{number}" for number in range(11)}


def test_a_number_whose_reports_show_several_talks_at_once_is_in_no_doubt_with_two(desk):
    talks_at_once(desk, TRUNK, 4)
    desk.says("first", "Picked", TRUNK)
    desk.says("second", "Picked", TRUNK)

    assert not in_doubt()


@pytest.mark.parametrize(("count", "seconds"), [(3, 20), (8, 0)])
def test_seldom_or_by_seconds_is_not_as_a_matter_of_course(desk, count, seconds):
    talks_at_once(desk, ASHA, count, seconds)
    desk.says("first", "Picked")
    desk.says("second", "Picked")

    assert in_doubt() == {"first"}


def test_reports_that_come_late_show_that_an_agent_talked_in_one_after_the_other(desk):
    began = {}
    for number in range(6):
        began[number] = desk.now + timedelta(seconds=5)
        desk.says(f"c{number}", "Picked")
        desk.wait(80)
    for number, at in began.items():
        ended = {"StartTime": india(at), "EndTime": india(at + timedelta(seconds=60)), "TalkDuration": "50"}
        desk.reports(f"c{number}", **ended)
    desk.says("first", "Picked")
    desk.says("second", "Picked")

    assert in_doubt() == {"first"}


def test_who_takes_calls_over_did_not_talk_while_the_other_did(desk):
    for number in range(5):
        desk.says(f"c{number}", "Picked", RAVI)
        desk.wait(30)
        desk.says(f"own {number}", "Picked")
        desk.wait(20)
        desk.reports(f"own {number}", TalkDuration="25")
        desk.says(f"c{number}", "Transfer to agent")
        desk.says(f"c{number}", "Picked")
        desk.wait(20)
        desk.reports(f"c{number}", TalkDuration="80")
    desk.says("first", "Picked")
    desk.says("second", "Picked")

    assert in_doubt() == {"first"}
