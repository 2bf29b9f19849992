"""Waits by the second in one number: against plain counters."""

import random
from collections import Counter

import pytest

from calls.figures.parts import Settings
from calls.figures.sums import Sums, Unsound, tally
from calls.figures.waits import LANES, Packing, Waits
from tests.support.sums import sums_named

NAMES = ("answered.p", "answered.r", "missed.w")


def some_waits(made):
    longest = made.choice([1, 30, LANES - 1, LANES, 5_000, 604_800])
    return Counter({made.randrange(longest + 1): made.choice([1, 2, 300, 70_000]) for _ in range(made.randrange(40))})


def waits_of(counts):
    found = Waits()
    for wait, count in counts.items():
        found += Waits(count << 32 * wait) if wait < LANES else Waits(0, {wait: count})
    return found


@pytest.mark.parametrize("seed", range(40))
def test_they_say_what_a_counter_says(seed):
    made = random.Random(seed)
    counts, more = some_waits(made), some_waits(made)
    found = waits_of(counts)
    found += waits_of(more)
    counts += more
    waits = sorted(counts.elements())

    assert found.by_second() == counts
    assert list(found.by_second()) == sorted(counts)
    assert (found.total(), found.seconds()) == (len(waits), sum(waits))
    for last in (-1, 0, 1, 17, LANES - 1, LANES, LANES + 1, 700_000):
        assert found.until(last) == sum(wait <= last for wait in waits)
    for share in (0.5, 0.9, 1.0):
        assert found.quantile(share) == slow_quantile(waits, share)
    for allowance in (0, 1, 20, LANES + 5):
        assert found.less(allowance).by_second() == Counter(max(0, wait - allowance) for wait in waits)


def slow_quantile(waits, share):
    return next((wait for at, wait in enumerate(waits, 1) if at >= share * len(waits) - 1e-9), None)


def test_of_no_call_nothing_is_known():
    assert (Waits().total(), Waits().seconds(), Waits().quantile(0.5), Waits().by_second()) == (0, 0, None, {})


@pytest.mark.parametrize("most", [1, 255, 256, 65_536, 2**31 - 1])
def test_what_is_packed_is_what_is_unpacked(most):
    packing = Packing(NAMES)
    lanes = {"answered.p": 1 | most << 32 * 7, "missed.w": most << 32 * (LANES - 1)}

    found = {"answered.p": 5}
    packing.add(packing.pack(lanes), found)
    packing.add(packing.pack({}), found)

    assert found == {"answered.p": lanes["answered.p"] + 5, "missed.w": lanes["missed.w"]}
    assert packing.pack({}) == b""


def test_small_counts_take_a_byte_for_each_second():
    assert len(Packing(NAMES).pack({"answered.p": 255 << 32 * 59})) == 2 * len(NAMES) + 60
    assert len(Packing(NAMES).pack({"answered.p": 256 << 32 * 59})) == 2 * len(NAMES) + 120


@pytest.mark.parametrize("there", [0, 1 << 32 * 4, 1 << 32 * 6])
def test_a_second_cannot_have_less_than_no_call(there):
    with pytest.raises(OverflowError):
        Packing(NAMES).pack({"answered.p": there - (1 << 32 * 5)})


def test_sums_cannot_have_less_than_no_call():
    with pytest.raises(Unsound):
        Sums({"answered": -1}).dump()
    with pytest.raises(Unsound):
        Sums({"answered": 1}, {"answered.p": -1}).dump()


def test_cells_of_before_say_the_same():
    """They named each wait, short ones too: those of pruned calls are kept for ever."""
    named = {
        "answered": 9,
        "answered.p.3": 4,
        "answered.p.90": 3,
        "answered.r.7": 2,
        "abandoned": 3,
        "abandoned.p.2": 1,
    }
    named |= {"abandoned": 3, "abandoned.p.2": 1, "missed": 1, "missed.r.30": 1, "talk": 70, "talks": 5}
    old, new = (tally("incoming", sums, Settings(ivr_allowance=2)) for sums in (Sums(named), sums_named(named)))

    assert new.marks == old.marks
    assert new.other == old.other
    for name in ("waits", "gave_up", "rings", "rings_in_vain"):
        assert getattr(new, name).by_second() == getattr(old, name).by_second()
