"""When the directory changes, the calls it speaks of are derived again, and nothing else is disturbed."""

import pytest
from django.utils import timezone

from calls.known import known
from calls.models import Agent, Call, CallGroup, Head
from calls.settling import EVERYBODY_KNOWS_SECONDS, Settler
from tests.provider import Provider, india, knows

OUT = {"type": "call_report", "Direction": "WEBOBD", "Status": "ANSWER", "TalkDuration": "5"}
NUMBERS = {"SourceNumber": "9000000102", "DestinationNumber": "08000000302", "DialWhomNumber": "8000000202"}


@pytest.fixture
def provider(source, source_token):
    return Provider(source, source_token)


def settle(times=1):
    settler = Settler(known)
    for _ in range(times):
        settler.settle()
        for started in settler._passes.values():
            started.seen_at -= EVERYBODY_KNOWS_SECONDS + 1
    return settler


def an_outgoing_call(provider, sid="out.1"):
    provider.says(OUT | NUMBERS | {"CallSid": sid, "StartTime": india(timezone.now())})


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
    settler = Settler(known)

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
