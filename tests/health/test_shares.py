"""A share of odd deliveries above the usual one is named, and a usual share is not, however large."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.health.shares import LEAST_LOOKED_AT, Unusual, unusual_shares
from calls.models import Delivery
from tests.support.factories import a_source, make_call

pytestmark = pytest.mark.django_db
NOW = timezone.now()
EARLIER = NOW - timedelta(days=1)


def deliveries(count, at=NOW, result="applied", flags=""):
    Delivery.objects.bulk_create(
        Delivery(
            source=a_source(), received_at=at, method="POST", body=b"", content_key=str(n), result=result, flags=flags
        )
        for n in range(count)
    )


def test_more_deliveries_set_aside_than_usual_are_named():
    deliveries(99, EARLIER)
    deliveries(1, EARLIER, "quarantined")
    deliveries(30)
    deliveries(10, result="quarantined")

    assert unusual_shares(NOW) == [Unusual("quarantined", 10, 40, 0.01)]
    assert unusual_shares(NOW)[0].share == 0.25


def test_more_deliveries_with_odd_bytes_than_usual_are_named():
    deliveries(30)
    deliveries(10, flags="broken_characters")

    assert unusual_shares(NOW) == [Unusual("flagged", 10, 40, 0.0)]


def test_more_calls_that_contradict_themselves_than_usual_are_named():
    for n in range(LEAST_LOOKED_AT):
        make_call(flags=["synthetic", "reports_disagree"] if n % 2 else ["synthetic", "group_inferred"])

    assert unusual_shares(NOW) == [Unusual("contradictory", LEAST_LOOKED_AT // 2, LEAST_LOOKED_AT, 0.0)]


def test_what_is_usual_is_not_named():
    deliveries(80, EARLIER)
    deliveries(20, EARLIER, "quarantined")
    deliveries(30)
    deliveries(10, result="quarantined")

    assert unusual_shares(NOW) == []


def test_a_few_deliveries_say_nothing():
    deliveries(LEAST_LOOKED_AT - 1, result="quarantined")

    assert unusual_shares(NOW) == []


def test_what_was_odd_hours_ago_is_over():
    deliveries(50, NOW - timedelta(hours=2), "quarantined")
    deliveries(50)

    assert unusual_shares(NOW) == []


def test_nothing_at_all():
    assert unusual_shares(NOW) == []
