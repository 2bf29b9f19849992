"""A wall clock that is set is told from one that runs a little fast or slow."""

from datetime import UTC, datetime, timedelta

import pytest

from calls.live.clock import REPORTED_SECONDS, ClockWatch

NOON = datetime(2030, 1, 15, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize("step", [2, 60, 7_200, 90_000, 259_200, -2, -60, -7_200, -90_000, -259_200])
def test_a_step_is_seen_at_the_next_look_and_once(step):
    watch = ClockWatch()
    assert watch.look(NOON, 0.0) is None
    assert watch.look(after(1 + step), 1.0) == step
    assert watch.look(after(2 + step), 2.0) is None


def test_a_step_there_and_back_is_two_steps():
    watch = ClockWatch()
    watch.look(NOON, 0.0)
    assert [watch.look(after(7_201), 1.0), watch.look(after(2), 2.0)] == [7_200, -7_200]


def test_a_clock_that_runs_a_little_fast_is_no_step():
    watch = ClockWatch()
    assert {watch.look(after(second * 1.0005), float(second)) for second in range(40_000)} == {None}


def test_a_look_that_comes_late_is_no_step():
    watch = ClockWatch()
    watch.look(NOON, 0.0)
    assert watch.look(after(5_000), 5_000.0) is None


def test_two_halves_of_a_step_within_a_minute_are_one():
    watch = ClockWatch()
    watch.look(NOON, 0.0)
    assert watch.look(after(2.2), 1.0) is None
    assert watch.look(after(4.4), 2.0) == 2


def test_a_step_is_reported_for_ten_minutes():
    watch = ClockWatch()
    watch.look(NOON, 0.0)
    assert watch.step_to_report(0.0) is None
    watch.look(after(61), 1.0)
    assert watch.step_to_report(REPORTED_SECONDS) == 60
    assert watch.step_to_report(1.0 + REPORTED_SECONDS) is None
