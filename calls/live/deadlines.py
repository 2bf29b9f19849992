"""When time alone changes a live call: when it counts as lost track, and when it leaves the boards."""

import heapq
from collections.abc import Iterator
from datetime import datetime

SPARE_ENTRIES = 64


class Deadlines:
    """The next moment at which each call has to be looked at, by id of the call.

    A call has one deadline that counts, the earliest noted: whoever looks at the call then notes the next one. What is
    heard of a call in between moves its deadline later and costs nothing here.
    """

    def __init__(self) -> None:
        self._due: dict[int, datetime] = {}
        # Of the entries of a call, those that differ from `_due` are void: taking one out of a heap costs too much.
        self._entries: list[tuple[datetime, int]] = []

    def note(self, call_id: int, due: datetime) -> None:
        """Remember when a call has to be looked at (UTC). Of several moments the earliest counts."""
        noted = self._due.get(call_id)
        if noted is not None and noted <= due:
            return
        self._due[call_id] = due
        heapq.heappush(self._entries, (due, call_id))
        if len(self._entries) > SPARE_ENTRIES + 3 * len(self._due):
            self._entries = [(due, call_id) for call_id, due in self._due.items()]
            heapq.heapify(self._entries)

    def forget(self, call_id: int) -> None:
        self._due.pop(call_id, None)

    def passed(self, now: datetime) -> Iterator[int]:
        """The calls whose deadline has come; each is forgotten as it is given, and may be noted anew meanwhile."""
        while self._entries and self._entries[0][0] <= now:
            due, call_id = heapq.heappop(self._entries)
            if self._due.get(call_id) == due:
                del self._due[call_id]
                yield call_id
