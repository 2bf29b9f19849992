"""Events are kept as text: all that they say, and nothing else."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from calls.rules.events import CallEvent, Kind, Verdict, dump, load
from calls.words import Direction, State

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))
LENGTHS = st.integers(0, 9)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
VALUES = {
    bool: st.booleans(),
    datetime: MOMENTS,
    datetime | None: st.none() | MOMENTS,
    Direction: st.sampled_from(Direction),
    int: LENGTHS,
    int | None: st.none() | LENGTHS,
    Kind: st.sampled_from(Kind),
    State | None: st.none() | st.sampled_from(State),
    str: TEXT,
    tuple[str, ...]: st.lists(TEXT, max_size=3).map(tuple),
    tuple[tuple[str, str], ...]: st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple),
    Verdict | None: st.none() | st.sampled_from(Verdict),
}
EVENTS = st.builds(CallEvent, **{field.name: VALUES[field.type] for field in fields(CallEvent)})


@settings(deadline=None)
@given(EVENTS)
def test_an_event_comes_back_from_its_text(event):
    assert load(dump(event), event.delivery) == event


@settings(deadline=None)
@given(EVENTS)
def test_its_text_says_what_differs_from_saying_nothing_in_the_order_of_the_fields(event):
    said = [each.name for each in fields(CallEvent) if getattr(event, each.name) != each.default]

    assert [*json.loads(dump(event))] == [name for name in said if name != "delivery"]


def test_a_length_of_zero_is_said_and_an_empty_key_too():
    event = CallEvent(Kind.REPORT, "", datetime(2026, 11, 20, tzinfo=UTC), talk_seconds=0)

    assert (
        dump(event) == '{"kind":"report","content_key":"","received_at":"2026-11-20T00:00:00+00:00","talk_seconds":0}'
    )
    assert load(dump(event), 7) == replace(event, delivery=7)


def test_events_that_an_earlier_version_stored_are_read_with_their_old_names():
    stored = '{"kind":"live","content_key":"k","received_at":"2026-11-20T00:00:00+00:00"'
    stored += ',"sid":"1","uniqueid":"2","campid":"3"}'

    event = load(stored, 7)
    assert (event.call_id, event.alternate_id, event.campaign_id) == ("1", "2", "3")
    assert load(dump(event), 7) == event
