"""A call's columns stand where they are contracts, and these agree: facts, model, board, admin, words for people."""

import pytest

from calls.admin.call_detail import GROUPS
from calls.commit import call_rows
from calls.database.columns import Columns
from calls.display.wording import FIELDS
from calls.models import Call
from calls.rules.events import CallEvent
from calls.rules.explain import _SAYS, SHOWN
from calls.rules.facts import CallFacts

FACTS = set(CallFacts.__dataclass_fields__)
UNSHOWN = {"set_by", "heard_at"}
"""What nobody is shown of the facts as a value of its own."""
MODEL = {field.name for field in Call._meta.concrete_fields}


@pytest.mark.parametrize("name", sorted(FACTS))
def test_a_fact_is_a_column_of_the_call(name):
    assert name in MODEL


@pytest.mark.parametrize("name", sorted(FACTS - UNSHOWN))
def test_a_fact_has_a_name_for_people_and_a_place_in_the_story(name):
    assert name in FIELDS
    assert name in SHOWN


@pytest.mark.parametrize("name", sorted(FACTS - UNSHOWN - {"ring_attempts", "also_said"}))
def test_a_fact_stands_on_the_page_of_the_call(name):
    """Phones that rang and what was also said have parts of their own there."""
    assert sum(name in names for names in GROUPS.values()) == 1


@pytest.mark.parametrize("name", sorted(FACTS - {"set_by", "also_said", "group"}))
def test_a_fact_is_read_for_the_boards(name):
    """What was also said is only in the answer for one call: it would make every row larger."""
    assert name in Columns._fields


def test_columns_that_are_set_only_when_they_change_are_those_with_an_index():
    assert {"source_id", "ref", "group_id", "customer_reversed", "direction", "outcome", "virtual_number",
            "agent_number", "campaign_id", "error_code", "began_at"} == set(call_rows._FIXED)  # fmt: skip
    assert call_rows._FIXED[-1] == "began_at", "read_stored makes a moment of the last"
    assert set(call_rows._FIXED) | set(call_rows._CHANGING) | {"id"} == set(call_rows._COLUMNS)


def test_what_an_event_says_is_compared_with_a_fact():
    assert set(_SAYS) <= set(CallEvent.__dataclass_fields__)
    assert set(_SAYS.values()) <= FACTS
    assert {"error_code", "campaign_id", "leg_a_picked_at", "coins"} <= set(_SAYS)
