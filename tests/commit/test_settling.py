"""When the directory changes, the calls it speaks of are derived again, and nothing else is disturbed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.commit.cache import cache
from calls.commit.settling import EVERYBODY_KNOWS_SECONDS, Settler
from calls.models import Agent, Call, CallAlias, CallGroup, Head
from tests.support.provider import Provider, india, knows

OUT = {"type": "call_report", "Direction": "WEBOBD", "Status": "ANSWER", "TalkDuration": "5"}
NUMBERS = {"SourceNumber": "9000000102", "DestinationNumber": "08000000302", "DialWhomNumber": "8000000202"}


@pytest.fixture
def provider(source, source_token):
    return Provider(source, source_token)


def settle(times=1):
    settler = Settler(cache)
    for _ in range(times):
        settler.settle()
        for started in settler._passes.values():
            started.seen_at -= EVERYBODY_KNOWS_SECONDS + 1
    return settler


def an_outgoing_call(provider, sid="out.1", **more):
    provider.says(OUT | NUMBERS | {"CallSid": sid, "StartTime": india(timezone.now())} | more)


def test_an_agent_added_by_hand_turns_the_roles_of_older_calls(provider, source):
    an_outgoing_call(provider)
    assert Call.objects.get().customer_number == "+918000000202"
    knows(source, agents=["8000000202"])
    Agent.objects.update(settled=False)

    settle()

    call = Call.objects.get()
    assert (call.agent_number, call.customer_number) == ("+918000000202", "+919000000102")
    assert not call.roles_assumed
    assert call.seq == Head.objects.get().seq


def test_a_group_given_to_an_agent_is_that_of_its_calls_without_one(provider, source):
    knows(source, agents=["8000000202"])
    an_outgoing_call(provider)
    Agent.objects.update(group=CallGroup.objects.create(name="Dealers"), settled=False)

    settle()

    call = Call.objects.get()
    assert call.group.name == "Dealers" and "group_inferred" in call.flags


def test_a_number_is_settled_only_when_every_process_must_have_noticed(provider, source):
    knows(source, agents=["8000000202"])
    Agent.objects.update(settled=False)

    settle(times=1)
    assert not Agent.objects.get().settled

    settle(times=2)
    assert Agent.objects.get().settled


def test_waiting_deliveries_go_first_and_the_rest_follows(provider, source):
    an_outgoing_call(provider)
    knows(source, agents=["8000000202"])
    Agent.objects.update(settled=False)
    settler = Settler(cache)

    settler.settle(others_wait=lambda: True)
    assert Call.objects.get().roles_assumed

    settler.settle(others_wait=lambda: False)
    assert not Call.objects.get().roles_assumed


def test_settling_what_is_as_it_was_takes_no_number(provider, source):
    knows(source, agents=["8000000202"])
    an_outgoing_call(provider)
    seq = Head.objects.get().seq
    Agent.objects.update(settled=False)

    settle(times=3)

    assert Head.objects.get().seq == seq


def a_call_with_two_reports(provider, first, second):
    """By position both say who was dialled, so that the first one's name is that of the agent who called."""
    now = timezone.now()
    an_outgoing_call(provider, DialWhomNumber=first, receiver_name="Ravi", EndTime=india(now))
    an_outgoing_call(provider, DialWhomNumber=second, EndTime=india(now + timedelta(seconds=9)))
    call = Call.objects.get()
    assert (call.agent_number, call.customer_number) == ("+919000000102", f"+91{second}")
    assert call.agent_name == "Ravi"


def answers(provider, agent, sid="in.1"):
    """An incoming call, by another line, that teaches that this number is an agent's."""
    said = {"CallSid": sid, "Direction": "IVR", "DialWhomNumber": agent, "DestinationNumber": "01200000301"}
    provider.says(OUT | NUMBERS | said)


def test_a_number_that_only_the_weaker_report_names_turns_its_roles_when_traffic_teaches_it(provider):
    a_call_with_two_reports(provider, "8000000202", "9000000103")

    answers(provider, "8000000202")
    settle(times=1)

    assert Call.objects.get(ref="out.1").agent_name is None, "Ravi is the agent with 8000000202, and not of this call"


def test_a_number_that_only_the_weaker_report_names_turns_its_roles_when_added_by_hand(provider, source):
    a_call_with_two_reports(provider, "8000000202", "9000000103")
    knows(source, agents=["8000000202"])
    Agent.objects.update(settled=False)

    settle()

    assert Call.objects.get().agent_name is None


def test_an_event_without_a_direction_in_an_incoming_call_is_turned_too(provider):
    """By its row it is a call on which the position decides: that is what its report says."""
    an_outgoing_call(provider, "in.2", Direction="IVR", Status="NO ANSWER", TalkDuration="0")
    an_outgoing_call(provider, "in.2", Direction="", type="live_call", Status="Transfer to agent")
    assert rung("in.2") == ["+919000000102"]

    answers(provider, "8000000202")
    settle(times=1)

    assert rung("in.2") == ["+918000000202"]


def rung(sid):
    return [attempt["agent_number"] for attempt in Call.objects.get(ref=sid).ring_attempts]


def noted():
    return sorted(CallAlias.objects.filter(kind="number").values_list("call__ref", "value"))


def test_only_numbers_that_a_call_does_not_show_are_noted_and_once(provider):
    an_outgoing_call(provider)
    an_outgoing_call(provider, "in.1", Direction="IVR")
    assert noted() == []

    for seconds in range(3):
        ended = timezone.now() + timedelta(seconds=seconds)
        an_outgoing_call(provider, DialWhomNumber="9000000103", EndTime=india(ended))

    assert noted() == [("out.1", "+918000000202")]


def test_what_is_noted_stays_with_a_call_that_gets_its_id_later_and_goes_with_one_that_is_merged(provider):
    first, second = {"CallSid": "", "Uniqueid": "uid.1"}, {"CallSid": "", "Uniqueid": "uid.2"}
    for lone in (first, second):
        an_outgoing_call(provider, **lone, DialWhomNumber="9000000103", EndTime=india(timezone.now()))
        an_outgoing_call(provider, **lone)
    assert noted() == [("uid.1", "+918000000202"), ("uid.2", "+918000000202")]

    an_outgoing_call(provider, "sid.1", Uniqueid="uid.1")
    assert noted() == [("sid.1", "+918000000202"), ("uid.2", "+918000000202")]

    an_outgoing_call(provider, "sid.1", Uniqueid="uid.2")
    assert noted() == [("sid.1", "+918000000202")]
