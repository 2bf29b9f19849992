"""Every provider's adapter has what the intake, the recipes and the documentation expect of it."""

import re
from datetime import UTC, datetime

import pytest

from calls.providers import PROVIDERS
from calls.providers.adapter import Arrival, Habits
from calls.words import Result
from tests.support.running import ROOT

each = pytest.mark.parametrize("name", sorted(PROVIDERS))


@each
def test_it_names_the_fields_that_it_knows(name):
    fields = PROVIDERS[name].FIELDS
    assert fields and not [field for field in fields if re.search(r"[^a-z0-9]", field)]


@each
def test_it_ignores_what_says_nothing_of_a_call(name):
    reading = PROVIDERS[name].read({"hello": "1"}, Habits(), Arrival(datetime.now(UTC), "x"))
    assert (reading.event, reading.result) == (None, Result.IGNORED)


@each
def test_real_deliveries_of_it_are_kept_for_tests_and_its_fields_are_described(name):
    assert (ROOT / "tests" / "support" / "payloads" / f"{name}.json").exists()
    assert name in (ROOT / "docs" / "webhooks.md").read_text().lower()
