"""The tally: which ended calls count today, and to which figure of which call group.

A day has many calls, and each is remembered until midnight: in twelve bytes, where a dictionary takes six times that.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from typing import NamedTuple


class Counted(NamedTuple):
    """A figure of the day, and the group whose it is."""

    group_id: int | None
    figure: str


class Tally:
    """What each call counts to: id of the call -> Counted. Fast for new calls, whose ids are the highest."""

    def __init__(self) -> None:
        self._ids = array("Q")
        self._kinds = array("I")  # for each id the place of what it counts to in `_known`
        self._known: list[Counted] = []
        self._places: dict[Counted, int] = {}

    def __len__(self) -> int:
        return len(self._ids)

    def note(self, call_id: int, counted: Counted | None) -> Counted | None:
        """Note what a call counts to from now on, if to anything. Gives what it counted to before."""
        ids, kinds = self._ids, self._kinds
        place = bisect_left(ids, call_id) if ids and call_id <= ids[-1] else len(ids)
        before = self._known[kinds[place]] if place < len(ids) and ids[place] == call_id else None
        if before == counted:
            return before
        if counted is None:
            del ids[place], kinds[place]
        elif before is not None:
            kinds[place] = self._place_of(counted)
        else:
            ids.insert(place, call_id)
            kinds.insert(place, self._place_of(counted))
        return before

    def sums(self) -> Counter[Counted]:
        """How many calls count to each figure."""
        return Counter({self._known[place]: count for place, count in Counter(self._kinds).items()})

    def _place_of(self, counted: Counted) -> int:
        if counted not in self._places:
            self._places[counted] = len(self._known)
            self._known.append(counted)
        return self._places[counted]
