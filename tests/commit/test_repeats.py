"""When an equal delivery is a duplicate, and when it is news: by when it came, and whether its call had a report."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.commit.cache import cache
from calls.intake.queue import store
from calls.models import Call, Delivery
from calls.rules.attempts import MOST_ATTEMPTS
from calls.rules.derive import MOST_EVENTS_OF_A_CALL
from calls.rules.repeats import MANY_REPEATS
from calls.upkeep.replaying import forget_all_calls, replay
from tests.support.provider import Provider, india, knows

BEGINS = timezone.now().replace(microsecond=0) - timedelta(hours=2)
RINGS = {"type": "live_call", "CallSid": "r.1", "Direction": "IVR", "Status": "Transfer to agent"}
RINGS |= {"SourceNumber": "9000000101", "DestinationNumber": "01200000301", "DialWhomNumber": "8000000201"}
RINGS |= {"StartTime": india(BEGINS)}
STOPS = RINGS | {"Status": "NO ANSWER"}
REPORTS = STOPS | {"type": "call_report", "EndTime": india(BEGINS + timedelta(seconds=60)), "TalkDuration": "0"}


@pytest.fixture
def provider(source, source_token):
    knows(source, agents=["8000000201"], lines=["01200000301"])
    return Provider(source, source_token)


@pytest.fixture
def says(provider):
    def say(second, fields=RINGS):
        provider.clock = BEGINS + timedelta(seconds=second)
        return str(provider.says(fields).result)

    return say


def the_call():
    return Call.objects.standing().get()


@pytest.mark.parametrize("second", [0, 0.2, 1, 3, 3.5])
def test_within_a_few_seconds_it_is_a_duplicate(says, second):
    assert [says(0), says(second)] == ["applied", "duplicate"]
    assert the_call().heard_at == BEGINS


@pytest.mark.parametrize("second", [3.6, 4, 30, 3_600])
def test_later_it_is_news_and_a_sign_of_life(says, second):
    assert [says(0), says(second), says(second + 1)] == ["applied", "applied", "duplicate"]
    assert the_call().heard_at == BEGINS + timedelta(seconds=second)


def test_a_call_that_had_ended_provisionally_rings_again(says):
    assert [says(0), says(20, STOPS), says(30), says(50, STOPS)] == ["applied"] * 4
    assert [(each["state"], each["at"][17:19]) for each in the_call().ring_attempts] == [
        ("rang_out", f"{BEGINS:%S}"),
        ("rang_out", f"{BEGINS + timedelta(seconds=30):%S}"),
    ]


def test_after_the_report_nothing_that_was_said_is_news(says):
    assert [says(0), says(70, REPORTS), says(90), says(99, REPORTS)] == ["applied", "applied", "duplicate", "duplicate"]


def test_nor_while_it_waits_for_the_report_of_another(says):
    """The first report is the border, so that arrival alone tells what is news."""
    picked_up = RINGS | {"DialWhomNumber": "8000000202", "Status": "Picked"}
    said = [says(0), says(5, picked_up), says(70, REPORTS)]

    assert (said, the_call().state) == (["applied"] * 3, "talking")
    assert says(90, picked_up) == "duplicate"


def test_in_one_batch_the_times_and_a_report_count_too(provider):
    """As when deliveries gathered while the database was busy."""
    received = []
    cache.refresh()
    for second, fields in ((0, RINGS), (2, RINGS), (30, RINGS), (70, REPORTS), (80, RINGS)):
        provider.clock = BEGINS + timedelta(seconds=second)
        received.append(provider._receive(fields))
    store(received)

    assert [str(each.result) for each in received] == ["applied", "duplicate", "applied", "applied", "duplicate"]
    assert {each.call for each in received} == {the_call().pk}


def test_an_hour_of_ringing_keeps_a_call_small_and_alive(says):
    results = [says(second) for second in range(0, 3_600, 10)]

    assert MANY_REPEATS < results.count("applied") < MANY_REPEATS + 61 < MOST_EVENTS_OF_A_CALL
    assert set(results) == {"applied", "duplicate"}
    assert len(the_call().ring_attempts) == MOST_ATTEMPTS
    assert the_call().heard_at > BEGINS + timedelta(seconds=3_500)


@pytest.mark.parametrize("how", ["all at once", "one by one", "from nothing"])
def test_a_replay_finds_the_same_news(says, how):
    for second, fields in ((0, RINGS), (1, RINGS), (30, RINGS), (50, STOPS), (60, RINGS), (70, REPORTS), (80, RINGS)):
        says(second, fields)
    columns = ("received_at", "result")
    results, [call] = list(Delivery.objects.order_by("id").values(*columns)), Call.objects.values("digest", "flags")
    if how == "from nothing":
        forget_all_calls()
        cache.forget()
    one_by_one = Delivery.objects.order_by("id").values_list("id", flat=True) if how == "one by one" else ()
    for delivery in one_by_one:
        replay(Delivery.objects.filter(id=delivery), cache, apply=True)
    replay(Delivery.objects.all(), cache, apply=True)

    assert list(Delivery.objects.order_by("id").values(*columns)) == results
    assert [call] == list(Call.objects.values("digest", "flags"))
    assert len(the_call().ring_attempts) == 3
