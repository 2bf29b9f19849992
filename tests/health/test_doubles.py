"""Two sources that deliver the same calls are named."""

import pytest
from django.utils import timezone

from calls.health.doubles import LEAST_SHARED, doubled_sources
from tests.support.factories import a_source, make_call

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def calls(source, refs, **columns):
    for ref in refs:
        make_call(source=source, ref=ref, **columns)


def test_two_sources_with_the_same_calls_are_named():
    first, second, third = (a_source(name) for name in ("Office", "Reseller", "Branch"))
    calls(first, ["1", "2", "3", "4"])
    calls(second, ["2", "3", "4", "9"], state="ended")
    calls(third, ["5", "6", "7"])

    (pair,) = doubled_sources(NOW)

    assert (pair.source, pair.other, pair.shared, pair.looked_at) == (first, second, 3, 4)


@pytest.mark.parametrize(
    "columns",
    [{"ago": 25 * 3600}, {"ref_": "no-id-"}, {"few": LEAST_SHARED - 1}, {"off": True}],
    ids=["long ago", "ids that were made up here", "too few", "a source that is switched off"],
)
def test_what_is_no_sign_of_a_doubled_webhook(columns):
    first, second = a_source("Office"), a_source("Reseller")
    before = columns.get("ref_", "")
    refs = [f"{before}{n}" for n in range(columns.get("few", 10))]
    if columns.get("off"):
        second.enabled = False
        second.save()
    calls(first, refs, ago=columns.get("ago", 10))
    calls(second, refs, ago=columns.get("ago", 10))

    assert doubled_sources(NOW) == []


def test_one_source_has_no_double():
    calls(a_source("Office"), ["1", "2", "3"])

    assert doubled_sources(NOW) == []
