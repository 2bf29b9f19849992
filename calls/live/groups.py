"""The calls of one group in memory, and what they add up to.

A change costs the same however many calls are live, because sums are corrected and never counted again.
"""

import heapq
from bisect import bisect_left, insort
from datetime import datetime

from calls.database.columns import TODAY, Columns
from calls.live.queries import SHOWN_ENDED
from calls.live.shown_call import ShownCall
from calls.words import State

KEPT_ENDED = 2 * SHOWN_ENDED
"""Completed calls kept of each group: twice of what is shown, so that one that leaves has a successor at hand."""

STATES = tuple(str(state) for state in State if state != State.ENDED)
TODAYS = (*(f"{outcome}_today" for outcome in TODAY), "outgoing_today")
SUMMED = (*STATES, "waiting", "lost_track", *TODAYS)
SPARE_ENTRIES = 64


class GroupCalls:
    """The calls of one group, and what they add up to. `seq` is the number of the latest change of one of them."""

    __slots__ = ("ended", "live", "lost", "seq", "seq_sum", "sums", "waiting", "whole")

    def __init__(self) -> None:
        self.live: dict[int, ShownCall] = {}
        self.lost: set[int] = set()
        self.seq = 0
        self.seq_sum = 0
        self.sums = dict.fromkeys(SUMMED, 0)
        self.waiting: list[tuple[datetime, int]] = []
        self.ended: list[tuple[datetime, int]] = []
        self.whole = True  # whether `ended` holds everything of the last day

    def note(self, seq: int) -> None:
        if seq > self.seq:
            self.seq = seq

    def add_live(self, shown: ShownCall, now: datetime) -> None:
        call = shown.call
        self.live[call.id] = shown
        self.seq_sum += call.seq
        if shown.lost_by(now):
            self.lost.add(call.id)
            self.sums["lost_track"] += 1
        else:
            self._track(shown, 1)
            if shown.waiting:
                self._queue(call)

    def remove_live(self, shown: ShownCall) -> None:
        call = shown.call
        del self.live[call.id]
        self.seq_sum -= call.seq
        if call.id in self.lost:
            self.lost.discard(call.id)
            self.sums["lost_track"] -= 1
        else:
            self._track(shown, -1)

    def replace_live(self, old: ShownCall, new: ShownCall, now: datetime) -> None:
        """Remove and add in one: most changes touch the sums of two states, or of none."""
        call_id, was, call = new.call.id, old.call, new.call
        if call_id in self.lost or new.lost_by(now) or was.began_at != call.began_at:
            self.remove_live(old)
            self.add_live(new, now)
            return
        self.live[call_id] = new
        self.seq_sum += call.seq - was.seq
        if was.state != call.state:
            self.sums[was.state] -= 1
            self.sums[call.state] += 1
        if old.waiting and not new.waiting:
            self.sums["waiting"] -= 1
        elif new.waiting and not old.waiting:
            self.sums["waiting"] += 1
            self._queue(call)

    def lose(self, shown: ShownCall) -> None:
        """Nothing was heard of it for too long."""
        if shown.call.id not in self.lost:
            self._track(shown, -1)
            self.lost.add(shown.call.id)
            self.sums["lost_track"] += 1

    def _track(self, shown: ShownCall, by: int) -> None:
        self.sums[shown.call.state] += by
        if shown.waiting:
            self.sums["waiting"] += by

    def _queue(self, call: Columns) -> None:
        heapq.heappush(self.waiting, (call.began_at, call.id))
        if len(self.waiting) > SPARE_ENTRIES + 2 * self.sums["waiting"]:
            self.waiting = [entry for entry in set(self.waiting) if self._waits(entry)]
            heapq.heapify(self.waiting)

    def _waits(self, entry: tuple[datetime, int]) -> bool:
        shown = self.live.get(entry[1])
        return shown is not None and shown.waiting and shown.call.began_at == entry[0] and entry[1] not in self.lost

    def longest_waiting_since(self) -> datetime | None:
        """When the call that has waited longest began (UTC); None where nobody waits. Lost calls do not count."""
        while self.waiting and not self._waits(self.waiting[0]):
            heapq.heappop(self.waiting)
        return self.waiting[0][0] if self.waiting else None

    def add_ended(self, key: tuple[datetime, int]) -> bool:
        """Put a completed call in its place; False: it is older than what is kept."""
        if not self.whole and (not self.ended or key < self.ended[0]):
            return False
        insort(self.ended, key)
        return True

    def trim_ended(self) -> list[int]:
        """Part with what is too many; gives the ids."""
        excess = self.ended[:-KEPT_ENDED]
        if excess:
            self.whole = False
            del self.ended[:-KEPT_ENDED]
        return [call_id for _, call_id in excess]

    def remove_ended(self, key: tuple[datetime, int]) -> None:
        """Take out a completed call that is there: by when it ended and its id."""
        del self.ended[bisect_left(self.ended, key)]

    @property
    def short(self) -> bool:
        """Too few completed calls are at hand, and the database has more."""
        return not self.whole and len(self.ended) < SHOWN_ENDED
