"""What one call adds to the figures: its waits on the three clocks."""

from datetime import timedelta

from calls.figures.parts import part_of
from tests.support.days import MORNING, column_call


def test_waits_are_as_long_as_they_were_where_the_providers_clock_is_wrong():
    """`put_right` in calls/rules/clocks.py moves all moments of such a call but the start."""
    wrong = {"started_at": MORNING - timedelta(hours=5, minutes=30), "flags": ["clock_behind"]}
    call = column_call(1, "answered", picked=2, rings=5, answered=10, ends=130, **wrong)

    assert part_of(call).waits == (10, 8, 5)


def test_so_is_the_time_in_the_menu():
    start = MORNING - timedelta(hours=5, minutes=30)
    wrong = {"started_at": start, "leg_a_picked_at": start + timedelta(seconds=2), "flags": ["clock_behind"]}
    call = column_call(1, "ivr_only", ends=30, **wrong)

    assert part_of(call).waits == (30, 28, None)


def test_without_a_start_the_wait_of_the_whole_call_is_unknown_once_it_is_reported():
    call = column_call(1, "answered", picked=2, rings=5, answered=10, ends=130, started_at=None)

    assert part_of(call).waits == (None, 8, 5)
    assert part_of(call._replace(provisional=True)).waits == (10, 8, 5)
