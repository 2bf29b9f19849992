"""Sums of calls, written by hand."""

from calls.figures.sums import Sums
from calls.figures.waits import LANE_BITS, LANES


def sums_named(counts):
    """Counts by name, waits as `answered.p.12`: each where the product keeps it."""
    found = Sums()
    for name, count in counts.items():
        place, _, wait = name.rpartition(".")
        if place.count(".") and int(wait) < LANES:
            found.lanes[place] = found.lanes.get(place, 0) + (count << LANE_BITS * int(wait))
        else:
            found.counts[name] = count
    return found
