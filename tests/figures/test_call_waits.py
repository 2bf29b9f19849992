"""The three clocks of one call: what they say is what the figures count."""

from collections import Counter
from datetime import timedelta

import pytest

from calls.display.figure_words import MARKS, WAIT_UNKNOWN
from calls.figures.call_waits import told, waits_of
from calls.figures.parts import Clock, Settings, part_of
from calls.figures.sums import Sums, tally
from calls.words import Direction, Outcome
from tests.figures.test_hand_made_day import ENDED, LIVE, NOW, RULES, SALES, live
from tests.support.days import column_call, random_day

ALL_SETTINGS = [
    Settings(),
    Settings(clock=Clock.WHOLE_CALL, threshold=25),
    Settings(clock=Clock.RINGING, short=3),
    Settings(ivr_allowance=10, threshold=15),
    Settings(clock=Clock.RINGING, ivr_allowance=10),
]
BY_NUMBER = {call.id: call for call in [*ENDED, *LIVE]}


def waits(number, settings=None):
    call = BY_NUMBER[number]
    return waits_of(call, settings or RULES[call.group_id], NOW)


@pytest.mark.parametrize(
    ("number", "by_hand", "mark"),
    [
        (1, (10, 8, 5), "answered_in_time"),
        (3, (22, 21, 18), "answered_late"),
        (6, (None, None, None), "answered_untimed"),
        (7, (5, 3, None), "abandoned_short"),
        (9, (20, 20, None), "abandoned_in_time"),
        (11, (91, 90, None), "abandoned_late"),
        (12, (33, 32, 30), "missed"),
        (15, (None, None, None), "ivr_only"),
        (17, (None, None, None), "abandoned_untimed"),
        # Support counts the ringing: 31 s are too long, though 30 s from the pick-up would be none too many.
        (20, (33, 31, 31), "answered_late"),
        (21, (7, 7, 2), "abandoned_short"),
        # Live: the talk began after 8 s, the others wait as of now. Nobody knows how long the lost one waited.
        (31, (8, 8, None), "talking_in_time"),
        (32, (25, 25, 22), "waiting_past"),
        (33, (5, 5, 2), "waiting_in_time"),
        (34, (None, None, None), "lost_track"),
    ],
)
def test_the_clocks_are_as_by_hand(number, by_hand, mark):
    found = waits(number)

    assert (found.waits, found.mark) == (by_hand, mark)


@pytest.mark.parametrize("settings", ALL_SETTINGS)
@pytest.mark.parametrize("seed", range(8))
def test_what_calls_say_one_by_one_is_what_the_figures_count(seed, settings):
    calls = [call for call in random_day(seed) if call.direction == Direction.INCOMING]
    counted = tally("incoming", Sums.of(map(part_of, calls)), settings)
    found = [(call, waits_of(call, settings, NOW)) for call in calls]

    assert Counter(each.mark for _, each in found) == counted.marks
    for outcome, seconds in ((Outcome.ANSWERED, counted.waits), (Outcome.ABANDONED, counted.gave_up)):
        own = [each.counted for call, each in found if call.outcome == outcome and each.counted is not None]
        assert Counter(own) == seconds.by_second()


@pytest.mark.parametrize("direction", ["outgoing", "internal", "unknown"])
@pytest.mark.parametrize("state", ["ended", "ringing", "talking"])
def test_a_call_that_nobody_came_in_by_has_no_waits(direction, state):
    outcome = "answered" if state == "ended" else None
    call = column_call(1, outcome, picked=1, rings=2, answered=9, ends=60, direction=direction, state=state)

    for settings in ALL_SETTINGS:
        assert waits_of(call, settings, NOW).waits == (None, None, None)
        assert told(call, settings, NOW) is None


# --- as it is told ------------------------------------------------------------------------------------------------


def clocks(call, settings=None, now=NOW):
    return {each["clock"]: each for each in told(call, settings or Settings(), now)["clocks"]}


def test_one_clock_counts_and_says_so():
    for settings in ALL_SETTINGS:
        said = clocks(BY_NUMBER[1], settings)
        assert [clock for clock, each in said.items() if each["counts"]] == [settings.clock]
        assert [clock for clock, each in said.items() if "this one counts" in each["note"]] == [settings.clock]
        assert [each["word"] for each in said.values()] == ["Whole call", "After the pick-up", "Ringing"]


def test_the_allowance_of_the_group_is_taken_off_after_the_pick_up_only_and_said():
    picked = BY_NUMBER[3]._replace(leg_a_picked_at=BY_NUMBER[3].began_at + timedelta(seconds=1))
    for clock in Clock:
        said = clocks(picked, Settings(clock=clock, ivr_allowance=6))
        assert [each["seconds"] for each in said.values()] == [22, 15, 18]
        assert ["6 s of menu taken off" in each["note"] for each in said.values()] == [False, True, False]
    assert clocks(picked, Settings(ivr_allowance=60))["p"]["seconds"] == 0


def test_of_an_abandoned_call_it_is_said_that_it_was_in_the_menu_or_that_its_side_is_unclear():
    in_menu = BY_NUMBER[15]._replace(ringing_at=BY_NUMBER[15].began_at)
    offered = Settings(menu_offered=True)

    assert told(in_menu, offered, NOW)["word"] == "Abandoned after the threshold, in the menu"
    assert [each["seconds"] for each in clocks(in_menu, offered).values()] == [40, 39, None]
    assert str(WAIT_UNKNOWN["no_ring"]) in clocks(in_menu, offered)["r"]["note"]
    assert told(in_menu, Settings(), NOW)["word"] == "Ended in the menu"
    assert told(BY_NUMBER[8], Settings(), NOW)["word"] == "Abandoned within the threshold, side unclear"


def unknown(**columns):
    return column_call(1, **{"outcome": "answered", "picked": 1, "rings": 2, "answered": 9, "ends": 60} | columns)


@pytest.mark.parametrize(
    ("call", "codes"),
    [
        (unknown(), ("", "", "")),
        (unknown(outcome="ivr_only", rings=None), ("menu_only",) * 3),
        (unknown(rings=None), ("", "", "no_ring")),
        (unknown(answered=None, wait_seconds=None), ("no_answer",) * 3),
        (unknown(outcome="missed", ends=None), ("no_end",) * 3),
        (unknown(outcome="missed", flags=["end_time_assumed"], wait_seconds=None), ("no_end",) * 3),
        (unknown(started_at=None, wait_seconds=None), ("no_start", "no_start", "")),
        (unknown(rings=30), ("", "", "contradictory")),
        (unknown(answered=-9, wait_seconds=None), ("contradictory",) * 3),
        (live(1, "ringing", 600, rings=3)._replace(heard_at=NOW - timedelta(hours=1)), ("lost_track",) * 3),
        (live(1, "talking", 60, rings=3), ("no_answer",) * 3),
        (live(1, "ivr", 60), ("", "", "no_ring")),
    ],
)
def test_what_is_not_known_says_why(call, codes):
    said = clocks(call)
    for each, code in zip(said.values(), codes, strict=True):
        why = str(WAIT_UNKNOWN[code]) if code else None
        assert (each["seconds"] is None) == (why is not None), each
        assert why is None or why in each["note"]


@pytest.mark.parametrize(
    ("number", "level", "limit"),
    [
        (1, "fine", "threshold 20 s"),
        (3, "warn", "threshold 20 s"),
        (7, "none", "given up below 5 s"),
        (11, "none", "threshold 20 s"),
        (12, "none", ""),
        (20, "warn", "threshold 30 s"),
        (31, "fine", "threshold 20 s"),
        (32, "warn", "threshold 20 s"),
        (34, "none", ""),
    ],
)
def test_what_a_call_counts_as_is_told_in_words_beside_the_limit(number, level, limit):
    call = BY_NUMBER[number]
    said = told(call, RULES[call.group_id], NOW)

    assert said["word"].startswith(str(MARKS[said["mark"]]))
    assert (said["level"], said["limit"]) == (level, limit)


def test_a_wait_that_goes_on_says_since_when_and_until_when_that_stands():
    call, settings = BY_NUMBER[33], Settings(ivr_allowance=2)
    said = told(call, settings, NOW)

    assert [each["since"] for each in said["clocks"]] == [
        call.began_at,
        call.began_at + timedelta(seconds=2),
        call.ringing_at,
    ]
    turns = said["stands_until"]
    assert turns == call.began_at + timedelta(seconds=2 + 20 + 1)
    before, after = (told(call, settings, turns + timedelta(seconds=step)) for step in (-0.001, 0))
    assert (before["mark"], after["mark"]) == ("waiting_in_time", "waiting_past")
    assert [each["seconds"] for each in before["clocks"]] == [22, 20, 19], "on the threshold is in time"
    assert after["stands_until"] == call.lost_track_at
    lost = told(call, settings, call.lost_track_at)
    assert (lost["mark"], lost["stands_until"]) == ("lost_track", None)


def test_a_wait_that_is_over_stands():
    for number in (1, 7, 12, 31):
        said = told(BY_NUMBER[number], RULES[SALES], NOW)
        assert [each["since"] for each in said["clocks"]] == [None, None, None]
    assert told(BY_NUMBER[1], RULES[SALES], NOW)["stands_until"] is None
    assert told(BY_NUMBER[31], RULES[SALES], NOW)["stands_until"] == BY_NUMBER[31].lost_track_at
