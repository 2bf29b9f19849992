"""A masked number never takes the place of a full one that fits it; a withheld one is nobody."""

import pytest

from calls.phones import WITHHELD
from calls.rules.derive import derive
from calls.rules.events import Verdict
from calls.rules.explain import story
from calls.rules.roles import Directory, teaches
from calls.words import Direction, Outcome, State
from tests.rules.test_derive import ASHA, CUSTOMER, LINE, RAVI, at, live, picks, reports, rings

MASKED = [
    "90XXXXXX01",
    "+9190xxxxxx01",
    "XXXXXX0101",
    "90****0101",
    "••••••0101",
    "090XXXXXX01",
    "90XXX XXX01",
    "##0000010#",
]


@pytest.mark.parametrize("masked", MASKED)
def test_the_full_number_stays_whichever_delivery_hides_digits(masked):
    for events in (
        [rings(customer=CUSTOMER), reports(customer=masked, agent=ASHA)],
        [rings(customer=masked), reports(customer=CUSTOMER, agent=ASHA)],
        [rings(customer=masked), picks(customer=CUSTOMER), reports(customer=masked, agent=ASHA)],
    ):
        assert derive(events).customer_number == CUSTOMER


@pytest.mark.parametrize("masked", ["90XXXXXX02", "91XXXXXX01", "+4490XXXXXX01", "XXXXXX0199"])
def test_one_that_does_not_fit_is_another_and_the_report_has_the_last_word(masked):
    assert derive([rings(customer=CUSTOMER), reports(customer=masked)]).customer_number == masked


@pytest.mark.parametrize("masked", ["80XXXXXX01", "+9180XXXXXX01", "******0201"])
def test_an_agent_is_one_phone_whether_digits_are_hidden_or_not(masked):
    ringing = derive([rings(masked, heard=1), picks(ASHA, heard=2)])
    assert [(each["agent_number"], each["state"]) for each in ringing.ring_attempts] == [(ASHA, "talking")]
    assert ringing.agent_number == ASHA

    ended = derive([rings(ASHA), picks(ASHA), reports(agent=masked, agent_name="Asha", talk_seconds=9)])
    assert (ended.agent_number, ended.agent_name, ended.outcome) == (ASHA, "Asha", Outcome.ANSWERED)
    assert [each["state"] for each in ended.ring_attempts] == ["talking"]


def test_of_two_that_fit_it_is_who_talked():
    other = "+918000000301"
    facts = derive([rings(ASHA), rings(other), picks(other), reports(agent="80XXXXXX01", talk_seconds=9)])
    assert facts.agent_number == other
    unclear = derive([rings(ASHA), rings(other), reports(Verdict.NO_ANSWER, agent="80XXXXXX01")])
    assert unclear.agent_number == "80XXXXXX01", "nothing is guessed"


def test_the_same_digits_in_another_part_are_another_person():
    """The customer's shown digits may well fit the agent's number."""
    facts = derive([rings(agent="+919000000201", customer=""), reports(customer="90XXXXXX01", agent="")])
    assert facts.customer_number == "90XXXXXX01"


def test_the_delivery_that_said_the_full_number_set_it():
    events = [rings(customer=CUSTOMER, line=LINE, delivery=1), picks(delivery=2, customer="")]
    events += [reports(customer="90XXXXXX01", agent="80XXXXXX01", line="080XXXXXX02", talk_seconds=9, delivery=3)]
    facts = derive(events)
    assert (facts.customer_number, facts.agent_number, facts.virtual_number) == (CUSTOMER, ASHA, LINE)
    assert [facts.set_by[name] for name in ("customer_number", "virtual_number", "agent_number")] == [1, 2, 2]


def test_a_masked_number_that_fits_was_not_said_in_vain():
    steps = story([rings(customer=CUSTOMER), reports(customer="90XXXXXX01", agent=ASHA)])
    assert steps[1].ignored == []
    other = story([reports(customer=CUSTOMER), rings(customer="90XXXXXX02", heard=90)])
    assert "customer_number" in other[1].ignored


# --- withheld -----------------------------------------------------------------------------------------------


def test_a_withheld_number_does_not_take_the_place_of_one_that_was_said():
    for events in (
        [rings(customer=CUSTOMER), reports(customer=WITHHELD)],
        [rings(customer=WITHHELD), reports(customer=CUSTOMER)],
        [rings(customer=WITHHELD), picks(customer=CUSTOMER)],
    ):
        assert derive(events).customer_number == CUSTOMER
    assert derive([rings(customer=WITHHELD), reports(customer="90XXXXXX01")]).customer_number == "90XXXXXX01"
    assert derive([rings(customer=WITHHELD), reports(customer=WITHHELD)]).customer_number == WITHHELD


def test_nobody_of_ours_is_withheld():
    facts = derive([rings(agent=WITHHELD, line=WITHHELD)])
    assert (facts.agent_number, facts.virtual_number, facts.ring_attempts) == (None, None, [])


# --- the directory ------------------------------------------------------------------------------------------


def test_nothing_is_learned_from_hidden_digits():
    lessons = teaches(picks("80XXXXXX01", line="0120XXXX301"))
    assert (lessons.agent, lessons.line) == ("", "")
    assert teaches(picks(ASHA, line="201")).line == "201", "an extension is whole"


def test_the_directory_knows_who_a_masked_number_is_once_the_call_named_it():
    directory = Directory(agents={RAVI: ""})
    events = [
        live("dials", direction=Direction.OUTGOING, customer=CUSTOMER, agent=RAVI, phase=State.RINGING),
        reports(direction=Direction.OUTGOING, customer="90XXXXXX01", agent="80XXXXXX02", leg_b_picked_at=at(9)),
    ]
    facts = derive(events, directory)
    assert (facts.customer_number, facts.agent_number, facts.roles_assumed) == (CUSTOMER, RAVI, False)
