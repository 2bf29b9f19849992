"""The picture: all calls that any board may show, in memory, and what those of each group add up to.

Nothing here waits or reads: `following` brings what the database says. A change costs the same however many calls are
live, because sums are kept per call group; a scope is a set of groups, so what a viewer sees is the union of some of
them (`selection`).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from calls.database.columns import DAY, Columns
from calls.display.rows import Names
from calls.live.deadlines import Deadlines
from calls.live.groups import KEPT_ENDED, TODAYS, GroupCalls
from calls.live.shown_call import NOTHING, Change, ShownCall
from calls.live.today import CountedGroups, Tally, Today


class Picture:
    """All calls that any board may show. `seq` is the number of the latest change in it."""

    def __init__(self, epoch: str, seq: int, day: date, names: Names) -> None:
        self.epoch = epoch
        self.seq = seq
        self.names = names
        self.heard_at: dict[int | None, datetime] = {}
        """When each group was last heard of, if ever: the latest delivery that changed one of its calls."""
        self.calls: dict[int, ShownCall] = {}
        self.groups: defaultdict[int | None, GroupCalls] = defaultdict(GroupCalls)
        self.counted_groups = CountedGroups()
        self._deadlines = Deadlines()
        self.begin_day(day, Tally())

    # What changes

    def take(self, calls: Iterable[Columns], now: datetime) -> list[Change]:
        """Put these calls in the place of what is known of them."""
        changes = [self._replace(call, now) for call in calls]
        self._trim()
        return [change for change in changes if change != NOTHING]

    def _replace(self, call: Columns, now: datetime) -> Change:
        old = self.calls.get(call.id)
        if old is not None and old.call.seq > call.seq:
            return NOTHING
        self._note(old, call)
        new = self._shown(call, now)
        for counted, by in self._today.corrections(call, old is not None and old.live):
            self.groups[counted.group_id].sums[counted.figure] += by
            self.counted_groups.note(counted.group_id)
        return old, self._put(old, new, now)

    def _note(self, old: ShownCall | None, call: Columns) -> None:
        """Note the change's number and moment for the call's group, and the number for the group that it left."""
        seq, group_id = call.seq, call.group_id
        if seq > self.seq:
            self.seq = seq
        self.groups[group_id].note(seq)
        if old is not None and old.call.group_id != group_id:
            self.groups[old.call.group_id].note(seq)
        heard_at = self.heard_at.get(group_id)
        if heard_at is None or heard_at < call.heard_at:
            self.heard_at[group_id] = call.heard_at

    @staticmethod
    def _shown(call: Columns, now: datetime) -> ShownCall | None:
        """The call as boards show it; None where they show it no more: it was merged away, or is a day old."""
        if call.merged_into_id is not None:
            return None
        shown = ShownCall(call)
        last = call.heard_at if shown.live else call.finished_at
        return shown if last > now - DAY else None

    def _put(self, old: ShownCall | None, new: ShownCall | None, now: datetime) -> ShownCall | None:
        """Take the old one out and the new one in; gives the new one, unless it is too old to be kept."""
        if new is not None and new.live:
            self._put_live(old, new, now)
            return new
        if old is not None:
            self._remove(old)
        if new is None or not self.groups[new.call.group_id].add_ended(new.key):
            return None
        self.calls[new.call.id] = new
        return new

    def _put_live(self, old: ShownCall | None, new: ShownCall, now: datetime) -> None:
        group = self.groups[new.call.group_id]
        if old is not None and old.live and old.call.group_id == new.call.group_id:
            group.replace_live(old, new, now)
        else:
            if old is not None:
                self._remove(old)
            group.add_live(new, now)
        self.calls[new.call.id] = new
        self._note_deadline(new, group)

    def _remove(self, old: ShownCall) -> None:
        del self.calls[old.call.id]
        group = self.groups[old.call.group_id]
        if old.live:
            group.remove_live(old)
            self._deadlines.forget(old.call.id)
        else:
            group.remove_ended(old.key)

    def _trim(self) -> None:
        """Drop completed calls beyond those kept. Not before all changes are in: one of them could need the place."""
        for group in self.groups.values():
            for call_id in group.trim_ended():
                del self.calls[call_id]

    def rename(self, names: Names, touched: Iterable[ShownCall]) -> list[Change]:
        """Take the directory's new names; these calls show them."""
        self.names = names
        changes: list[Change] = []
        for old in touched:
            if self.calls.get(old.call.id) is old:
                new = ShownCall(old.call)
                self.calls[old.call.id] = new
                if new.live:
                    self.groups[old.call.group_id].live[old.call.id] = new
                changes.append((old, new))
        return changes

    # Time

    def pass_time(self, now: datetime) -> list[Change]:
        """Do what the clock alone does: calls get lost, and the old ones leave."""
        changes: list[Change] = []
        for call_id in self._deadlines.passed(now):
            self._fall_due(self.calls[call_id], now, changes)
        for group in self.groups.values():
            while group.ended and group.ended[0][0] <= now - DAY:
                changes.append((self.calls.pop(group.ended.pop(0)[1]), None))
        return changes

    def _fall_due(self, shown: ShownCall, now: datetime, changes: list[Change]) -> None:
        if shown.call.heard_at + DAY <= now:
            self._remove(shown)
            changes.append((shown, None))
            return
        group = self.groups[shown.call.group_id]
        if shown.lost_by(now):
            group.lose(shown)
        self._note_deadline(shown, group)

    def _note_deadline(self, shown: ShownCall, group: GroupCalls) -> None:
        """Note when time alone will change a live call: when it counts as lost track, and then when it leaves."""
        if shown.lost_at is None or shown.call.id in group.lost:
            self._deadlines.note(shown.call.id, shown.call.heard_at + DAY)
        else:
            self._deadlines.note(shown.call.id, shown.lost_at)

    @property
    def day(self) -> date:
        """The day that today's figures are of, in the site's time zone."""
        return self._today.day

    def begin_day(self, day: date, tally: Tally) -> None:
        """Count today's figures anew: `tally` says which ended calls count on this day."""
        self._today = Today(day, tally)
        for group_id, group in self.groups.items():
            group.sums.update(dict.fromkeys(TODAYS, 0))
            self.counted_groups.note(group_id)
        for counted, count in tally.sums().items():
            self.groups[counted.group_id].sums[counted.figure] += count
            self.counted_groups.note(counted.group_id)

    # Completed calls that ran short

    def short_groups(self) -> list[int | None]:
        """The groups (None: no group) with fewer completed calls here than they show, and more in the database."""
        return [group_id for group_id, group in self.groups.items() if group.short]

    def refill(self, group_id: int | None, calls: list[Columns], now: datetime) -> list[Change]:
        """Bring the latest completed calls of a group that ran short; fewer than KEPT_ENDED are all there are."""
        group = self.groups[group_id]
        group.whole = True
        # What has changed since comes by itself, in its turn.
        missing = [call for call in calls if call.id not in self.calls and call.seq <= self.seq]
        new = [self._put(None, self._shown(call, now), now) for call in missing]
        self._trim()
        group.whole = len(calls) < KEPT_ENDED
        return [(None, shown) for shown in new if shown is not None]
