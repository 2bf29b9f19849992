"""Figures that set calls beside one another: by hand, and against a second-by-second computation of random days."""

import random
from datetime import date

import pytest

from calls.figures.close_look import Dialled, Seen, Span, look, utilisation
from calls.figures.text import text_of
from tests.support.growth import is_linear

HOUR = Span(0, 3_600)
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def seen(number, began, ends, customer="a", agent="", busy_from=None, day=MONDAY, **more):
    given = {"incoming": True, "offered": True, "answered": True} | more
    return Seen(number, customer=customer, agent=agent, day=day, began=began, busy_from=busy_from, ends=ends, **given)


def texts(calls, later=None, span=HOUR):
    return {name: text_of(found.value) for name, found in look(calls, later or {}, span).items()}


def test_a_day_by_hand():
    calls = [
        seen(1, 0, 600, "a", "x", 10),
        seen(2, 300, 900, "b", "y", 310),
        seen(3, 600, 900, "a", "x", 610),  # begins in the second in which the first ends: not beside it
        seen(4, -300, 60, "c", "x", -290),  # began before the span
        seen(5, 1_000, 1_100, "", answered=False),  # a withheld number
        seen(6, 1_200, 1_300, "d", offered=False, answered=False),  # ended in the menu
    ]
    later = {"a": [0.0, 600.0, 600 + 86_400.0], "b": [900 + 60.0, 900 + 7 * 86_400.0]}

    found = look(calls, later, HOUR)

    assert texts(calls, later) == {
        "most-at-once": "2",  # 1 and 4
        "mean-at-once": "0.5",  # 600 + 600 + 300 + 60 + 100 + 100 of 3600 s
        "callers": "2",  # a, b
        "calls-per-caller": "1.5",  # 3 of 2
        # the first call: a calls again 0 s after it (a redial), and a day later; the third: within a day
        "again-within-day": "2 of 3",
        # b called a minute later (a redial), and exactly 7 days later
        "again-within-week": "3 of 3",
        "lost-reached": "–",
        "time-until-reached": "–",
        "cost-per-recovered": "–",
        "agent-reaction": "–",
        "dial-and-talk": "–",
        "rings-not-taken": "–",
        "talk-utilisation": "99.3 %",  # x 590 + 290 of 890 s, y 590 of 590 s
    }
    assert found["most-at-once"].counted == (1, 4)
    assert found["most-at-once"].moment == 0
    assert (found["again-within-day"].counted, found["again-within-day"].among) == ((1, 3), (2,))


def test_nothing_is_told_of_nothing():
    assert texts([]) == {
        "most-at-once": "0", "mean-at-once": "0.0", "callers": "0", "calls-per-caller": "–",
        "again-within-day": "–", "again-within-week": "–", "talk-utilisation": "–", "rings-not-taken": "–",
        "lost-reached": "–", "time-until-reached": "–", "cost-per-recovered": "–",
        "agent-reaction": "–", "dial-and-talk": "–",
    }  # fmt: skip


def test_who_was_lost_and_spoken_to_later_and_how_long_it_took():
    lost = {"answered": False, "lost": True}
    calls = [
        seen(1, 0, 30, "a", **lost),
        seen(2, 100, 130, "a", **lost),
        seen(3, 200, 230, "b", **lost),
        seen(4, 300, 330, "c", **lost),
        seen(5, 400, 403, "d", answered=False),  # a short abandon
        seen(6, 500, 530, "", **lost),  # withheld
        seen(7, 600, 630, "e", **lost),
    ]
    talks = {"a": [90.0, 1_000.0], "b": [150.0], "c": [330 + 7 * 86_400.0], "d": [500.0], "e": [631 + 7 * 86_400.0]}

    found = look(calls, {}, HOUR, talks)

    # a: after 60 s and after 870 s; b was spoken to before only; c just within the 7 days, e after them
    assert (found["lost-reached"].counted, found["lost-reached"].among) == ((1, 2, 4), (3, 7))
    assert text_of(found["lost-reached"].value) == "3 of 5"
    assert text_of(found["time-until-reached"].value) == "14:30"
    assert found["time-until-reached"].counted == (1, 2, 4)


def test_what_it_costs_to_reach_a_lost_caller():
    lost = {"answered": False, "lost": True}
    calls = [
        seen(1, 0, 30, "a", **lost),
        seen(2, 100, 130, "a", **lost),
        seen(3, 200, 230, "b", **lost),
        seen(4, 300, 330, "c", **lost),
        seen(5, 400, 430, "e"),  # was answered
        seen(6, 500, 530, "", **lost),  # withheld
    ]
    talks = {"a": [1_000.25, 2_000.0], "b": [5_000.0], "e": [1_000.0]}
    dialled = {
        # before the loss; in vain; in vain, between the two losses; the talk; a talk about something else
        "a": [Dialled(10, 20, 7_000), Dialled(11, 80, 500), Dialled(12, 400, 250), Dialled(13, 1_000.25, 1_000),
              Dialled(14, 2_000, 9_000)],
        "b": [],  # who called again
        "c": [Dialled(15, 330 + 7 * 86_400, 125), Dialled(16, 331 + 7 * 86_400, 9_000)],
        "e": [Dialled(17, 1_000, 9_000)],
        "": [Dialled(18, 1_000, 9_000)],
    }  # fmt: skip

    found = look(calls, {}, HOUR, talks, dialled)["cost-per-recovered"]

    assert (found.value.numerator, found.value.denominator) == (1.875, 2)  # 0.5 0.25 1 0.125; a and b
    assert found.counted == (15, 13, 12, 11), "the latest first"
    assert text_of(look(calls, {}, HOUR, {}, dialled)["cost-per-recovered"].value) == "–", "nobody was reached"
    assert text_of(look(calls, {}, HOUR, talks)["cost-per-recovered"].value) == "0.00"


def test_how_fast_agents_pick_up_to_call_out_and_how_long_such_calls_take():
    out = {"incoming": False, "outgoing": True, "offered": False}
    calls = [
        seen(1, 0, 100, "a", reaction=4, **out),
        seen(2, 0, 40, "b", reaction=7, answered=False, **out),  # the customer did not pick up
        seen(3, 0, 20, "c", answered=False, **out),  # nor did the agent
        seen(4, 0, 60, "d"),  # incoming
    ]

    found = look(calls, {}, HOUR)

    assert (found["agent-reaction"].value.amount, found["agent-reaction"].counted) == (5.5, (1, 2))
    assert (found["dial-and-talk"].value.amount, found["dial-and-talk"].counted) == (100, (1,))


def test_rings_that_agents_did_not_take_by_agent():
    calls = [
        seen(1, 0, 100, rings=(("x", False), ("x", False), ("y", True))),
        seen(2, 10, 90, rings=(("y", False), ("x", True))),
        seen(3, 20, 80, rings=(("x", True),)),
        seen(4, 30, 70),  # nobody told of rings
        seen(5, -30, 70, rings=(("x", False),)),  # began before the span
    ]

    found = look(calls, {}, HOUR)["rings-not-taken"]

    assert text_of(found.value) == "3 of 6"
    assert (found.counted, found.among) == ((1, 2), (3,))
    assert {agent: text_of(own.value) for agent, own in found.by_agent.items()} == {"x": "2 of 4", "y": "1 of 2"}
    assert (found.by_agent["x"].counted, found.by_agent["x"].among) == ((1,), (2, 3))


def test_utilisation_counts_two_calls_at_once_only_once_and_each_day_by_itself():
    calls = [
        seen(1, 0, 100, agent="x", busy_from=0),
        seen(2, 50, 150, agent="x", busy_from=50),
        seen(3, 250, 300, agent="x", busy_from=250),
        seen(4, 90_000, 90_100, agent="x", busy_from=90_000, day=TUESDAY),
    ]

    value = utilisation(calls).value

    assert (value.numerator, value.denominator) == (150 + 50 + 100, 300 + 100)


@pytest.mark.parametrize("seed", range(20))
def test_random_hours_are_those_of_a_look_at_every_second(seed):
    rng = random.Random(seed)
    calls = []
    for number in range(1, 60):
        began = rng.randrange(-400, 3_600)
        ends, rings = began + rng.randrange(1, 400), began + rng.choice([0, 5])
        calls.append(seen(number, began, ends, rng.choice("abcdef"), rng.choice("xyz"), min(rings, ends)))
    later = {who: sorted(rng.randrange(0, 200_000) for _ in range(6)) for who in "abcdef"}
    found = look(calls, later, HOUR)

    at_once = [sum(call.began <= second < call.ends for call in calls) for second in range(3_600)]
    assert found["most-at-once"].value.amount == max(at_once)
    assert found["most-at-once"].moment == at_once.index(max(at_once))
    assert found["mean-at-once"].value.amount == pytest.approx(sum(at_once) / 3_600)
    begun = [call for call in calls if call.began >= 0]
    busy = of = 0
    for agent in "xyz":
        own = [second for call in begun if call.agent == agent for second in range(int(call.busy_from), call.ends)]
        busy, of = busy + len(set(own)), of + (max(own) + 1 - min(own) if own else 0)
    assert (found["talk-utilisation"].value.numerator, found["talk-utilisation"].value.denominator) == (busy, of)
    for name, window in (("again-within-day", 86_400), ("again-within-week", 604_800)):
        again = [
            call.id for call in begun if any(call.ends + 60 < at <= call.ends + window for at in later[call.customer])
        ]
        assert list(found[name].counted) == again


def test_a_number_that_calls_thousands_of_times_costs_no_look_at_all_its_calls_for_each():
    def made(size):
        moments = [200.0 * n for n in range(size)]
        lost = {"answered": False, "lost": True}
        calls = [seen(n, at, at + 30, **(lost if n % 2 else {})) for n, at in enumerate(moments)]
        dialled = {"a": [Dialled(n, at + 100, 1) for n, at in enumerate(moments)]}
        return calls, {"a": moments}, Span(0, 200.0 * size), {"a": moments[:1]}, dialled

    assert is_linear(lambda given: look(*given), made, 8_000)
