"""A day of 34 calls, written out by hand, with every figure computed by hand beside it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from calls.figures.call_waits import CallWaits, waits_of
from calls.figures.definitions import FIGURES, count, judge, level_by
from calls.figures.levels import INCOMING, LEVELS, OUTGOING
from calls.figures.parts import Clock, Formula, Mark, Settings, live_mark, part_of
from calls.figures.sums import Sums, Tally, tally
from calls.figures.text import text_of
from tests.support.days import MORNING, column_call
from tests.support.sums import sums_named

SALES, SUPPORT = 1, 2
RULES = {
    SALES: Settings(),  # 20 s, short below 5 s, 80 %, after the pick-up, short abandons left out
    SUPPORT: Settings(30, 3, 90, Clock.RINGING, 0, Formula.ABANDONED_COUNT),
}
NOW = MORNING + timedelta(hours=8)

ENDED = [
    # Sales: the wait from the pick-up is 8, 20 (just in time), 21, 3 and 60 s; of the sixth nobody knows it
    column_call(1, "answered", picked=2, rings=5, answered=10, ends=130, coins=Decimal("2.5")),
    column_call(2, "answered", picked=2, rings=6, answered=22, ends=82),
    column_call(3, "answered", picked=1, rings=4, answered=22, ends=52, coins=Decimal("1")),
    column_call(4, "answered", picked=0, rings=3, answered=3, ends=63),
    column_call(5, "answered", picked=2, rings=10, answered=62, ends=362),
    column_call(6, "answered", ends=100, talk_seconds=45),
    # 3 s (short), 5 s (just not short), 20 s (still within the threshold), 21 s, 90 s, and unknown
    column_call(7, "abandoned", picked=2, ends=5, reason="all_busy"),
    column_call(8, "abandoned", picked=2, ends=7, reason="hung_up", coins=Decimal("0.25")),
    column_call(9, "abandoned", picked=0, ends=20, reason="all_busy"),
    column_call(10, "abandoned", picked=0, ends=21, reason="all_busy"),
    column_call(11, "abandoned", picked=1, ends=91, reason="hung_up"),
    column_call(12, "missed", picked=1, rings=3, ends=33, coins=Decimal("0.125")),
    column_call(13, "missed", picked=1, rings=3, ends=13),
    column_call(14, "failed", picked=1, ends=2),
    column_call(15, "ivr_only", picked=1, ends=40),
    column_call(16, "unknown", picked=1, ends=40),
    column_call(17, "abandoned", ends=50, flags=["end_time_assumed"]),
    # Support counts the ringing only: 10, 30 (just in time) and 31 s; 2 s (short), 3 s, and one that never rang
    column_call(18, "answered", group=SUPPORT, picked=2, rings=5, answered=15, ends=75),
    column_call(19, "answered", group=SUPPORT, picked=2, rings=2, answered=32, ends=92),
    column_call(20, "answered", group=SUPPORT, picked=2, rings=2, answered=33, ends=43),
    column_call(21, "abandoned", group=SUPPORT, picked=0, rings=5, ends=7),
    column_call(22, "abandoned", group=SUPPORT, picked=0, rings=5, ends=8),
    column_call(23, "abandoned", group=SUPPORT, picked=0, ends=60),
    column_call(24, "missed", group=SUPPORT, picked=0, rings=3, ends=43),
    # Outgoing, and a call between two agents
    column_call(25, "answered", direction="outgoing", rings=4, answered=9, ends=59),
    column_call(26, "customer_missed", direction="outgoing", ends=30),
    column_call(27, "agent_missed", direction="outgoing", ends=30),
    column_call(28, "failed", direction="outgoing", ends=1),
    column_call(29, "unknown", direction="outgoing", ends=1),
    column_call(30, "answered", direction="internal", answered=5, ends=20),
]


def live(number, state, seconds, answered=None, **columns):
    return column_call(
        number, at=8 * 3600 - seconds, answered=answered, state=state, heard_at=NOW - timedelta(seconds=1), **columns
    )


LIVE = [
    live(31, "talking", 100, answered=8),
    live(32, "ringing", 25, rings=3),
    live(33, "ringing", 5, rings=3),
    live(34, "ringing", 600)._replace(heard_at=NOW - timedelta(seconds=500)),
]


def counted(group, calls=ENDED, live_calls=(), **changes):
    """The tally of a group, as pages reckon it: from sums; with some of its settings changed."""
    rules, found = RULES[group]._replace(**changes), Tally()
    for direction in ("incoming", "outgoing", "internal"):
        parts = [part_of(call) for call in calls if (call.group_id, call.direction) == (group, direction)]
        found += tally(direction, Sums.of(parts), rules)
    for call in live_calls:
        if call.group_id == group:
            found.marks[live_mark(call, rules, NOW)] += 1
    return judge(found, rules)


BY_HAND = {
    "offered": ("16", "7", "23"),
    "answered": ("6", "3", "9"),
    "service-level": ("25.0 %", "2 of 7", "26.3 %"),  # 3/12, 2/7, 5/19
    "average-wait": ("0:22", "0:24", "0:23"),  # 112/5, 71/3, 183/8
    "median-wait": ("0:20", "0:30", "0:20"),  # of 3 8 10 20 | 21 30 31 60 the fourth
    "wait-90": ("1:00", "0:31", "1:00"),
    "longest-wait": ("1:00", "0:31", "1:00"),
    "lost": ("7", "3", "10"),
    "lost-rate": ("53.8 %", "3 of 6", "52.6 %"),  # 7/13, 3/6, 10/19
    "abandoned": ("5", "2", "7"),
    "abandon-rate": ("38.5 %", "2 of 6", "36.8 %"),  # 5/13, 2/6, 7/19
    "abandon-rate-offered": ("33.3 %", "2 of 6", "33.3 %"),  # 5/15, 2/6, 7/21
    "short-abandons": ("1", "1", "2"),
    "abandon-time": ("0:28", "0:03", "0:21"),  # 139/5, 5/2, 144/7
    "missed": ("2", "1", "3"),
    "failed": ("1", "0", "1"),
    "unknown": ("1", "0", "1"),
    "menu-only": ("1", "0", "1"),
    "other": ("3", "1", "4"),
    "live": ("0", "0", "0"),
    "talk-time": ("1:43", "0:43", "1:23"),  # 615/6 = 102.5, 130/3, 745/9
    "ring-time": ("0:18", "0:24", "0:20"),  # 91/5, 71/3, 162/8
    "ring-time-unanswered": ("0:20", "0:15", "0:17"),  # 40/2, 45/3, 85/5
    "outgoing": ("5", "0", "5"),
    "connect-rate": ("1 of 2", "–", "1 of 2"),
    "outgoing-talk-time": ("0:50", "–", "0:50"),
    "outgoing-cost": ("0.00", "0.00", "0.00"),
    "cost": ("3.88", "0.00", "3.88"),
    "cost-per-answered": ("0.65", "0.00", "0.43"),
    "cost-per-call": ("0.23", "0.00", "0.16"),  # 3.875/17, 3.875/24
    "cost-per-talk-minute": ("0.34", "0.00", "0.28"),  # 3.5/10.25, 3.5/12.42
    "cost-unanswered": ("0.38", "0.00", "0.38"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_as_by_hand(name):
    sales, support = counted(SALES), counted(SUPPORT)
    both = Tally()
    both += sales
    both += support

    assert tuple(text_of(FIGURES[name].of(each)) for each in (sales, support, both)) == BY_HAND[name]


WITH_MENU = {  # The call that ended in the menu had waited 39 s.
    "offered": "17",
    "service-level": "23.1 %",  # 3/13
    "lost": "8",
    "lost-rate": "57.1 %",  # 8/14
    "abandoned": "6",
    "abandon-rate": "42.9 %",  # 6/14
    "abandon-rate-offered": "37.5 %",  # 6/16
    "abandon-time": "0:30",  # 178/6
    "menu-only": "0",
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_group_that_counts_calls_in_the_menu_has_abandoned_ones_more(name):
    found = counted(SALES, menu_offered=True)

    assert text_of(FIGURES[name].of(found)) == WITH_MENU.get(name, BY_HAND[name][0])


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({"short": 39}, Mark.ABANDONED_LATE),
        ({"short": 40, "threshold": 40}, Mark.ABANDONED_SHORT),
        ({"threshold": 39}, Mark.ABANDONED_IN_TIME),
        ({"ivr_allowance": 35}, Mark.ABANDONED_SHORT),
        ({"ivr_allowance": 34}, Mark.ABANDONED_IN_TIME),
        ({"clock": Clock.WHOLE_CALL, "threshold": 39}, Mark.ABANDONED_LATE),
        ({"clock": Clock.WHOLE_CALL, "threshold": 40}, Mark.ABANDONED_IN_TIME),
        ({"clock": Clock.RINGING}, Mark.ABANDONED_UNTIMED),
    ],
)
def test_what_a_call_in_the_menu_counts_as_goes_by_its_wait(changes, mark):
    """It was there for 40 s, 39 s of them after the pick-up, and rang at nobody."""
    (call,) = (each for each in ENDED if each.outcome == "ivr_only")

    assert counted(SALES, [call], menu_offered=True, **changes).marks == {mark: 1}
    offered, not_offered = (RULES[SALES]._replace(menu_offered=each, **changes) for each in (True, False))
    assert waits_of(call, offered, NOW).mark is mark
    assert counted(SALES, [call], **changes).marks == {Mark.IVR_ONLY: 1}
    assert waits_of(call, not_offered, NOW) == CallWaits(Mark.IVR_ONLY, (None, None, None), not_offered)


@pytest.mark.parametrize("seconds", [5, 25])
def test_a_live_call_in_the_menu_waits_whether_such_calls_count_or_not(seconds):
    """Nobody knows yet that it will end there."""
    call = live(35, "ivr", seconds)
    without, with_them = (live_mark(call, Settings(menu_offered=each), NOW) for each in (False, True))

    assert without is with_them is (Mark.WAITING_PAST if seconds > 20 else Mark.WAITING_IN_TIME)


@pytest.mark.parametrize(
    ("formula", "sales", "support"),
    [
        (Formula.ABANDONED_IN_TIME_HELP, (6, 13), (4, 7)),
        (Formula.OF_ANSWERED, (3, 5), (2, 3)),
        (Formula.ABANDONED_COUNT, (3, 13), (2, 7)),
        (Formula.ABANDONED_IN_TIME_LEFT_OUT, (3, 10), (2, 5)),
        (Formula.SHORT_HELP, (4, 13), (3, 7)),
        (Formula.SHORT_LEFT_OUT, (3, 12), (2, 6)),
    ],
)
def test_all_six_service_levels_are_as_by_hand(formula, sales, support):
    found = [level_by(formula, counted(group)) for group in (SALES, SUPPORT)]

    assert [(each.numerator, each.denominator) for each in found] == [sales, support]


def test_the_goal_of_groups_together_is_what_each_would_have_to_reach():
    both = counted(SALES)
    both += counted(SUPPORT)

    assert both.goal == pytest.approx(12 * 0.8 + 7 * 0.9)


def test_live_calls_count_as_soon_as_they_are_answered_or_too_late():
    found = counted(SALES, live_calls=LIVE)

    assert (found.marks[Mark.TALKING_IN_TIME], found.marks[Mark.WAITING_PAST]) == (1, 1)
    assert (found.marks[Mark.WAITING_IN_TIME], found.marks[Mark.LOST_TRACK]) == (1, 1)
    assert text_of(FIGURES["service-level"].of(found)) == "28.6 %"  # 4/14
    assert text_of(FIGURES["offered"].of(found)) == "20"
    assert text_of(FIGURES["live"].of(found)) == "4"


@pytest.mark.parametrize(
    ("clock", "allowance", "in_time"),
    [(Clock.AFTER_PICKUP, 0, 3), (Clock.AFTER_PICKUP, 1, 4), (Clock.WHOLE_CALL, 0, 2), (Clock.RINGING, 0, 4)],
)
def test_another_clock_or_allowance_changes_who_was_in_time(clock, allowance, in_time):
    """The waits of the five are 8 20 21 3 60, from the start 10 22 22 3 62, of ringing 5 16 18 0 52 s."""
    parts = [part_of(call) for call in ENDED if call.group_id == SALES and call.direction == "incoming"]
    found = tally("incoming", Sums.of(parts), Settings(clock=clock, ivr_allowance=allowance))

    assert found.marks[Mark.ANSWERED_IN_TIME] == in_time


def test_the_example_that_the_field_uses_gives_its_six_answers():
    """1000 answered, 860 of them in time; 60 abandoned, 20 before the threshold, 10 of them very short."""
    sums = {"answered": 1000, "answered.p.10": 860, "answered.p.50": 140}
    sums |= {"abandoned": 60, "abandoned.p.2": 10, "abandoned.p.12": 10, "abandoned.p.70": 40}
    found = tally("incoming", sums_named(sums), Settings())

    assert {str(f): text_of(level_by(f, found)) for f in LEVELS} == {
        "1": "83.0 %", "2": "86.0 %", "3": "81.1 %", "4": "82.7 %", "5": "82.1 %", "6": "81.9 %"
    }  # fmt: skip


def test_every_mark_belongs_to_one_direction():
    assert INCOMING | OUTGOING | {Mark.OTHER} == set(Mark)
    assert not INCOMING & OUTGOING
    assert count(counted(SALES), frozenset(Mark)) == 23
