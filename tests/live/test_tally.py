"""The tally of a day's ended calls: small, and always what a dictionary would say."""

import sys
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from calls.live.today import Counted, Tally

COUNTED = st.none() | st.builds(
    Counted, st.none() | st.integers(1, 3), st.sampled_from(["answered_today", "missed_today"])
)


@given(st.lists(st.tuples(st.integers(1, 30), COUNTED)))
def test_it_says_what_a_dictionary_says(notes):
    tally, known = Tally(), {}
    for call_id, counted in notes:
        assert tally.note(call_id, counted) == known.get(call_id)
        known[call_id] = counted
        known = {call_id: counted for call_id, counted in known.items() if counted}
        assert len(tally) == len(known)
        assert +tally.sums() == Counter(known.values())


def test_a_call_of_a_long_day_takes_few_bytes():
    tally = Tally()
    for call_id in range(100_000):
        tally.note(call_id, Counted(call_id % 20, "answered_today"))

    held = sys.getsizeof(tally._ids) + sys.getsizeof(tally._kinds)

    assert held < 16 * 100_000
