"""Which ended calls count today, and to which figure of which call group.

A day has many calls, and each is remembered until midnight: in twelve bytes, where a dictionary takes six times that.
"""

from array import array
from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from calls.database.columns import Columns
from calls.days import day_bounds
from calls.words import State


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


class CountedGroups:
    """Whose figures of the day changed, the latest last. `latest` is the number of such changes so far."""

    def __init__(self) -> None:
        self.latest = 0
        self._changed_at: OrderedDict[int | None, int] = OrderedDict()

    def note(self, group_id: int | None) -> None:
        self.latest += 1
        self._changed_at[group_id] = self.latest
        self._changed_at.move_to_end(group_id)

    def since(self, seen: int) -> Iterator[int | None]:
        """The groups whose figures changed after so many changes."""
        for group_id, changed_at in reversed(self._changed_at.items()):
            if changed_at <= seen:
                return
            yield group_id


Correction = tuple[Counted, int]
"""A figure, and what to add to it."""


class Today:
    """A day, and the calls that count on it."""

    def __init__(self, day: date, tally: Tally) -> None:
        self.day = day
        self._starts, self._ends = day_bounds(day)
        self._tally = tally

    def corrections(self, call: Columns, was_live: bool) -> tuple[Correction, ...]:
        """What to add to which figures, now that the call is as it is (`was_live`: and was live before)."""
        ended = call.state == State.ENDED
        if was_live and not ended:
            return ()  # it did not count, and does not
        figure = call.today_as if ended and self._starts <= call.began_at < self._ends else None
        now = Counted(call.group_id, figure) if figure else None
        before = self._tally.note(call.id, now)
        if now == before:
            return ()
        return tuple((counted, by) for counted, by in ((before, -1), (now, 1)) if counted is not None)
