"""A silence is too long when it is longer than at that time of the weeks before; without history, a setting says."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calls.health import silence
from calls.health.silence import WEEKS_LOOKED_BACK, expected, expected_silence, longest_silence, same_times_before
from calls.models import Delivery
from tests.support.factories import a_source

pytestmark = pytest.mark.django_db
MONDAY = datetime(2030, 3, 18, 4, 30, tzinfo=UTC)  # ten in the morning in India
MINUTE, HOUR, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(weeks=1)


def came(*moments):
    source = a_source()
    Delivery.objects.bulk_create(
        Delivery(source=source, received_at=moment, method="POST", body=b"", content_key="k", result="applied")
        for moment in moments
    )


def every(step, start, end):
    return [start + step * n for n in range(int((end - start) / step))]


def test_a_busy_hour_is_silent_too_long_after_minutes_and_a_quiet_one_after_hours(settings):
    for week in range(1, 5):
        opened = MONDAY - week * WEEK - HOUR
        came(*every(4 * MINUTE, opened, opened + 9 * HOUR))
    assert expected_silence(MONDAY) == 1.5 * 4 * MINUTE
    closed = MONDAY + 8 * HOUR
    # At three hours after closing it had been silent for as long, and a quarter of an hour more a little later.
    assert expected_silence(closed + 3 * HOUR) == 1.5 * (3 * HOUR + 15 * MINUTE + 4 * MINUTE)


def test_before_there_is_history_a_setting_says_how_long(settings):
    settings.CALLBOARD_SILENCE_SECONDS = 700
    assert expected_silence(MONDAY) == timedelta(seconds=700)
    came(*(MONDAY - weeks * WEEK - HOUR for weeks in (1, 2)))
    assert expected_silence(MONDAY) == timedelta(seconds=700)
    came(MONDAY - 3 * WEEK - HOUR)
    assert expected_silence(MONDAY) == 1.5 * (HOUR + silence.ABOUT)


def test_one_outage_is_not_what_is_usual_from_then_on():
    few = [2 * MINUTE, 3 * MINUTE, 9 * HOUR]
    assert expected(few) == 1.5 * 9 * HOUR, "three weeks are too few to leave one out"
    assert expected([*few, 4 * MINUTE]) == 6 * MINUTE
    assert expected([*few, None, 4 * MINUTE, None]) == 6 * MINUTE


def test_less_than_two_minutes_are_never_too_long():
    assert expected([timedelta(seconds=1)] * 8) == 3 * MINUTE


def test_it_is_the_same_hour_on_the_wall_clock_when_daylight_saving_begins(settings):
    settings.TIME_ZONE = "Europe/London"
    after = datetime(2030, 4, 1, 8, 0, tzinfo=UTC)  # nine in London; the clocks went forward the day before
    starts, _ = same_times_before(after)[0]
    assert (starts + silence.ABOUT).astimezone(UTC) == datetime(2030, 3, 25, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("seed", range(20))
def test_the_longest_silence_is_what_a_look_at_every_delivery_finds(seed):
    dice = random.Random(seed)
    starts, ends = MONDAY, MONDAY + HOUR
    gaps = [dice.choice([1, 5, 30, 150, 200, 900, 4000]) for _ in range(dice.randrange(1, 60))]
    moments = [starts - dice.randrange(1, 2000) * timedelta(seconds=1)]
    for gap in gaps:
        moments.append(moments[-1] + timedelta(seconds=gap))
    came(*moments)
    known = [moment for moment in moments if moment < ends]
    until = [*(moment for moment in moments[1:]), datetime.max.replace(tzinfo=UTC)]
    truth = max(
        min(end, ends) - start for start, end in zip(moments, until, strict=True) if start in known and end > starts
    )
    found = longest_silence((starts, ends))
    assert found == truth or max(found, truth) <= silence.LEAST_SILENCE


def test_it_reads_few_rows_however_many_deliveries_came():
    came(*every(timedelta(seconds=1), MONDAY - HOUR, MONDAY + HOUR))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert longest_silence((MONDAY - silence.ABOUT, MONDAY + silence.ABOUT)) <= silence.LEAST_SILENCE
    assert len(asked) <= 2 * 16 + 1
    assert len(same_times_before(MONDAY)) == WEEKS_LOOKED_BACK
