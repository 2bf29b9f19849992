"""Limits that refuse new calls at present are known from what they set aside, by few rows of an index."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from calls.health.refusals import LATELY, REFUSALS, refused_lately
from calls.models import Delivery
from tests.support.factories import a_source

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def set_aside(reason, at=NOW):
    Delivery.objects.create(
        source=a_source(), received_at=at, method="POST", body=b"", content_key="k", result="quarantined", reason=reason
    )


def test_the_limits_that_refused_within_five_minutes_are_named():
    assert refused_lately(NOW) == []
    set_aside("too_many_live_calls", NOW - LATELY)
    set_aside("too_many_new_calls", NOW - LATELY + timedelta(seconds=1))
    set_aside("broken_json")
    assert refused_lately(NOW) == ["too_many_new_calls"]
    set_aside("too_many_live_calls")
    assert refused_lately(NOW) == ["too_many_live_calls", "too_many_new_calls"]


def test_it_is_found_by_an_index(django_assert_num_queries):
    with django_assert_num_queries(len(REFUSALS)) as asked:
        refused_lately(NOW)
    if connection.vendor == "sqlite":  # PostgreSQL looks through an empty table instead
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + asked.captured_queries[0]["sql"])
            assert "delivery_not_applied" in str(cursor.fetchall())
