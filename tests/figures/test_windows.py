"""The hours and days in which the calls of a row began: all of them, and no others, also where clocks change."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calls.figures.parts import quarter_of
from calls.figures.spans import QUARTER
from calls.figures.splits import TIMES, when, windows

START = datetime(2026, 10, 1, 7, 3, 20, tzinfo=UTC)
END = START + timedelta(days=40, hours=5, minutes=7)


@pytest.mark.parametrize("by", TIMES)
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"])
def test_a_moment_lies_in_the_windows_of_its_own_row_only(zone, by):
    zone, rng = ZoneInfo(zone), random.Random(by)
    moments = [START + timedelta(seconds=rng.uniform(0, (END - START).total_seconds())) for _ in range(400)]
    moments += [datetime(2026, 10, 25, 0, 30, tzinfo=UTC) + timedelta(minutes=15 * n) for n in range(8)]
    row_of = {moment: when(by, QUARTER, quarter_of(moment), zone) for moment in moments}

    for whose in set(row_of.values()):
        found = list(windows(START, END, by, whose, zone))
        assert [moment for moment in moments if any(start <= moment < end for start, end in found)] == [
            moment for moment, row in row_of.items() if row == whose
        ]
        bounds = [bound for start, end in found for bound in (end, start)]
        assert bounds == sorted(bounds, reverse=True), "the latest first, and none beside another"


@pytest.mark.parametrize(("by", "whose"), [("group", 3), ("", ""), ("hour", None)])
def test_other_rows_have_one_window(by, whose):
    assert list(windows(START, END, by, whose, ZoneInfo("UTC"))) == [(START, END)]
