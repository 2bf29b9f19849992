"""Which source is silent while another one delivers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.health.silent_sources import silent_sources
from calls.models import Delivery, Source, SourceToken
from calls.models.source import digest

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
MINUTE = timedelta(minutes=1)


def a_source(name, weeks=10, **columns):
    source = Source.objects.create(name=name, **columns)
    SourceToken.objects.create(source=source, digest=digest(name), created_at=NOW - timedelta(weeks=weeks))
    return source


def delivers(source, *ago):
    columns = {"source": source, "method": "POST", "body": b""}
    Delivery.objects.bulk_create(Delivery(received_at=NOW - each, **columns) for each in sorted(ago, reverse=True))


def names():
    return [(each.source.name, NOW - each.since) for each in silent_sources(NOW)]


def test_the_one_that_is_silent_is_named_with_since_when():
    delivers(a_source("Delhi", weeks=2), 20 * MINUTE)
    delivers(a_source("Mumbai", weeks=2), MINUTE)

    assert names() == [("Delhi", 20 * MINUTE)]


def test_who_never_delivered_is_off_or_made_up_is_not_silent():
    a_source("New")
    delivers(a_source("Off", enabled=False), 20 * MINUTE)
    delivers(a_source("Demo", synthetic=True), 20 * MINUTE)

    assert names() == []


@pytest.mark.parametrize(("weeks_of_deliveries", "silent"), [(8, True), (6, True), (5, False), (0, False)])
def test_silence_that_is_usual_at_this_time_of_the_week_is_no_news(weeks_of_deliveries, silent):
    source = a_source("Delhi")
    delivers(source, *(timedelta(weeks=week) + 5 * MINUTE for week in range(1, weeks_of_deliveries + 1)), 20 * MINUTE)

    assert bool(names()) is silent


def test_with_too_few_weeks_the_setting_alone_counts(settings):
    delivers(a_source("Young", weeks=2), 20 * MINUTE)
    assert names() == [("Young", 20 * MINUTE)]
    settings.CALLBOARD_SILENCE_SECONDS = 3_600
    assert names() == []


def test_deliveries_of_others_at_this_time_say_nothing_of_a_source():
    delivers(a_source("Delhi"), 20 * MINUTE)
    delivers(a_source("Mumbai"), MINUTE, *(timedelta(weeks=week) + 5 * MINUTE for week in range(1, 9)))

    assert names() == []
