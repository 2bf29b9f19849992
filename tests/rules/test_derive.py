"""The rules: what a call is, given the set of everything heard about it, in whatever order. No database."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest

from calls.rules.attempts import OVERTAKING
from calls.rules.derive import derive
from calls.rules.events import Verdict, dump, load
from calls.rules.explain import SHOWN, story
from calls.rules.facts import MOST_ALSO_SAID
from calls.rules.repeats import REPEAT, distinct
from calls.rules.roles import Directory, Lessons, roles, teaches
from calls.words import Direction, Outcome, State
from tests.support.events import (
    ASHA,
    CUSTOMER,
    DIRECTORY,
    IN,
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

ARRIVAL = ("heard_at", "set_by")
UNTOLD = ("began_at", "ringing_at", "answered_at", "ended_at", "duration_seconds", "wait_seconds", "talk_seconds")
UNTOLD += ("agent_number", "group")


def shown(facts):
    """A call without what depends on when its deliveries came."""
    found = {name: getattr(facts, name) for name in SHOWN if name not in ARRIVAL}
    found["ring_attempts"] = [{**attempt, "at": None} for attempt in facts.ring_attempts]
    if facts.state is not State.ENDED or facts.provisional:
        # Until the report tells, arrivals stand in for moments, and of several phones the last heard to ring counts.
        for name in UNTOLD:
            found.pop(name)
    return found


# --- any order ------------------------------------------------------------------------------------------

ANSWERED_REPORT = {
    "agent": ASHA,
    "agent_name": "Asha",
    "duration_seconds": 60,
    "talk_seconds": 45,
    "leg_b_picked_at": at(15),
    "recording_url": "https://records.example/1.mp3",
}
CALLS = {
    "two reports disagree on whether it was answered": [
        reports(**ANSWERED_REPORT),
        reports(Verdict.NO_ANSWER, ended_at=at(90), talk_seconds=0, duration_seconds=90),
        rings(),
    ],
    "two answered reports disagree on everything else": [
        reports(name="1", agent=ASHA, agent_name="Asha", talk_seconds=40, coins="1", group="Sales"),
        reports(name="2", agent=RAVI, agent_name="Ravi", duration_seconds=60, coins="2", group="Support"),
        reports(name="3", agent=RAVI, agent_name="Ravindra", ended_at=at(61)),
    ],
    "a word and a length disagree": [
        reports(None, "no word but talk", talk_seconds=30),
        reports(Verdict.NO_ANSWER, ended_at=at(99)),
        reports(Verdict.UNMAPPED, word="SOMETHING NEW", ended_at=at(100)),
    ],
    "a report without live events": [reports(**ANSWERED_REPORT)],
    "a report, and live events with terminal words": [
        reports(**ANSWERED_REPORT),
        rings(),
        stops(Verdict.CANCELLED),
        stops(Verdict.ABANDONED, agent=""),
    ],
    "one agent is busy and another one picks up": [
        rings(ASHA, heard=1),
        stops(Verdict.BUSY, ASHA, heard=2),
        rings(RAVI, heard=3),
        picks(RAVI, heard=4),
        reports(agent=RAVI, talk_seconds=5),
    ],
    "one of two agents is cancelled, nothing more is heard": [
        rings(ASHA, heard=1),
        rings(RAVI, heard=2),
        stops(Verdict.CANCELLED, ASHA, heard=3),
    ],
    "all agents stop ringing for different reasons": [
        rings(ASHA, heard=1),
        rings(RAVI, heard=2),
        stops(Verdict.BUSY, ASHA, heard=3),
        stops(Verdict.NO_ANSWER, RAVI, heard=4),
        stops(Verdict.UNREACHABLE, ASHA, heard=5),
    ],
    "abandoned while phones still ring": [rings(ASHA), rings(RAVI), stops(Verdict.ABANDONED, "")],
    "two agents pick up, as it seems": [picks(ASHA, heard=3), picks(RAVI, heard=4), rings(ASHA, heard=1)],
    "times contradict each other": [
        reports(started_at=at(100), ended_at=at(60), duration_seconds=500, talk_seconds=900),
        reports(name="later", started_at=at(0), ended_at=at(59), leg_b_picked_at=at(70), talk_seconds=3),
        rings(started_at=at(-50)),
    ],
    "an answered report follows a missed one": [
        reports(Verdict.NO_ANSWER, heard=61),
        reports(Verdict.ANSWERED, heard=300, agent=ASHA, talk_seconds=9),
    ],
    "a later report brings the recording": [
        reports(name="1", agent=ASHA, talk_seconds=45),
        reports(name="2", agent=ASHA, talk_seconds=45, recording_url="https://records.example/2.mp3", heard=900),
    ],
    "masked numbers stand beside full ones": [
        reports(customer="90XXXXXX01", agent="80XXXXXX01"),
        rings(ASHA),
        reports(Verdict.NO_ANSWER, customer="", agent=""),
    ],
    "the report hides digits of whom the live events named": [
        reports(customer="90XXXXXX01", agent="+9180XXXXXX01", line="080XXXXXX02", talk_seconds=9),
        rings(ASHA, customer=CUSTOMER, line=LINE),
        picks(ASHA, customer="anonymous"),
    ],
    "only the report names the customer whom the live events withheld": [
        rings(ASHA, customer="anonymous"),
        picks(ASHA, customer="90XXXXXX01"),
        reports(agent=ASHA, customer=CUSTOMER),
    ],
    "a masked number that fits two phones": [
        rings(ASHA, heard=1),
        rings("+918000000301", heard=2),
        picks("80XXXXXX01", heard=3),
        reports(Verdict.NO_ANSWER, agent="80XXXXXX01"),
    ],
    "a direction that only one of them knows": [
        live("unknown", direction=Direction.UNKNOWN, agent=ASHA, phase=State.RINGING),
        reports(direction=OUT, agent=ASHA),
        reports(Verdict.NO_ANSWER, direction=Direction.UNKNOWN),
    ],
    "two of our own numbers": [
        live("rings", direction=OUT, customer=RAVI, agent=ASHA, phase=State.RINGING),
        reports(Verdict.CUSTOMER_LEG, direction=OUT, customer=RAVI, agent=ASHA),
        live("half", direction=OUT, customer="", agent=ASHA, phase=State.DIALING),
    ],
    "an outgoing call in both of the readings": [
        live("source is the agent", direction=OUT, customer=CUSTOMER, agent=RAVI, phase=State.RINGING),
        live("source is the customer", direction=OUT, customer=RAVI, agent=CUSTOMER, phase=State.TALKING),
        reports(direction=OUT, customer=CUSTOMER, agent=RAVI, leg_a_picked_at=at(4), leg_b_picked_at=at(9)),
    ],
    "two groups": [rings(group="Sales"), picks(group="Support"), reports(Verdict.NO_ANSWER)],
}


@pytest.mark.parametrize("directory", [Directory(), DIRECTORY], ids=["unknown", "known"])
@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_the_same_in_any_order(name, directory):
    events = CALLS[name]
    expected = derive(events, directory)

    for order in permutations(events):
        assert derive(order, directory) == expected


HAND_OVERS = {"two agents pick up, as it seems"}
"""Live calls of which only arrival tells who talks now: the provider gives no time."""


@pytest.mark.parametrize("name", [name for name in CALLS if name not in HAND_OVERS])
def test_a_call_is_the_same_whenever_its_deliveries_came(name):
    """The same contents in every order of arrival: only what stands in for untold moments may differ.

    A call with its report depends on the set alone. Deliveries of a live call may overtake each other by two seconds;
    what comes later than that came after the rest.
    """
    events = CALLS[name]
    expected = shown(derive(events, DIRECTORY))
    step = 1 if any(event.is_report for event in events) else OVERTAKING.total_seconds() / len(events)

    for order in permutations(events):
        arrived = [replace(each, received_at=at(i * step), delivery=i + 1) for i, each in enumerate(order)]
        assert shown(derive(arrived, DIRECTORY)) == expected


@pytest.mark.parametrize("name", CALLS)
def test_repeats_change_nothing(name):
    """A repeat comes later than what it repeats, and under another id.

    At any time after the report; while the call is live within a few seconds, since what comes later is news.
    """
    events = [replace(each, delivery=i + 1) for i, each in enumerate(CALLS[name])]
    reported = any(event.is_report for event in events)
    repeats = [
        replace(each, delivery=100 + i, received_at=at(5_000) if reported else each.received_at + REPEAT)
        for i, each in enumerate(events)
    ]

    for order in permutations(events):
        assert derive([*repeats, *order, *repeats], DIRECTORY) == derive(events, DIRECTORY)


@pytest.mark.parametrize("name", CALLS)
def test_what_set_a_field_is_a_delivery_that_said_it(name):
    events = [replace(each, delivery=i + 1) for i, each in enumerate(CALLS[name])]
    facts = derive(events, Directory())
    by_delivery = {each.delivery: each for each in events}
    said = {"customer_number": "customer", "virtual_number": "line", "provider_status": "word", "agent_number": "agent"}
    same = ("group", "started_at", "ended_at", "talk_seconds", "duration_seconds", "coins", "recording_url")

    assert set(facts.set_by) <= set(SHOWN)
    assert all(getattr(facts, of) is not None for of in set(facts.set_by) - {"reason"})
    for of, delivery in facts.set_by.items():
        assert delivery in by_delivery
        if of in said or (of in same and not facts.provisional):
            assert getattr(by_delivery[delivery], said.get(of, of)) == getattr(facts, of)


def test_of_repeats_the_first_to_come_counts():
    events = [replace(rings(), received_at=at(i), delivery=10 - i) for i in (3, 1, 2)]

    assert [each.received_at for each in distinct(events)] == [at(1)]


def test_an_event_survives_its_way_into_the_database():
    for events in CALLS.values():
        for each in events:
            assert load(dump(replace(each, flags=("cut",))), 7) == replace(each, flags=("cut",), delivery=7)


# --- what they come to ----------------------------------------------------------------------------------


def test_an_answered_report_outranks_whatever_contradicts_it():
    facts = derive(CALLS["two reports disagree on whether it was answered"])

    assert (facts.outcome, facts.talk_seconds, facts.agent_name) == (Outcome.ANSWERED, 45, "Asha")
    assert facts.ended_at == at(60)
    assert "reports_disagree" in facts.flags


def test_a_talk_without_a_word_outranks_a_missed_call_and_an_unknown_word():
    facts = derive(CALLS["a word and a length disagree"])

    assert (facts.outcome, facts.talk_seconds) == (Outcome.ANSWERED, 30)
    assert {"unmapped_word", "reports_disagree"} <= set(facts.flags)


def test_a_word_we_know_outranks_a_later_one_that_we_do_not():
    facts = derive([reports(Verdict.BUSY), reports(Verdict.UNMAPPED, word="NEW", ended_at=at(99))])

    assert (facts.outcome, facts.reason, facts.flags) == (Outcome.MISSED, "busy", ["unmapped_word"])


def test_an_empty_value_never_erases_a_filled_one():
    facts = derive(CALLS["a later report brings the recording"])
    assert facts.recording_url == "https://records.example/2.mp3"

    first = reports(
        name="1", agent=ASHA, agent_name="Asha", coins="2", group="Sales", recording_url="https://a.example"
    )
    facts = derive([first, reports(name="2", ended_at=at(99), talk_seconds=3)])
    assert (facts.agent_name, facts.coins, facts.group, facts.recording_url) == (
        "Asha",
        "2",
        "Sales",
        "https://a.example",
    )


def test_a_live_event_never_reopens_a_call_that_has_its_report():
    for verdict in (Verdict.ANSWERED, Verdict.NO_ANSWER, None):
        for late in (rings(heard=999), picks(heard=999), stops(Verdict.BUSY, heard=999)):
            facts = derive([reports(verdict), late])
            assert (facts.state, facts.provisional, facts.ended_at) == (State.ENDED, False, at(60))


def test_a_terminal_word_ends_one_attempt_and_the_call_only_when_no_other_is_open():
    events = CALLS["one of two agents is cancelled, nothing more is heard"]
    facts = derive(events)
    assert (facts.state, facts.agent_number) == (State.RINGING, RAVI)
    assert [(a["agent_number"], a["state"]) for a in facts.ring_attempts] == [(ASHA, "hung_up"), (RAVI, "ringing")]

    facts = derive([*events, stops(Verdict.NO_ANSWER, RAVI, heard=9)])
    assert (facts.state, facts.provisional, facts.ended_at) == (State.ENDED, True, at(9))


def test_a_provisional_end_is_undone_by_an_agent_who_picks_up():
    facts = derive([rings(), stops(Verdict.BUSY, heard=3), picks(RAVI, heard=9)])

    assert (facts.state, facts.provisional, facts.agent_number) == (State.TALKING, False, RAVI)


def test_a_customer_who_gave_up_ends_the_call_provisionally_whoever_still_rings():
    facts = derive(CALLS["abandoned while phones still ring"])

    assert (facts.state, facts.provisional, facts.outcome, facts.reason) == (
        State.ENDED,
        True,
        Outcome.ABANDONED,
        "all_busy",
    )


def test_a_talk_that_ends_provisionally_was_answered():
    facts = derive([rings(heard=1), picks(heard=5), stops(Verdict.CANCELLED, heard=35)])

    assert (facts.outcome, facts.provisional, facts.talk_seconds) == (Outcome.ANSWERED, True, 30)


def test_phases_only_move_forward_while_a_call_is_live():
    menu = live("menu", phase=State.IVR)
    for events, state in (([menu], "ivr"), ([menu, rings()], "ringing"), ([picks(), rings(), menu], "talking")):
        assert derive(events).state == state


def test_a_live_call_shows_who_talks_else_whose_phone_rang_last():
    assert derive([rings(ASHA, heard=1), rings(RAVI, heard=2)]).agent_number == RAVI
    assert derive([rings(RAVI, heard=1), rings(ASHA, heard=2), picks(RAVI, heard=3)]).agent_number == RAVI
    assert derive([rings(ASHA, heard=1), rings(RAVI, heard=2), stops(Verdict.BUSY, RAVI)]).agent_number == ASHA


def test_a_live_call_shows_when_it_was_first_heard_to_ring_and_to_be_picked_up():
    facts = derive([picks(heard=9), rings(heard=4), rings(RAVI, heard=2)])

    assert (facts.ringing_at, facts.answered_at, facts.heard_at) == (at(2), at(9), at(9))


def test_an_attempt_began_when_its_phone_was_first_heard_of():
    for events in permutations([rings(heard=5), picks(heard=2), stops(Verdict.BUSY, heard=9)]):
        assert [attempt["at"] for attempt in derive(events).ring_attempts] == [at(2)]


def test_a_call_that_nobody_tells_the_end_of_ended_when_its_first_report_came():
    untold = {"ended_at": None, "started_at": None}

    for events in permutations([reports(name="1", heard=70, **untold), reports(name="2", heard=50, **untold)]):
        assert derive(events).ended_at == at(50)


def test_a_report_alone_makes_a_whole_call():
    facts = derive(
        [reports(**ANSWERED_REPORT, leg_a_picked_at=at(2), leg_b_started_at=at(5), coins="1.5", group="Sales")]
    )

    assert (facts.state, facts.outcome, facts.reason, facts.provisional) == (State.ENDED, Outcome.ANSWERED, None, False)
    assert (facts.started_at, facts.ringing_at, facts.answered_at, facts.ended_at) == (NOON, at(5), at(15), at(60))
    assert (facts.wait_seconds, facts.talk_seconds, facts.duration_seconds, facts.coins) == (13, 45, 60, "1.5")
    assert (facts.customer_number, facts.agent_number, facts.virtual_number) == (CUSTOMER, ASHA, LINE)
    assert (facts.flags, facts.roles_assumed) == ([], False)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"ended_at": None, "duration_seconds": 50}, {"ended_at": at(50), "flags": []}),
        ({"ended_at": None}, {"ended_at": at(61), "duration_seconds": None, "flags": ["end_time_assumed"]}),
        ({"talk_seconds": 40}, {"answered_at": at(20), "wait_seconds": 20}),
        ({"leg_b_picked_at": at(15)}, {"talk_seconds": 45}),
        ({"duration_seconds": 99}, {"duration_seconds": 99, "flags": ["times_disagree"]}),
        ({"leg_b_picked_at": at(15), "talk_seconds": 9}, {"talk_seconds": 9, "flags": ["times_disagree"]}),
        ({"ended_at": at(-5)}, {"duration_seconds": None, "wait_seconds": None, "flags": ["times_disagree"]}),
        ({"leg_b_picked_at": at(-5)}, {"wait_seconds": None, "talk_seconds": 65}),
        (
            {"started_at": None},
            {"started_at": None, "began_at": at(61), "duration_seconds": None, "wait_seconds": None},
        ),
        (
            {"ended_at": at(99 * 365 * 86_400)},
            {"duration_seconds": None, "flags": ["clock_ahead", "times_disagree"]},
        ),
        ({"verdict": Verdict.BUSY, "talk_seconds": 9}, {"outcome": "missed", "flags": ["talk_without_answer"]}),
        ({"voicemail": True, "verdict": Verdict.NO_ANSWER}, {"outcome": "missed", "reason": "voicemail"}),
        ({"voicemail": True, "verdict": None, "leg_b_picked_at": at(9)}, {"outcome": "unknown", "reason": "voicemail"}),
        ({"ended_by": "customer"}, {"reason": "customer_hung_up"}),
        ({"customer": "unknown", "group": "unknown"}, {"customer_number": "unknown", "group": "unknown"}),
    ],
)
def test_what_is_told_badly_is_flagged_and_what_is_missing_follows_from_the_rest(said, expected):
    facts = derive([reports(**{"verdict": Verdict.ANSWERED, **said})])

    assert {name: getattr(facts, name) for name in expected} == expected


def test_of_what_was_also_said_a_call_keeps_so_many_names():
    said = tuple((f"name {n:03}", "1") for n in range(MOST_ALSO_SAID + 1))
    facts = derive([reports(also_said=said)])

    assert (len(facts.also_said), facts.flags) == (MOST_ALSO_SAID, ["more_said"])


def test_lengths_fit_into_any_database():
    """PostgreSQL refuses what an integer of 32 bits cannot hold: one such call would cost its whole batch."""
    facts = derive([reports(started_at=datetime(2000, 1, 1, tzinfo=UTC), ended_at=datetime(2099, 1, 1, tzinfo=UTC))])

    assert (facts.duration_seconds, facts.wait_seconds, facts.talk_seconds) == (None, None, None)


def test_an_answered_call_credits_who_was_heard_to_pick_up_where_the_report_names_nobody():
    facts = derive([rings(ASHA), rings(RAVI), picks(RAVI), reports(agent_name="Ravi")])

    assert (facts.agent_number, facts.agent_name) == (RAVI, "Ravi")
    assert [(a["agent_number"], a["state"]) for a in facts.ring_attempts] == [(ASHA, "not_taken"), (RAVI, "talking")]


def test_a_missed_call_credits_nobody_whom_its_report_does_not_name():
    assert derive([rings(ASHA), reports(Verdict.NO_ANSWER)]).agent_number is None


def test_the_name_of_one_agent_is_not_given_to_another():
    facts = derive(
        [reports(name="1", agent=RAVI, talk_seconds=9), reports(Verdict.BUSY, agent=ASHA, agent_name="Asha")]
    )

    assert (facts.agent_number, facts.agent_name) == (RAVI, None)


def test_a_call_without_a_group_is_its_agents_else_its_lines():
    assert derive([rings(RAVI)], DIRECTORY).group == "Support"
    assert derive([rings(ASHA)], DIRECTORY).group == "Sales"
    assert derive([rings(ASHA)], DIRECTORY).flags == ["group_inferred"]
    assert derive([rings(RAVI, group="Night")], DIRECTORY).group == "Night"
    assert derive([rings(RAVI)]).group is None


# --- from the provider's words to ours: the table of docs/webhooks.md -----------------------------------

A_PICKED, B_PICKED = {"leg_a_picked_at": at(4)}, {"leg_a_picked_at": at(4), "leg_b_picked_at": at(9)}


@pytest.mark.parametrize(
    ("verdict", "outcome", "reason"),
    [
        (Verdict.ANSWERED, "answered", None),
        (Verdict.ABANDONED, "abandoned", "all_busy"),
        (Verdict.CANCELLED, "abandoned", "hung_up"),
        (Verdict.NO_ANSWER, "missed", "rang_out"),
        (Verdict.BUSY, "missed", "busy"),
        (Verdict.AGENT_ENGAGED, "missed", "agent_engaged"),
        (Verdict.AGENT_RINGING, "missed", "agent_ringing"),
        (Verdict.CONGESTION, "failed", "congestion"),
        (Verdict.UNREACHABLE, "failed", "unreachable"),
        (Verdict.AGENT_OFFLINE, "failed", "agent_offline"),
        (Verdict.BAD_DIAL, "failed", "bad_dial"),
        (Verdict.NOT_CONNECTED, "ivr_only", "not_forwarded"),
    ],
)
def test_how_an_incoming_call_went(verdict, outcome, reason):
    facts = derive([reports(verdict)])

    assert (facts.outcome, facts.reason, facts.flags) == (outcome, reason, [])
    assert (facts.wait_seconds is None) == (outcome in ("answered", "ivr_only"))


@pytest.mark.parametrize(
    ("verdict", "said", "outcome", "reason"),
    [
        (Verdict.ANSWERED, B_PICKED, "answered", None),
        (Verdict.ANSWERED, {"ended_by": "agent"}, "answered", "agent_hung_up"),
        (Verdict.AGENT_LEG, {"cause": Verdict.NO_ANSWER}, "agent_missed", "rang_out"),
        (Verdict.AGENT_LEG, {"cause": Verdict.BUSY}, "agent_missed", "busy"),
        (Verdict.AGENT_LEG, {"cause": Verdict.CONGESTION}, "agent_missed", "congestion"),
        (Verdict.AGENT_LEG, {"cause": Verdict.UNREACHABLE}, "agent_missed", "unreachable"),
        (Verdict.AGENT_LEG, {}, "agent_missed", None),
        (Verdict.AGENT_LEG, A_PICKED, "agent_missed", None),
        (Verdict.CUSTOMER_LEG, {"cause": Verdict.NO_ANSWER}, "customer_missed", "rang_out"),
        (Verdict.CUSTOMER_LEG, {"cause": Verdict.BUSY} | A_PICKED, "customer_missed", "busy"),
        (Verdict.NO_ANSWER, {}, "agent_missed", "rang_out"),
        (Verdict.NO_ANSWER, A_PICKED, "customer_missed", "rang_out"),
        (Verdict.BUSY, {}, "agent_missed", "busy"),
        (Verdict.BUSY, A_PICKED, "customer_missed", "busy"),
        (Verdict.CANCELLED, A_PICKED, "customer_missed", "hung_up"),
        (Verdict.CONGESTION, A_PICKED, "customer_missed", "congestion"),
        (Verdict.UNREACHABLE, {}, "agent_missed", "unreachable"),
        (Verdict.BAD_DIAL, A_PICKED, "failed", "bad_dial"),
        (None, A_PICKED, "customer_missed", None),
        (None, B_PICKED, "answered", None),
    ],
)
def test_how_an_outgoing_call_went(verdict, said, outcome, reason):
    facts = derive([reports(verdict, direction=OUT, agent=ASHA, **said)], DIRECTORY)

    assert (facts.outcome, facts.reason, facts.wait_seconds, facts.flags) == (outcome, reason, None, ["group_inferred"])


def test_on_an_outgoing_call_a_live_event_proves_that_the_agent_picked_up():
    calling = live("transferring", direction=OUT, agent=ASHA, phase=State.RINGING)

    assert derive([calling, reports(Verdict.NO_ANSWER, direction=OUT)]).outcome == Outcome.CUSTOMER_MISSED


@pytest.mark.parametrize(
    ("direction", "said", "outcome", "reason"),
    [
        (IN, {}, "unknown", "SOMETHING NEW"),
        (IN, {"talk_seconds": 3}, "answered", None),
        (IN, {"leg_b_picked_at": at(9)}, "answered", None),
        (IN, {"talk_seconds": 0}, "unknown", "SOMETHING NEW"),
        (OUT, {}, "unknown", "SOMETHING NEW"),
        (OUT, A_PICKED, "customer_missed", None),
        (Direction.UNKNOWN, {}, "unknown", "SOMETHING NEW"),
        (Direction.UNKNOWN, {"talk_seconds": 3}, "answered", None),
    ],
)
def test_a_word_we_do_not_know_is_counted_and_the_times_decide(direction, said, outcome, reason):
    facts = derive([reports(Verdict.UNMAPPED, word="SOMETHING NEW", direction=direction, agent=ASHA, **said)])

    assert (facts.outcome, facts.reason) == (outcome, reason)
    assert "unmapped_word" in facts.flags


def test_no_word_at_all_is_an_unknown_end_and_no_fault_of_a_table():
    facts = derive([reports(None)])

    assert (facts.outcome, facts.reason, facts.provider_status, facts.flags) == (Outcome.UNKNOWN, None, None, [])


# --- who is who -----------------------------------------------------------------------------------------

STRANGER = "+919000000999"


@pytest.mark.parametrize(
    ("customer", "agent", "line", "expected", "assumed"),
    [
        (CUSTOMER, ASHA, LINE, (CUSTOMER, ASHA, LINE), False),
        (ASHA, CUSTOMER, LINE, (CUSTOMER, ASHA, LINE), False),
        (CUSTOMER, STRANGER, LINE, (CUSTOMER, STRANGER, LINE), True),
        (LINE, ASHA, CUSTOMER, (CUSTOMER, ASHA, LINE), False),
        (ASHA, LINE, CUSTOMER, (CUSTOMER, ASHA, LINE), False),
        (CUSTOMER, LINE, ASHA, (CUSTOMER, ASHA, LINE), False),
        (LINE, CUSTOMER, ASHA, (CUSTOMER, ASHA, LINE), False),
        (CUSTOMER, LINE, STRANGER, (CUSTOMER, STRANGER, LINE), True),
        (CUSTOMER, "", LINE, (CUSTOMER, "", LINE), True),
        (ASHA, "", LINE, ("", ASHA, LINE), False),
        ("", ASHA, LINE, ("", ASHA, LINE), False),
        ("", CUSTOMER, LINE, ("", CUSTOMER, LINE), True),
        (CUSTOMER, ASHA, "", (CUSTOMER, ASHA, ""), False),
        (ASHA, CUSTOMER, "", (CUSTOMER, ASHA, ""), False),
        (CUSTOMER, ASHA, STRANGER, (CUSTOMER, ASHA, STRANGER), False),
        ("80XXXXXX01", STRANGER, LINE, ("80XXXXXX01", STRANGER, LINE), True),
        ("", "", "", ("", "", ""), True),
    ],
)
@pytest.mark.parametrize("direction", [OUT, Direction.UNKNOWN])
def test_the_directory_says_who_is_who(direction, customer, agent, line, expected, assumed):
    said = live("x", direction=direction, customer=customer, agent=agent, line=line)

    found = roles(said, DIRECTORY)

    assert (found.customer, found.agent, found.line) == expected
    assert (found.assumed, found.direction) == (assumed, direction)


def test_two_of_our_agents_are_an_internal_call():
    found = roles(live("x", direction=OUT, customer=RAVI, agent=ASHA), DIRECTORY)

    assert (found.direction, found.customer, found.agent, found.assumed) == (Direction.INTERNAL, RAVI, ASHA, False)
    assert derive(CALLS["two of our own numbers"], DIRECTORY).direction is Direction.INTERNAL
    assert derive(CALLS["two of our own numbers"], DIRECTORY).outcome is Outcome.CUSTOMER_MISSED


def test_on_incoming_calls_the_position_is_the_rule_and_no_directory_changes_it():
    found = roles(live("x", customer=ASHA, agent=CUSTOMER, line=STRANGER), DIRECTORY)

    assert (found.customer, found.agent, found.line, found.assumed) == (ASHA, CUSTOMER, STRANGER, False)


def test_both_readings_of_an_outgoing_call_come_to_one_once_the_agent_is_known():
    facts = derive(CALLS["an outgoing call in both of the readings"], DIRECTORY)
    assert (facts.customer_number, facts.agent_number, facts.roles_assumed) == (CUSTOMER, RAVI, False)

    assert derive(CALLS["an outgoing call in both of the readings"]).roles_assumed


@pytest.mark.parametrize(
    ("said", "lessons"),
    [
        (rings(), Lessons(line=LINE)),
        (picks(), Lessons(agent=ASHA, line=LINE)),
        (reports(agent=ASHA), Lessons(agent=ASHA, line=LINE)),
        (reports(Verdict.NO_ANSWER, agent=ASHA), Lessons(line=LINE)),
        (reports(None, agent=ASHA, talk_seconds=4), Lessons(agent=ASHA, line=LINE)),
        (reports(agent=ASHA, direction=OUT), Lessons()),
        (picks(direction=Direction.UNKNOWN), Lessons()),
    ],
)
def test_only_incoming_calls_teach_and_only_answered_ones_teach_an_agent(said, lessons):
    assert teaches(said) == lessons


# --- the story ------------------------------------------------------------------------------------------


def test_the_story_tells_what_each_delivery_changed_and_said_in_vain():
    events = [
        replace(rings(heard=1, group="Sales"), delivery=1),
        replace(picks(heard=9), delivery=2),
        replace(reports(name="1", agent=ASHA, talk_seconds=45, coins="2", heard=61), delivery=3),
        replace(rings(RAVI, heard=70), delivery=4),
        replace(reports(Verdict.NO_ANSWER, heard=80, coins="9", ended_at=at(99)), delivery=5),
    ]
    first, second, third, fourth, fifth = story(reversed(events))

    assert [step.delivery for step in (first, second, third, fourth, fifth)] == [1, 2, 3, 4, 5]
    assert {("state", None, "ringing"), ("group", None, "Sales"), ("agent_number", None, ASHA)} <= set(plain(first))
    assert {("state", "ringing", "talking"), ("answered_at", None, at(9))} <= set(plain(second))
    assert {("state", "talking", "ended"), ("outcome", None, "answered"), ("coins", None, "2")} <= set(plain(third))
    assert {name for name, _, _ in fourth.changed} == {"ring_attempts"}
    assert set(fourth.ignored) == {"state", "provider_status", "agent_number"}
    assert plain(fifth) == [("flags", (), ("reports_disagree",))]
    assert set(fifth.ignored) == {"provider_status", "coins", "ended_at"}
    assert first.ignored == second.ignored == third.ignored == []


def plain(step):
    """The changes as they can be kept in a set."""
    return [
        (name, *(tuple(value) if isinstance(value, list) else value for value in values))
        for name, *values in step.changed
        if name != "ring_attempts"
    ]


def test_a_story_ends_with_the_call_as_it_is():
    for events in CALLS.values():
        told = {}
        for step in story(replace(each, delivery=i + 1) for i, each in enumerate(events)):
            told |= {name: new for name, _, new in step.changed}
        facts = derive(events)
        assert all(getattr(facts, name) == value for name, value in told.items())
