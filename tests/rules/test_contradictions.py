"""Contradictions are named: word against times, report against report and against live events, clocks."""

from datetime import timedelta
from itertools import permutations

import pytest

from calls.rules.clocks import BEHIND
from calls.rules.derive import derive
from calls.rules.events import Verdict
from calls.rules.roles import roles
from calls.words import Direction, Outcome, State
from tests.support.events import (
    ASHA,
    CUSTOMER,
    DIRECTORY,
    LINE,
    NOON,
    OUT,
    RAVI,
    at,
    live,
    picks,
    reports,
    rings,
    stops,
)  # fmt: skip

# --- word against times ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "outcome", "flags"),
    [
        ({"talk_seconds": 0}, "ivr_only", ["answered_by_nobody"]),
        ({"talk_seconds": 0, "leg_a_picked_at": at(1), "duration_seconds": 60}, "ivr_only", ["answered_by_nobody"]),
        ({"talk_seconds": 0, "leg_b_started_at": at(5)}, "answered", ["answer_without_pickup"]),
        ({"talk_seconds": 0, "agent": ASHA}, "answered", ["answer_without_pickup"]),
        ({"agent": ASHA, "leg_b_started_at": at(5)}, "answered", ["answer_without_pickup"]),
        ({"talk_seconds": 9}, "answered", []),
        ({"talk_seconds": 0, "agent": ASHA, "leg_b_picked_at": at(60)}, "answered", []),
        ({}, "answered", []),
        ({"agent": ASHA}, "answered", []),
        ({"talk_seconds": 0, "voicemail": True}, "answered", ["answer_without_pickup"]),
    ],
)
def test_an_answered_call_needs_somebody_who_answered(said, outcome, flags):
    facts = derive([reports(**said)])

    assert (facts.outcome, facts.flags) == (outcome, flags)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({"leg_a_picked_at": at(4)}, "customer_missed"),
        ({"leg_a_picked_at": at(4), "direction": Direction.UNKNOWN}, "unknown"),
        ({}, "answered"),
    ],
)
def test_on_a_call_that_we_make_nobody_is_a_second_leg_that_was_never_dialled(said, outcome):
    facts = derive([reports(**{"direction": OUT, "agent": ASHA, "talk_seconds": 0, **said})])

    assert facts.outcome == outcome
    assert {"answered_by_nobody", "answer_without_pickup"} & set(facts.flags)


def test_somebody_was_heard_to_pick_up_what_nobody_answered():
    facts = derive([picks(heard=5), reports(talk_seconds=0)])

    assert (facts.outcome, facts.agent_number) == (Outcome.ANSWERED, ASHA)
    assert "answered_by_nobody" in facts.flags


def test_a_call_never_ends_before_it_began():
    for said in ({}, {"duration_seconds": 30}, {"talk_seconds": 9}):
        facts = derive([reports(started_at=at(60), ended_at=at(50), **said)])
        assert facts.ended_at >= facts.started_at
        assert facts.flags == ["times_disagree"]


# --- live against report ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        [picks(heard=5), reports(Verdict.NO_ANSWER, agent=ASHA)],
        [picks(heard=5), reports(Verdict.BUSY)],
        [rings(heard=0), stops(Verdict.BUSY, heard=5), reports(agent=ASHA, talk_seconds=40)],
        [
            live("picks", direction=OUT, agent=ASHA, phase=State.TALKING),
            reports(Verdict.CUSTOMER_LEG, direction=OUT, agent=ASHA),
        ],
    ],
    ids=["picked up, missed", "picked up, busy", "busy, answered", "outgoing"],
)
def test_a_report_against_what_was_heard_is_flagged(said):
    for order in permutations(said):
        assert "live_disagrees" in derive(order).flags


def test_a_report_that_agrees_with_what_was_heard_is_not():
    for said in (
        [rings(heard=0), stops(Verdict.BUSY, heard=5), picks(heard=20), reports(agent=ASHA, talk_seconds=40)],
        [rings(heard=0), stops(Verdict.BUSY, heard=5), reports(Verdict.BUSY, agent=ASHA)],
        [rings(ASHA, heard=0), stops(Verdict.BUSY, ASHA, heard=5), picks(RAVI, heard=8), reports(agent=RAVI)],
    ):
        assert derive(said).flags == []


# --- report against report -------------------------------------------------------------------------------

FIRST = {"name": "1", "agent": ASHA, "agent_name": "Asha", "coins": "1", "talk_seconds": 40, "duration_seconds": 60}


@pytest.mark.parametrize(
    "corrected",
    [
        {"agent_name": "Ravi"},
        {"agent": RAVI},
        {"coins": "2", "recording_url": "https://records.example/2.mp3"},
        {"talk_seconds": 41},
    ],
)
def test_of_equal_reports_the_one_first_heard_later_counts(corrected):
    first, later = reports(**FIRST, heard=61), reports(**{**FIRST, **corrected, "name": "2"}, heard=70)
    for order in permutations([first, later, reports(**FIRST, heard=80)]):
        facts = derive(order)
        for name, value in corrected.items():
            assert getattr(facts, {"agent": "agent_number"}.get(name, name)) == value
        assert "report_corrected" in facts.flags


def test_what_only_adds_corrects_nothing():
    adds = reports(**{**FIRST, "name": "2"}, recording_url="https://records.example/2.mp3", heard=70)

    assert derive([reports(**FIRST), adds]).flags == []


def test_of_phones_that_nobody_picked_up_each_has_its_own_report():
    same = {"duration_seconds": 60, "talk_seconds": 0}
    first, other = (reports(Verdict.NO_ANSWER, agent, agent=agent, agent_name=agent, **same) for agent in (ASHA, RAVI))
    again = reports(Verdict.BUSY, "corrected", agent=RAVI, **same, heard=99)

    assert derive([first, other]).flags == []
    assert derive([first, other, again]).flags == ["report_corrected"]


def test_a_later_end_is_no_correction():
    assert derive([reports(**FIRST), reports(**{**FIRST, "agent_name": "Ravi"}, ended_at=at(61))]).flags == []


# --- clocks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [0.5, 1, 5.5, 12, 40])
def test_a_call_that_begins_in_the_future_begins_when_it_is_heard_of(hours):
    start = at(3_600 * hours)
    facts = derive([rings(heard=3, started_at=start), picks(heard=9, started_at=start)])

    assert (facts.began_at, facts.started_at, facts.flags) == (at(3), start, ["clock_ahead"])


@pytest.mark.parametrize("hours", [1, 5.5, 8, 14])
def test_a_live_call_that_began_hours_ago_begins_when_it_is_heard_of(hours):
    start = at(-3_600 * hours)
    facts = derive([rings(heard=3, started_at=start), stops(Verdict.CANCELLED, heard=23, started_at=start)])

    assert (facts.began_at, facts.wait_seconds, facts.flags) == (at(3), 20, ["clock_behind"])


@pytest.mark.parametrize("seconds", [-100, -60, 0, 60, BEHIND.total_seconds() - 60, 25 * 3_600])
def test_a_clock_that_may_be_right_and_traffic_of_another_day_are_believed(seconds):
    facts = derive([rings(heard=0, started_at=at(-seconds))])

    assert (facts.began_at, facts.flags) == (at(-seconds), [])


@pytest.mark.parametrize("hours", [5.5, -5.5])
def test_a_report_by_a_wrong_clock_keeps_its_lengths_and_ends_when_it_came(hours):
    off = timedelta(hours=hours)
    times = {"started_at": NOON + off, "ended_at": at(60) + off, "leg_b_picked_at": at(15) + off}
    report = reports(agent=ASHA, talk_seconds=45, duration_seconds=60, heard=61, **times)
    for order in permutations([rings(heard=1, started_at=NOON + off), report]):
        facts = derive(order)
        assert (facts.began_at, facts.answered_at, facts.ended_at) == (at(1), at(16), at(61))
        assert (facts.wait_seconds, facts.talk_seconds, facts.duration_seconds) == (15, 45, 60)
        assert facts.started_at == NOON + off


def test_a_report_alone_by_a_clock_ahead_ends_when_it_came():
    ahead = timedelta(hours=5, minutes=30)
    facts = derive([reports(started_at=NOON + ahead, ended_at=at(60) + ahead, heard=61)])

    assert (facts.began_at, facts.ended_at, facts.flags) == (at(1), at(61), ["clock_ahead"])


def test_a_report_alone_may_come_any_time_after_its_call():
    facts = derive([reports(heard=9 * 3_600)])

    assert (facts.began_at, facts.flags) == (NOON, [])


def test_live_events_that_were_held_up_say_nothing_of_the_clock():
    held_up = [rings(heard=7_000), picks(heard=7_001), reports(agent=ASHA, talk_seconds=45, heard=61)]

    assert derive(held_up).flags == []


def test_an_end_in_the_future_is_a_clock_ahead_though_the_start_lies_in_the_past():
    facts = derive([reports(started_at=at(-1_500), ended_at=at(1_500), heard=0)])

    assert facts.flags == ["clock_ahead"] and facts.ended_at == at(0)


# --- who is dialled first, who remains -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "said", "outcome"),
    [
        (Verdict.NO_ANSWER, {"leg_a_picked_at": at(4)}, "agent_missed"),
        (Verdict.BUSY, {"leg_a_picked_at": at(4)}, "agent_missed"),
        (Verdict.NO_ANSWER, {}, "customer_missed"),
        (None, {"leg_a_picked_at": at(4)}, "agent_missed"),
        (Verdict.ANSWERED, {"leg_a_picked_at": at(4), "talk_seconds": 0}, "agent_missed"),
        (Verdict.CUSTOMER_LEG, {"leg_a_picked_at": at(4)}, "customer_missed"),
        (Verdict.ANSWERED, {"leg_a_picked_at": at(4), "leg_b_picked_at": at(9)}, "answered"),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["by the setting", "by the directory"])
def test_where_the_customer_is_dialled_first_the_legs_follow(verdict, said, outcome, turned):
    """By the source's setting the first number is the customer's; or the directory knows it better."""
    numbers = {"customer": ASHA, "agent": CUSTOMER} if turned else {"customer": CUSTOMER, "agent": ASHA}
    facts = derive([reports(verdict, direction=OUT, **numbers, customer_first=not turned, **said)], DIRECTORY)

    assert (facts.customer_number, facts.agent_number, facts.outcome) == (CUSTOMER, ASHA, outcome)


def test_who_is_first_counts_only_where_the_directory_knows_who_is_who():
    said = {"direction": OUT, "customer": CUSTOMER, "agent": ASHA, "customer_first": True, "leg_a_picked_at": at(4)}

    assert derive([reports(Verdict.NO_ANSWER, **said)]).outcome is Outcome.CUSTOMER_MISSED
    known = derive([reports(Verdict.NO_ANSWER, **said)], DIRECTORY)
    assert (known.outcome, "customer_first" in known.flags) == (Outcome.AGENT_MISSED, True)


STRANGER = "+919000000999"


@pytest.mark.parametrize(
    ("customer", "agent", "line", "expected"),
    [
        (ASHA, ASHA, CUSTOMER, (CUSTOMER, ASHA, "")),
        (LINE, ASHA, CUSTOMER, (CUSTOMER, ASHA, LINE)),
        (ASHA, ASHA, LINE, ("", ASHA, LINE)),
        (LINE, ASHA, LINE, ("", ASHA, LINE)),
        (CUSTOMER, LINE, LINE, (CUSTOMER, "", LINE)),
        (LINE, ASHA, "", ("", ASHA, LINE)),
        (CUSTOMER, LINE, "", (CUSTOMER, "", LINE)),
        (CUSTOMER, STRANGER, ASHA, (CUSTOMER, ASHA, STRANGER)),
        (ASHA, "", CUSTOMER, (CUSTOMER, ASHA, "")),
        ("", ASHA, CUSTOMER, ("", ASHA, CUSTOMER)),
        (LINE, LINE, CUSTOMER, (CUSTOMER, "", LINE)),
    ],
)
def test_on_calls_that_we_make_the_number_that_remains_is_the_customer(customer, agent, line, expected):
    found = roles(live("x", direction=OUT, customer=customer, agent=agent, line=line), DIRECTORY)

    assert (found.customer, found.agent, found.line) == expected
    assert found.direction is OUT
