"""Deadlines: each call is given once when its time has come, however often it was noted, and little is remembered."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from calls.live.deadlines import SPARE_ENTRIES, Deadlines

START = datetime(2030, 1, 15, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


NOTES = st.tuples(st.just("note"), st.integers(1, 20), st.integers(0, 60))
FORGETS = st.tuples(st.just("forget"), st.integers(1, 20), st.just(0))
PASSES = st.tuples(st.just("pass"), st.just(0), st.integers(0, 60))


@given(st.lists(NOTES | FORGETS | PASSES, max_size=300))
def test_it_gives_what_a_plain_dictionary_gives(acts):
    deadlines, due = Deadlines(), {}
    for act, call_id, seconds in acts:
        if act == "note":
            deadlines.note(call_id, at(seconds))
            due[call_id] = min(seconds, due.get(call_id, seconds))
        elif act == "forget":
            deadlines.forget(call_id)
            due.pop(call_id, None)
        else:
            passed = sorted(call_id for call_id, moment in due.items() if moment <= seconds)
            assert sorted(deadlines.passed(at(seconds))) == passed
            due = {call_id: moment for call_id, moment in due.items() if moment > seconds}


def test_calls_that_come_and_go_leave_little_behind():
    deadlines = Deadlines()
    for call_id in range(10_000):
        deadlines.note(call_id, at(call_id))
        deadlines.forget(call_id - 5)
    assert len(deadlines._entries) < SPARE_ENTRIES + 3 * 6


def test_one_that_is_noted_while_it_is_given_comes_again_in_its_time():
    deadlines, given_at = Deadlines(), []
    deadlines.note(1, at(10))
    for moment in range(0, 60, 5):
        for call_id in deadlines.passed(at(moment)):
            given_at.append(moment)
            deadlines.note(call_id, at(moment + 20))
    assert given_at == [10, 30, 50]
