"""Figures under a machine that says anything in any order: exact after each step, however far the roll-ups are."""

import os
from collections import defaultdict
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from calls.commit.cache import cache
from calls.commit.groups import join
from calls.commit.settling import Settler
from calls.database.columns import read_calls
from calls.figures import rollups
from calls.figures.parts import part_of
from calls.figures.reading import Asked, read
from calls.figures.rollups import differences
from calls.figures.sums import Sums
from calls.models import Call, CallGroup
from calls.models.access import Scope
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import catch_up, step
from tests.commit.test_machine import NOW, Calls

pytestmark = pytest.mark.slow

ROLLUPS = PROJECTIONS[rollups.NAME]
EVER = Asked(NOW - timedelta(days=9), NOW + timedelta(days=9), Scope(None, masked=False))
EXAMPLES = int(os.environ.get("TEST_MACHINE_EXAMPLES", "40"))
GROUPS = {"8000000201": "Sales", "8000000202": "Support", "": ""}


class Figures(Calls):
    """The same deliveries, with groups; beside them groups are joined, and the roll-ups take some steps."""

    def fields(self, kind, word, sid, camp, agent, started):
        return super().fields(kind, word, sid, camp, agent, started) | {"call_group": GROUPS[agent]}

    @rule(most=st.sampled_from([1, 3, 50]))
    def rolled_up(self, most):
        step(ROLLUPS, most)

    @rule()
    def joined(self):
        groups = list(CallGroup.objects.filter(joined_into=None).order_by("id"))
        if len(groups) > 1:
            join(groups[1:], groups[0])
            cache.forget()
            Settler(cache).settle(lambda: False)

    @invariant()
    def figures_are_what_the_calls_say_however_far_the_roll_ups_are(self):
        if not self.sent:
            return
        expected = by_group()
        assert read_by_group() == expected
        with transaction.atomic():
            catch_up(ROLLUPS)
            assert list(differences()) == []
            assert read_by_group() == expected
            # Now and then kept: else there would be little that was counted and changes.
            transaction.set_rollback(self.sent % 3 > 0)


def read_by_group():
    """What the figures say, by direction and group."""
    found = read(EVER, "group", NOW).sums
    flat = {whose: sums for of_group in found.values() for whose, sums in of_group.items()}
    return {whose: sums for whose, sums in flat.items() if sums}


def by_group():
    """Added up from nothing, call by call."""
    found = defaultdict(Sums)
    for call in read_calls(Call.objects.all()):
        if part := part_of(call):
            found[part.direction, part.group_id or 0].add(part)
    return {whose: sums for whose, sums in found.items() if sums}


@pytest.mark.django_db
@pytest.mark.parametrize("examples", [6, pytest.param(EXAMPLES, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_figures_are_exact_after_each_step_of_any_deliveries(examples):
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    how = {"phases": [Phase.reuse, Phase.generate], "deadline": None, "suppress_health_check": checks}
    run_state_machine_as_test(
        Figures, settings=settings(max_examples=examples, stateful_step_count=20, derandomize=True, **how)
    )
