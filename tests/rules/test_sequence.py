"""A sense of sequence: what came after what, while a call is live, and what of it a report leaves standing."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from calls.display.wording import ATTEMPTS
from calls.rules.attempts import MOST_ATTEMPTS, was_taken
from calls.rules.derive import derive
from calls.rules.events import Verdict
from calls.rules.repeats import MANY_REPEATS, REPEAT, is_news
from calls.rules.stretches import HAND_OVER
from calls.words import Direction, Outcome, State
from tests.support.events import ASHA, LINE, NOON, OUT, RAVI, at, live, picks, reports, rings, stops

MEENA = "+918000000203"
LATER = REPEAT.total_seconds() + 0.5


def attempts(facts):
    return [(attempt["agent_number"], attempt["state"]) for attempt in facts.ring_attempts]


def no_answer(agent=ASHA, **said):
    return stops(Verdict.NO_ANSWER, agent, **said)


# --- rings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [20.1, 21, 25, 300])
def test_a_phone_that_rings_again_after_it_rang_out_rings(again):
    """Another ring may come at once: its bytes were heard before, so no end has overtaken it."""
    facts = derive([rings(heard=0), no_answer(heard=20), rings(heard=again)])

    assert (facts.state, facts.provisional, facts.agent_number) == (State.RINGING, False, ASHA)
    assert attempts(facts) == [(ASHA, "rang_out"), (ASHA, "ringing")]
    assert facts.heard_at == at(again)


def test_each_ring_of_a_hunt_is_an_attempt_and_a_sign_of_life():
    facts = derive([rings(agent, heard=30 * turn) for turn, agent in enumerate([ASHA, RAVI, ASHA, RAVI, ASHA])])

    assert attempts(facts) == [(ASHA, "rang_out")] * 2 + [(ASHA, "ringing"), (RAVI, "rang_out"), (RAVI, "ringing")]
    assert (facts.state, facts.agent_number, facts.heard_at) == (State.RINGING, ASHA, at(120))


@pytest.mark.parametrize("seconds", [0, 1, REPEAT.total_seconds()])
def test_a_repeat_within_a_few_seconds_is_no_further_ring(seconds):
    said = [replace(rings(heard=0), delivery=1), replace(rings(heard=seconds), delivery=2)]

    assert derive(said) == derive(said[:1])


def test_a_repeat_of_what_was_news_is_a_repeat():
    said = [rings(heard=heard) for heard in (0, 30, 31, 60, 62)]

    assert [attempt["at"] for attempt in derive(said).ring_attempts] == [at(0), at(30), at(60)]


def test_a_ring_that_its_own_end_overtook_is_over():
    for order in permutations([rings(heard=1), no_answer(heard=0)]):
        facts = derive(order)
        assert (facts.state, facts.provisional, attempts(facts)) == (State.ENDED, True, [(ASHA, "rang_out")])


def test_a_ring_long_after_an_end_is_another_one():
    facts = derive([no_answer(heard=0), rings(heard=3)])

    assert (facts.state, attempts(facts)) == (State.RINGING, [(ASHA, "rang_out"), (ASHA, "ringing")])


def test_an_end_that_the_next_ring_overtook_is_that_of_the_ring_before():
    facts = derive([rings(heard=0), rings(heard=30), stops(Verdict.BUSY, heard=31)])
    assert (facts.state, attempts(facts)) == (State.RINGING, [(ASHA, "busy"), (ASHA, "ringing")])

    facts = derive([rings(heard=0), rings(heard=30), stops(Verdict.BUSY, heard=33)])
    assert (facts.state, attempts(facts)) == (State.ENDED, [(ASHA, "rang_out"), (ASHA, "busy")])


def test_a_call_that_rings_for_an_hour_stays_of_bounded_size_and_alive():
    """Each is taken or not as it comes: what was taken is what the next one is held against."""
    kept = []
    for heard in range(0, 3_600, 5):
        if is_news(at(heard), [each.received_at for each in kept]):
            kept.append(rings(heard=heard))
    facts = derive(kept)

    assert MANY_REPEATS < len(kept) < MANY_REPEATS + 60
    assert len(facts.ring_attempts) == MOST_ATTEMPTS
    assert facts.heard_at > at(3_600) - timedelta(minutes=1, seconds=10)
    assert derive([*kept, *kept]) == facts


def test_of_several_ends_of_one_ring_the_one_that_says_most_is_the_reason():
    for order in permutations([stops(Verdict.BUSY, heard=4), no_answer(heard=4), rings(heard=1)]):
        assert attempts(derive(order)) == [(ASHA, "rang_out")]


# --- pick-ups --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("apart", [0, 0.5, 2, 5, 60])
@pytest.mark.parametrize("verdict", [Verdict.NO_ANSWER, Verdict.BUSY, Verdict.AGENT_RINGING, Verdict.UNREACHABLE])
def test_a_pick_up_outranks_a_ring_out_in_every_order(verdict, apart):
    for order in permutations([rings(), picks(), stops(verdict)]):
        facts = derive([replace(each, received_at=at(i * apart)) for i, each in enumerate(order)])
        assert (facts.state, facts.outcome, facts.agent_number) == (State.TALKING, None, ASHA)


def test_a_pick_up_that_is_said_again_is_a_sign_of_life():
    facts = derive([picks(heard=0), picks(heard=30)])

    assert (attempts(facts), facts.answered_at, facts.heard_at) == ([(ASHA, "talking")], at(0), at(30))


def test_an_end_is_all_that_was_heard():
    facts = derive([no_answer(heard=5)])

    assert (facts.state, facts.provisional, facts.outcome) == (State.ENDED, True, Outcome.MISSED)


def test_a_talk_is_ended_by_a_hang_up_but_not_by_one_that_came_with_the_pick_up():
    assert derive([picks(heard=0), stops(Verdict.CANCELLED, heard=2)]).state is State.TALKING
    assert derive([picks(heard=0), stops(Verdict.CANCELLED, heard=9)]).state is State.ENDED


def test_a_customer_who_gave_up_and_rings_again_is_back():
    gave_up = [rings(heard=0), stops(Verdict.ABANDONED, "", heard=9)]

    assert derive(gave_up).state is State.ENDED
    assert derive([*gave_up, rings(RAVI, heard=10)]).state is State.ENDED
    assert derive([*gave_up, rings(RAVI, heard=12)]).state is State.RINGING


def test_a_pick_up_stops_the_other_phones_but_none_that_rings_later():
    facts = derive([rings(ASHA, heard=0), rings(MEENA, heard=0), picks(RAVI, heard=9), rings(MEENA, heard=40)])
    assert attempts(facts) == [(ASHA, "not_taken"), (RAVI, "talking"), (MEENA, "not_taken"), (MEENA, "ringing")]

    overtaken = [picks(RAVI, heard=9), rings(RAVI, heard=8), rings(ASHA, heard=8), no_answer(ASHA, heard=10)]
    assert attempts(derive(overtaken)) == [(ASHA, "rang_out"), (RAVI, "talking")]


# --- hand-overs ------------------------------------------------------------------------------------------

HANDED_ON = [rings(heard=0), picks(heard=5), rings(RAVI, heard=40), picks(RAVI, heard=45)]


def test_a_chain_tells_who_talked_how_long_and_who_talks():
    facts = derive(HANDED_ON)

    assert (facts.state, facts.agent_number, facts.answered_at) == (State.TALKING, RAVI, at(5))
    assert attempts(facts) == [(ASHA, "talked"), (RAVI, "talking")]
    assert facts.ring_attempts[0]["talk_seconds"] == 40


def test_a_call_handed_back_is_with_its_first_agent_again():
    facts = derive([*HANDED_ON, rings(heard=90), picks(heard=95)])
    assert (facts.agent_number, attempts(facts)) == (ASHA, [(ASHA, "talked"), (ASHA, "talking"), (RAVI, "talked")])

    facts = derive([*HANDED_ON, stops(Verdict.CANCELLED, RAVI, heard=90)])
    assert (facts.state, facts.agent_number) == (State.TALKING, ASHA)


def test_a_call_is_over_when_the_end_of_everybody_s_talk_was_told():
    ended = [stops(Verdict.CANCELLED, ASHA, heard=50), stops(Verdict.CANCELLED, RAVI, heard=90)]
    facts = derive([*HANDED_ON, *ended])

    assert (facts.state, facts.provisional, facts.outcome) == (State.ENDED, True, Outcome.ANSWERED)


@pytest.mark.parametrize("named", [ASHA, RAVI])
def test_who_picked_up_talked_whomever_the_report_names(named):
    """A report that ends long after the hand-over tells of the whole call, in every order."""
    report = reports(agent=named, talk_seconds=55, ended_at=at(100), heard=101)
    for order in permutations([*HANDED_ON, report]):
        facts = derive(order)
        assert (facts.state, facts.outcome, facts.agent_number) == (State.ENDED, Outcome.ANSWERED, named)
        other = ({ASHA, RAVI} - {named}).pop()
        assert dict(attempts(facts)) == {named: "talking", other: "talked"}


def test_a_missed_report_does_not_take_a_pick_up_back():
    facts = derive([rings(heard=0), picks(heard=5), reports(Verdict.NO_ANSWER, agent=ASHA, heard=30)])

    assert (facts.outcome, attempts(facts)) == (Outcome.MISSED, [(ASHA, "talked")])
    assert "live_disagrees" in facts.flags


def test_a_pick_up_after_the_report_of_a_repeated_ring_is_one_attempt():
    """After the report each thing that was said once means the same, whenever it came."""
    said = [rings(heard=0), no_answer(heard=20), rings(heard=30), picks(heard=35)]
    facts = derive([*said, reports(agent=ASHA, heard=99, ended_at=at(98))])

    assert attempts(facts) == [(ASHA, "rang_out"), (ASHA, "talking")]


# --- reports of several agents ---------------------------------------------------------------------------


def part(agent, begins, ends, talk=None, **said):
    lasts = {"started_at": at(begins), "ended_at": at(ends), "duration_seconds": ends - begins, "talk_seconds": talk}
    given = lasts | {"leg_b_picked_at": talk and at(ends - talk), "heard": ends + 1} | said
    return reports(Verdict.ANSWERED if talk else Verdict.NO_ANSWER, f"{agent} {begins}", agent=agent, **given)


def test_reports_of_each_agent_s_part_add_up():
    for order in permutations([part(ASHA, 0, 45, talk=40), part(RAVI, 45, 100, talk=50)]):
        facts = derive([*HANDED_ON, *order])
        assert (facts.started_at, facts.ended_at, facts.duration_seconds) == (NOON, at(100), 100)
        assert (facts.talk_seconds, facts.answered_at, facts.wait_seconds) == (90, at(5), 5)
        assert (facts.agent_number, attempts(facts)) == (RAVI, [(ASHA, "talked"), (RAVI, "talking")])
        assert [attempt["talk_seconds"] for attempt in facts.ring_attempts] == [40, 50]
        assert facts.flags == ["handed_over"]


def test_parts_tell_of_agents_whom_no_live_event_named():
    facts = derive([part(ASHA, 0, 20), part(RAVI, 20, 60, talk=30), part(MEENA, 60, 100, talk=35)])

    assert attempts(facts) == [(ASHA, "rang_out"), (RAVI, "talked"), (MEENA, "talking")]
    assert (facts.started_at, facts.talk_seconds, facts.duration_seconds) == (NOON, 65, 100)


def test_parts_that_overlap_are_not_added_up_but_flagged():
    facts = derive([part(ASHA, 0, 60, talk=50), part(RAVI, 5, 62, talk=50)])

    assert facts.talk_seconds == 50
    assert "reports_disagree" in facts.flags and "handed_over" not in facts.flags


def test_a_part_s_wait_is_that_before_the_first_agent():
    first = part(ASHA, 0, 45, talk=35, leg_a_picked_at=at(2))
    facts = derive([first, part(RAVI, 45, 100, talk=50, leg_a_picked_at=at(46))])

    assert (facts.wait_seconds, facts.answered_at) == (8, at(10))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_reports_of_a_ring_of_many_phones_are_one_call(order):
    """All rang, one picked up: nothing is added up, and nothing contradicts."""
    times = {"started_at": NOON, "ended_at": at(75), "duration_seconds": 75, "heard": 80}
    told = [reports(agent=RAVI, talk_seconds=60, leg_b_picked_at=at(15), **times)]
    told += [reports(Verdict.NO_ANSWER, agent, agent=agent, talk_seconds=0, **times) for agent in (ASHA, MEENA)]
    facts = derive([told[i] for i in order])

    assert (facts.outcome, facts.agent_number, facts.talk_seconds) == (Outcome.ANSWERED, RAVI, 60)
    assert facts.flags == ["reports_disagree"]


# --- a report of another ---------------------------------------------------------------------------------

RING_ALL = [rings(ASHA, heard=0), rings(RAVI, heard=0), picks(RAVI, heard=5)]


def test_a_missed_report_of_another_ends_no_talk_in_any_order():
    for order in permutations([*RING_ALL, part(ASHA, 0, 30)]):
        facts = derive(order)
        assert (facts.state, facts.outcome, facts.agent_number) == (State.TALKING, None, RAVI)
        assert facts.flags == ["report_of_another"]
        assert facts.provider_status == "Picked"


def test_it_waits_for_the_report_of_the_talking_one():
    facts = derive([*RING_ALL, part(ASHA, 0, 30), part(RAVI, 0, 90, talk=80)])

    assert (facts.state, facts.outcome, facts.agent_number, facts.talk_seconds) == ("ended", "answered", RAVI, 80)
    assert "report_of_another" not in facts.flags


def test_it_waits_for_an_end():
    facts = derive([*RING_ALL, part(ASHA, 0, 30), stops(Verdict.CANCELLED, RAVI, heard=60)])

    assert (facts.state, facts.provisional, facts.outcome) == (State.ENDED, True, Outcome.ANSWERED)
    assert facts.flags == ["report_of_another"]


def test_an_answered_report_of_an_agent_who_was_not_heard_to_pick_up_tells_of_the_call():
    """As where live events and reports name one agent by two numbers: it is over, and flagged."""
    for order in permutations([rings(RAVI, heard=0), picks(RAVI, heard=5), part(ASHA, 0, 12, talk=7)]):
        facts = derive(order)
        assert (facts.state, facts.agent_number, facts.flags) == (State.ENDED, ASHA, ["live_disagrees"])


def test_on_calls_that_we_make_too_a_pick_up_outranks_a_ring_out():
    said = {"direction": OUT, "agent": ASHA}
    picked_up = live("picks", phase=State.TALKING, **said)
    for order in permutations([picked_up, live("stops", verdict=Verdict.NO_ANSWER, heard=30, **said)]):
        assert derive(order).state is State.TALKING
    gone = live("gone", verdict=Verdict.CANCELLED, word="CANCEL", heard=30, **said)
    assert derive([picked_up, gone]).state is State.ENDED


def test_a_phone_that_has_its_report_rings_no_more():
    facts = derive([picks(RAVI, heard=5), rings(ASHA, heard=6), part(ASHA, 0, 30)])
    assert attempts(facts) == [(ASHA, "not_taken"), (RAVI, "talking")]


def test_an_answered_part_leaves_the_call_with_the_agent_who_took_it_over():
    facts = derive([*HANDED_ON, part(ASHA, 0, 45, talk=40)])
    assert (facts.state, facts.agent_number, facts.flags) == (State.TALKING, RAVI, ["report_of_another"])

    told_later = part(ASHA, 0, 46 + HAND_OVER.total_seconds(), talk=40)
    assert derive([*HANDED_ON, told_later]).state is State.ENDED


@pytest.mark.parametrize(
    "report",
    [
        part(ASHA, 0, 45, talk=40, ended_at=None),
        part("", 0, 30),
        part("", 0, 45, talk=40),
        part("+91700000XX01", 0, 30),
    ],
    ids=["no end", "nobody, missed", "nobody, answered", "masked"],
)
def test_a_report_of_the_whole_call_ends_it(report):
    assert derive([*HANDED_ON, report]).state is State.ENDED


def test_a_pick_up_first_heard_of_after_an_answered_report_reopens_nothing():
    late = [part(ASHA, 0, 45, talk=40, heard=46), rings(RAVI, heard=50), picks(RAVI, heard=55)]

    assert derive([rings(heard=0), picks(heard=5), *late]).state is State.ENDED


def test_who_talked_before_is_not_awaited():
    """The report is that of the one who talks now."""
    assert derive([*HANDED_ON, part(RAVI, 40, 60, talk=15)]).state is State.ENDED


def test_calls_that_we_make_have_one_agent_and_wait_for_nobody():
    calling = [live("rings", direction=OUT, agent=ASHA, phase=State.RINGING, line=LINE)]
    facts = derive([*calling, reports(Verdict.CUSTOMER_LEG, direction=Direction.OUTGOING, agent=RAVI)])

    assert (facts.state, facts.outcome, facts.ring_attempts) == (State.ENDED, Outcome.CUSTOMER_MISSED, [])


def test_it_is_said_of_each_way_a_ring_can_go_whether_it_was_taken():
    by_hand = {
        True: {"talking", "talked"},
        False: {"not_taken", "rang_out", "closed", "hung_up", "all_busy"},
        None: {"ringing", "busy", "agent_engaged", "agent_ringing", "congestion", "unreachable", "agent_offline",
               "bad_dial", "not_forwarded"},
    }  # fmt: skip
    of_calls_only = {"voicemail", "agent_hung_up", "customer_hung_up"}

    assert set.union(*by_hand.values()) | of_calls_only == set(ATTEMPTS)
    for taken, states in by_hand.items():
        assert {was_taken(state) for state in states} == {taken}
