"""The picture: all calls that any board may show, in memory, and what those of each group add up to.

Nothing here waits or reads: `feed` brings what the database says. A change costs the same however many calls are
live, because sums are kept per call group and corrected, never counted again; a scope is a set of groups, so what a
viewer sees is the union of some of them. Rows are never altered: a change puts another row in the place of the old.
"""

import heapq
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from itertools import chain
from typing import Any

from calls.database.columns import DAY, TODAY, Columns
from calls.days import day_bounds
from calls.display.rows import Names, encode, row
from calls.live.queries import SHOWN_ENDED
from calls.live.today import Counted, Tally
from calls.models.access import Scope
from calls.words import State

KEPT_ENDED = 2 * SHOWN_ENDED
"""Completed calls kept of each group: twice of what is shown, so that one that leaves has a successor at hand."""

STATES = tuple(str(state) for state in State if state != State.ENDED)
TODAYS = (*(f"{outcome}_today" for outcome in TODAY), "outgoing_today")
SUMMED = (*STATES, "waiting", "lost_track", *TODAYS)


class Row:
    """One call as boards show it, and its JSON once somebody needs it."""

    __slots__ = ("_masked", "_plain", "call", "live", "lost_at", "waiting")

    def __init__(self, call: Columns) -> None:
        self.call = call
        self.live = call.live
        self.waiting = self.live and call.waiting
        self.lost_at = call.lost_track_at if self.live else None
        self._plain: bytes | None = None
        self._masked: bytes | None = None

    def json(self, masked: bool, names: Names) -> bytes:
        known = self._masked if masked else self._plain
        if known is None:
            # The encoder leaves its bytes in a buffer ten times as long: what is kept is a copy that fits.
            known = bytes(memoryview(encode(row(self.call, names, masked))))
            if masked:
                self._masked = known
            else:
                self._plain = known
        return known

    def lost_by(self, now: datetime) -> bool:
        return self.lost_at is not None and self.lost_at <= now

    @property
    def key(self) -> tuple[datetime, int]:
        """Where it stands among the completed."""
        return self.call.finished_at, self.call.id


Change = tuple[Row | None, Row | None]
"""What was there and what is there now, of one call."""
NOTHING: Change = (None, None)


class GroupCalls:
    """The calls of one group, and what they add up to."""

    __slots__ = ("ended", "live", "lost", "seq_sum", "sums", "waiting", "whole")

    def __init__(self) -> None:
        self.live: dict[int, Row] = {}
        self.lost: set[int] = set()
        self.seq_sum = 0
        self.sums = dict.fromkeys(SUMMED, 0)
        self.waiting: list[tuple[datetime, int]] = []
        self.ended: list[tuple[datetime, int]] = []
        self.whole = True  # whether `ended` holds everything of the last day

    def add_live(self, row: Row, now: datetime) -> None:
        call = row.call
        self.live[call.id] = row
        self.seq_sum += call.seq
        if row.lost_by(now):
            self.lost.add(call.id)
            self.sums["lost_track"] += 1
        else:
            self._track(row, 1)
            if row.waiting:
                self._queue(call)

    def remove_live(self, row: Row) -> None:
        call = row.call
        del self.live[call.id]
        self.seq_sum -= call.seq
        if call.id in self.lost:
            self.lost.discard(call.id)
            self.sums["lost_track"] -= 1
        else:
            self._track(row, -1)

    def replace_live(self, old: Row, new: Row, now: datetime) -> None:
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

    def lose(self, row: Row) -> None:
        """Nothing was heard of it for too long."""
        if row.call.id not in self.lost:
            self._track(row, -1)
            self.lost.add(row.call.id)
            self.sums["lost_track"] += 1

    def _track(self, row: Row, by: int) -> None:
        self.sums[row.call.state] += by
        if row.waiting:
            self.sums["waiting"] += by

    def _queue(self, call: Columns) -> None:
        heapq.heappush(self.waiting, (call.began_at, call.id))
        if len(self.waiting) > 64 + 2 * self.sums["waiting"]:
            self.waiting = [entry for entry in set(self.waiting) if self._waits(entry)]
            heapq.heapify(self.waiting)

    def _waits(self, entry: tuple[datetime, int]) -> bool:
        row = self.live.get(entry[1])
        return row is not None and row.waiting and row.call.began_at == entry[0] and entry[1] not in self.lost

    def longest_waiting_since(self) -> datetime | None:
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
        del self.ended[bisect_left(self.ended, key)]

    @property
    def short(self) -> bool:
        """Too few completed calls are at hand, and the database has more."""
        return not self.whole and len(self.ended) < SHOWN_ENDED


class Picture:
    """All calls that any board may show. `seq` is the number of the latest change in it."""

    def __init__(self, epoch: str, seq: int, day: date, names: Names) -> None:
        self.epoch = epoch
        self.seq = seq
        self.names = names
        self.heard_at: datetime | None = None
        self.rows: dict[int, Row] = {}
        self.groups: defaultdict[int | None, GroupCalls] = defaultdict(GroupCalls)
        self._deadlines: list[tuple[datetime, int]] = []
        self._due: dict[int, datetime] = {}
        self.begin_day(day, Tally())

    # What changes

    def take(self, calls: Iterable[Columns], now: datetime) -> list[Change]:
        """Put these calls in the place of what is known of them."""
        changes = [self._replace(call, now) for call in calls]
        self._trim()
        return [change for change in changes if change != NOTHING]

    def _replace(self, call: Columns, now: datetime) -> Change:
        old = self.rows.get(call.id)
        if old is not None and old.call.seq > call.seq:
            return NOTHING
        self.seq = max(self.seq, call.seq)
        if self.heard_at is None or self.heard_at < call.heard_at:
            self.heard_at = call.heard_at
        new = self._row(call, now)
        self._count_today(old, call)
        return old, self._put(old, new, now)

    def _row(self, call: Columns, now: datetime) -> Row | None:
        if call.merged_into_id is not None:
            return None
        row = Row(call)
        last = call.heard_at if row.live else call.finished_at
        return row if last > now - DAY else None

    def _put(self, old: Row | None, new: Row | None, now: datetime) -> Row | None:
        """Take the old row out and the new one in; gives the new one, unless it is too old to be kept."""
        if new is not None and new.live:
            self._put_live(old, new, now)
            return new
        if old is not None:
            self._remove(old)
        if new is None or not self.groups[new.call.group_id].add_ended(new.key):
            return None
        self.rows[new.call.id] = new
        return new

    def _put_live(self, old: Row | None, new: Row, now: datetime) -> None:
        group = self.groups[new.call.group_id]
        if old is not None and old.live and old.call.group_id == new.call.group_id:
            group.replace_live(old, new, now)
        else:
            if old is not None:
                self._remove(old)
            group.add_live(new, now)
        self.rows[new.call.id] = new
        self._watch(new)

    def _remove(self, old: Row) -> None:
        del self.rows[old.call.id]
        group = self.groups[old.call.group_id]
        if old.live:
            group.remove_live(old)
        else:
            group.remove_ended(old.key)

    def _trim(self) -> None:
        """Not before all changes are in: what is not kept could be among them."""
        for group in self.groups.values():
            for call_id in group.trim_ended():
                del self.rows[call_id]

    def _watch(self, row: Row) -> None:
        """Note when time alone will change it: when it counts as lost, and when it leaves.

        A call has one entry that counts, the earliest. Nothing is noted for what is heard of it before that.
        """
        due = self._due_at(row)
        noted = self._due.get(row.call.id)
        if noted is not None and noted <= due:
            return
        self._due[row.call.id] = due
        heapq.heappush(self._deadlines, (due, row.call.id))
        if len(self._deadlines) > 64 + 3 * len(self.rows):  # most entries are of calls that have ended since
            self._due = {row.call.id: self._due_at(row) for row in self.rows.values() if row.live}
            self._deadlines = [(due, call_id) for call_id, due in self._due.items()]
            heapq.heapify(self._deadlines)

    def _due_at(self, row: Row) -> datetime:
        if row.lost_at is None or row.call.id in self.groups[row.call.group_id].lost:
            return row.call.heard_at + DAY
        return row.lost_at

    def pass_time(self, now: datetime) -> list[Change]:
        """Do what the clock alone does: calls get lost, and the old ones leave."""
        changes: list[Change] = []
        while self._deadlines and self._deadlines[0][0] <= now:
            due, call_id = heapq.heappop(self._deadlines)
            if self._due.get(call_id) == due:
                del self._due[call_id]
                self._fall_due(call_id, now, changes)
        for group in self.groups.values():
            while group.ended and group.ended[0][0] <= now - DAY:
                changes.append((self.rows.pop(group.ended.pop(0)[1]), None))
        return changes

    def _fall_due(self, call_id: int, now: datetime, changes: list[Change]) -> None:
        row = self.rows.get(call_id)
        if row is None or not row.live:
            return
        if row.call.heard_at + DAY <= now:
            self._remove(row)
            changes.append((row, None))
            return
        if row.lost_by(now):
            self.groups[row.call.group_id].lose(row)
        self._watch(row)

    def rename(self, names: Names, touched: Iterable[Row]) -> list[Change]:
        """Take the directory's new names; these rows show them."""
        self.names = names
        changes: list[Change] = []
        for old in touched:
            if self.rows.get(old.call.id) is old:
                new = Row(old.call)
                self.rows[old.call.id] = new
                live = self.groups[old.call.group_id].live
                if old.call.id in live:
                    live[old.call.id] = new
                changes.append((old, new))
        return changes

    def refill(self, group_id: int | None, calls: list[Columns], now: datetime) -> list[Change]:
        """Bring the latest completed calls of a group that ran short; fewer than KEPT_ENDED are all there are."""
        group = self.groups[group_id]
        group.whole = True
        # What has changed since comes by itself, in its turn.
        missing = [call for call in calls if call.id not in self.rows and call.seq <= self.seq]
        new = [self._put(None, self._row(call, now), now) for call in missing]
        self._trim()
        group.whole = len(calls) < KEPT_ENDED
        return [(None, row) for row in new if row is not None]

    # Today

    def begin_day(self, day: date, tally: Tally) -> None:
        self.day = day
        self._starts, self._ends = day_bounds(day)
        for group in self.groups.values():
            group.sums.update(dict.fromkeys(TODAYS, 0))
        self._tally = tally
        for counted, count in tally.sums().items():
            self.groups[counted.group_id].sums[counted.figure] += count

    def _count_today(self, old: Row | None, call: Columns) -> None:
        ended = call.state == State.ENDED
        if not ended and old is not None and old.live:
            return  # it did not count, and does not
        figure = call.today_as if ended and self._starts <= call.began_at < self._ends else None
        now = Counted(call.group_id, figure) if figure else None
        before = self._tally.note(call.id, now)
        if now != before:
            for counted, by in ((before, -1), (now, 1)):
                if counted is not None:
                    self.groups[counted.group_id].sums[counted.figure] += by

    # What a scope sees

    def within(self, scope: Scope) -> list[GroupCalls]:
        if scope.groups is None:
            return list(self.groups.values())
        return [self.groups[group_id] for group_id in scope.groups if group_id in self.groups]

    def live(self, scope: Scope) -> list[Row]:
        return list(chain.from_iterable(group.live.values() for group in self.within(scope)))

    def latest_ended(self, scope: Scope) -> list[tuple[datetime, int]]:
        """The keys of the completed calls that a scope is shown, the oldest first."""
        return sorted(chain.from_iterable(group.ended[-SHOWN_ENDED:] for group in self.within(scope)))[-SHOWN_ENDED:]

    def totals(self, scope: Scope) -> dict[str, Any]:
        groups = self.within(scope)
        counts: list[Iterable[int]] = [[0] * len(SUMMED), *(group.sums.values() for group in groups)]
        sums = dict(zip(SUMMED, map(sum, zip(*counts, strict=True)), strict=True))
        since = [moment for group in groups if (moment := group.longest_waiting_since()) is not None]
        return {
            "live": sum(sums[state] for state in STATES),
            **{name: sums[name] for name in (*STATES, "waiting")},
            "longest_waiting_since": min(since, default=None),
            "lost_track": sums["lost_track"],
            **{name: sums[name] for name in TODAYS},
            "day": self.day,
        }

    def live_digest(self, scope: Scope) -> tuple[int, int]:
        """How many live calls there are, and the sum of their numbers."""
        groups = self.within(scope)
        return sum(len(group.live) for group in groups), sum(group.seq_sum for group in groups)

    def short_groups(self) -> list[int | None]:
        return [group_id for group_id, group in self.groups.items() if group.short]
