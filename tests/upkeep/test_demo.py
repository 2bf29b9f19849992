"""The demo's stage: names, a day behind it, calls under way, a story; and nothing left live when it ends."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from calls.database.columns import DAY, lost_track_after
from calls.days import day_bounds, day_of
from calls.models import Agent, Call, Delivery, Source, VirtualNumber
from calls.simulation import story
from calls.upkeep import demo
from calls.upkeep.made_up import store_all

# Each makes the calls of whole days.
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# Late in the afternoon at the site: enough of the day lies behind.
NOW = datetime.combine(datetime.now(UTC).date() - timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=11)


@pytest.fixture
def source(db):
    return Source.objects.create(name="Simulation", synthetic=True)


@pytest.fixture
def stage(source, monkeypatch):
    monkeypatch.setattr(demo, "DAYS_BEHIND", 2)
    monkeypatch.setattr(demo, "HOURS_BEHIND", 2)
    return demo.set_stage(source, day="busy", seed=1, live=None, speed=1.0, now=NOW)


def live():
    return Call.objects.live().order_by("began_at")


def test_the_board_begins_in_the_middle_of_a_day(stage):
    ages = [(NOW - call.began_at).total_seconds() for call in live()]

    assert 10 <= len(ages) <= 20
    assert max(ages) > 120
    assert len({call.state for call in live()}) > 1
    today = Call.objects.filter(began_at__gte=day_bounds(day_of(NOW))[0]).ended().filter(direction="incoming")
    answered = today.filter(outcome="answered").count()
    assert 200 < today.count() < 900
    assert 0.75 < answered / today.count() < 0.95
    assert Call.objects.filter(began_at__lt=NOW - DAY).ended().count() > 100
    assert not Call.objects.filter(began_at__lt=NOW - DAY).live().exists()
    assert not Delivery.objects.quarantined().exists()


def test_everybody_has_a_name_from_the_start(stage):
    assert not [call for call in live() if call.agent_number and not _name(call.agent_number)]
    names = set(Agent.objects.values_list("name", flat=True))
    assert {"राजलक्ष्मी वेंकटसुब्रमण्यन", "محمد الأنصاري", "Venkata Subramanian Krishnamurthy Raghunathan"} <= names
    assert VirtualNumber.objects.exclude(label="").count() == 6


def _name(number):
    return Agent.objects.filter(number=number).exclude(name="").exists()


def test_what_a_person_renamed_stays(stage, source):
    Agent.objects.filter(name="Om").update(name="Om Prakash")
    demo.set_stage(source, day="busy", seed=1, live=None, speed=1.0, now=NOW + timedelta(minutes=5))

    assert Agent.objects.filter(name="Om Prakash").exists()
    assert not Agent.objects.filter(name="Om").exists()


def test_the_calls_under_way_go_on_from_the_same_day(stage, source):
    before = set(live().values_list("ref", flat=True))
    rest = itertools.dropwhile(lambda said: said.at <= stage.cut, stage.traffic().deliveries())
    store_all(itertools.takewhile(lambda said: said.at < NOW + timedelta(minutes=40), rest), source)

    left = set(live().values_list("ref", flat=True)) & before
    assert len(left) <= 2  # the one that fell silent belongs to the story


def test_the_story_is_told_in_three_minutes(stage, source):
    silence = lost_track_after()["ringing"].total_seconds()
    said = story.during(stage.cut, silence)
    assert [each.at for each in said] == sorted(each.at for each in said)

    def stored_until(seconds):
        store_all([each for each in said if each.at <= NOW + timedelta(seconds=seconds)], source)

    stored_until(30)
    regular = Call.objects.filter(customer_number=f"+91{story.REGULAR}").order_by("began_at")
    assert [call.state for call in regular] == ["ended", "ended", "ringing"]
    assert [call.outcome for call in regular][:2] == ["abandoned", "abandoned"]
    stored_until(50)
    assert regular.last().state == "talking"
    stored_until(85)
    assert Call.objects.live().filter(group__name="Billing", state="ringing").count() >= 3
    silent = Call.objects.get(customer_number="+919812000427")
    assert (silent.state, silent.heard_at + timedelta(seconds=silence) < NOW + timedelta(seconds=silence - 60)) == (
        "ringing",
        True,
    )
    stored_until(600)
    silent.refresh_from_db()
    assert (silent.state, silent.outcome) == ("ended", "answered")
    assert Delivery.objects.quarantined().values_list("reason", flat=True).get() == "unknown_word"
    assert regular.last().outcome == "answered"


def test_nothing_is_left_live_at_the_end_and_the_next_start_ends_what_is(stage, source):
    left = {call.ref: call.state for call in live()}
    assert demo.end_left(source, NOW + timedelta(seconds=5)) == len(left)

    assert not live().exists()
    for call in Call.objects.filter(ref__in=left):
        assert (call.outcome == "answered") == (left[call.ref] == "talking"), (call.direction, call.flags)

    store_all(story.before(NOW + timedelta(seconds=40)), source)
    assert live().exists()
    demo.set_stage(source, day="quiet", seed=2, live=0, speed=1.0, now=NOW + timedelta(minutes=1))
    assert not live().filter(began_at__lt=NOW - timedelta(minutes=9)).exists()


def test_another_start_on_the_same_day_makes_no_second_day(stage, source):
    before = Call.objects.count()
    demo.set_stage(source, day="busy", seed=1, live=None, speed=1.0, now=NOW + timedelta(minutes=20))

    assert Call.objects.count() - before < 120


def test_another_start_makes_calls_of_other_customers(stage, source):
    callers = []
    for minutes in (20, 22):
        demo.set_stage(source, day="busy", seed=1, live=None, speed=1.0, now=NOW + timedelta(minutes=minutes))
        callers.append(set(live().values_list("customer_number", flat=True)))

    assert min(map(len, callers)) >= 10
    assert len(set.intersection(*callers)) <= 2  # those of the story


@pytest.mark.parametrize("day", ["quiet", "bad"])
def test_other_days_are_other_days(source, monkeypatch, day):
    monkeypatch.setattr(demo, "DAYS_BEHIND", 0)
    demo.set_stage(source, day=day, seed=1, live=None, speed=1.0, now=NOW)

    ended = Call.objects.ended().filter(direction="incoming")
    answered = ended.filter(outcome="answered").count() / ended.count()
    assert answered > 0.88 if day == "quiet" else answered < 0.7


@override_settings(TIME_ZONE="America/New_York")
def test_a_site_elsewhere_has_its_day_behind_it_too(source, monkeypatch):
    monkeypatch.setattr(demo, "DAYS_BEHIND", 1)
    demo.set_stage(source, day="busy", seed=1, live=None, speed=1.0, now=NOW)

    assert Call.objects.ended().filter(began_at__gte=day_bounds(day_of(NOW))[0]).count() > 100
