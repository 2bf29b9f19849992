"""How long callers wait before they give up: by hand, against a slow reckoning, and out of the roll-ups."""

import random
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.days import day_bounds, day_of
from calls.figures import rollups
from calls.figures.group_rules import Rules
from calls.figures.learned_patience import DAYS, LearnedPatience, learn, patiences
from calls.figures.parts import Clock, Settings
from calls.figures.patience import LEAST_GIVEN_UP, LEAST_WAITING, LONGEST_SECONDS, patience_of
from calls.models import FigureSettings
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import catch_up
from tests.support.factories import make_call
from tests.support.sums import sums_named

PLAIN = Settings()


def sums(clock="p", **ends):
    """Sums of calls: `abandoned={12: 3}` is three that gave up after 12 s."""
    named = {f"{word}.{clock}.{wait}": count for word, waits in ends.items() for wait, count in waits.items()}
    return sums_named(named)


def test_a_hundred_callers_by_hand():
    # Of 100 callers 20 give up at 12 s and 40 are answered at 20 s; of the 40 who are left 20 give up at 50 s.
    known = patience_of(sums(abandoned={12: 20, 50: 20}, answered={20: 40, 60: 20}), PLAIN)

    assert known.chances[0] == 20  # within 30 s: 20 of 100
    assert known.chances[2] == 20  # after 10 s: those at 12 s, and nobody until 40 s
    assert known.chances[3] == 0  # after 15 s nobody gives up before 45 s
    assert known.chances[5] == 50  # after 25 s: 20 of the 40 who wait still
    assert (known.long_wait, known.too_long) == (13, 51)


def test_with_few_who_gave_up_nothing_is_known():
    assert patience_of(sums(abandoned={30: LEAST_GIVEN_UP - 1}, answered={5: 900}), PLAIN) is None
    assert patience_of(sums(abandoned={30: LEAST_GIVEN_UP}, answered={5: 900}), PLAIN) is not None


def test_a_long_wait_has_bounds_however_patient_callers_are():
    patient = patience_of(sums(abandoned={300: 40}, answered={1: 1_000}), PLAIN)
    hasty = patience_of(sums(abandoned={1: 900}, answered={1: 100}), PLAIN)

    assert (patient.long_wait, patient.too_long) == (45, 90)
    assert (hasty.long_wait, hasty.too_long) == (10, 20)


def test_the_wait_is_that_of_the_groups_clock_without_its_allowance():
    ends = sums(abandoned={25: 40})
    ends += sums("w", abandoned={60: 40})
    ends += sums("r", abandoned={8: 40})
    allowed = patience_of(ends, Settings(ivr_allowance=20))
    ringing = patience_of(ends, Settings(clock=Clock.RINGING, ivr_allowance=20))

    assert (allowed.clock, allowed.allowance, allowed.chances) == ("p", 20, (100, 100))
    assert (ringing.clock, ringing.allowance, ringing.chances) == ("r", 0, (100, 100))


def test_who_left_in_the_menu_says_nothing_of_how_long_callers_wait_for_an_agent():
    ends = sums(abandoned={25: 40}, answered={60: 40})
    known = patience_of(ends, Settings(menu_offered=True))
    ends += sums(ivr_only={3: 500})

    assert patience_of(ends, Settings(menu_offered=True)) == known
    assert patience_of(sums(ivr_only={3: 500}), Settings(menu_offered=True)) is None


def slowly(gave_up, ended, wait):
    """The chance of giving up within 30 s after a wait, caller by caller."""
    still = 1.0
    for second in range(wait, wait + 30):
        there = [each for each in ended if each >= second]
        if there:
            still *= 1 - sum(each == second for each in gave_up) / len(there)
    return round(100 * (1 - still))


@pytest.mark.parametrize("seed", range(12))
def test_chances_are_those_of_a_slow_reckoning(seed):
    made = random.Random(seed)
    gave_up = [int(made.expovariate(1 / 60)) for _ in range(made.randrange(30, 200))]
    others = [int(made.expovariate(1 / 20)) for _ in range(made.randrange(0, 400))]
    counts = {
        "abandoned": {wait: gave_up.count(wait) for wait in gave_up},
        "answered": {wait: others.count(wait) for wait in others},
    }
    known = patience_of(sums(**counts), PLAIN)

    for at, chance in enumerate(known.chances):
        assert abs(chance - slowly(gave_up, gave_up + others, 5 * at)) <= 1
    last = 5 * (len(known.chances) - 1)
    assert sum(each >= last for each in gave_up + others) >= LEAST_WAITING
    assert last == LONGEST_SECONDS or sum(each >= last + 5 for each in gave_up + others) < LEAST_WAITING


def past(group, days, wait, outcome="abandoned"):
    at = day_bounds(day_of(timezone.now()) - timedelta(days))[0] + timedelta(hours=12)
    make_call(
        group, "ended", began_at=at, started_at=at, outcome=outcome, wait_seconds=wait,
        ended_at=at + timedelta(seconds=wait),
    )  # fmt: skip


@pytest.mark.django_db
def test_it_is_learned_of_the_four_weeks_before_today_and_of_each_group_by_itself(sales, support):
    for at in range(LEAST_GIVEN_UP):
        past(sales, 1 + at % DAYS, 30)
        past(support, DAYS + 1, 30)
    catch_up(PROJECTIONS[rollups.NAME])
    for _ in range(5):
        past(sales, 3, 70)  # not in the roll-ups yet
        past(sales, 0, 70)  # of today

    known, whole = learn(timezone.now(), Rules())
    assert whole
    assert list(known) == [sales.pk]
    assert (known[sales.pk].long_wait, known[sales.pk].chances[0]) == (31, 0)
    assert known[sales.pk].chances[1] == round(100 * 30 / 35)


@pytest.mark.django_db
def test_it_is_kept_until_the_settings_of_a_group_change(sales, django_assert_num_queries):
    for at in range(LEAST_GIVEN_UP):
        past(sales, 1 + at, 30) if at < DAYS else past(sales, 2, 30)
    now = timezone.now()
    assert patiences.get(now)[sales.pk].allowance == 0
    with django_assert_num_queries(1):
        patiences.get(now)
    FigureSettings.objects.create(group=sales, ivr_allowance=7)
    assert patiences.get(now)[sales.pk].allowance == 7


@pytest.mark.django_db
def test_what_is_learned_while_figures_are_still_counted_is_learned_anew_within_a_minute(sales, monkeypatch):
    monkeypatch.setattr("calls.figures.reading.MOST_CHANGES_ADDED", 2)
    for at in range(LEAST_GIVEN_UP):
        past(sales, 1 + at % DAYS, 30)
    learned = LearnedPatience()
    assert learned.get(timezone.now()) == {}
    catch_up(PROJECTIONS[rollups.NAME])
    assert learned.get(timezone.now()) == {}, "for a while"

    monkeypatch.setattr(learned, "_until", learned._until - 60)
    assert list(learned.get(timezone.now())) == [sales.pk]
    monkeypatch.setattr(learned, "_until", learned._until - 60)
    assert learned._until > time.monotonic() + 600, "and then it stays"
