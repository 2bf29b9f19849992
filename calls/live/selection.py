"""A selection: what one scope sees of the picture, and what a change means to it."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Any

from calls.live.groups import GroupCalls
from calls.live.picture import Picture
from calls.live.queries import SHOWN_ENDED
from calls.live.shown_call import Change, ShownCall
from calls.live.totals import totals_of
from calls.models.access import Scope


class Selection:
    """The live calls of a scope, its latest completed calls and its totals."""

    def __init__(self, scope: Scope, picture: Picture) -> None:
        self.scope = scope
        self.picture = picture
        self._take_ended()

    def _take_ended(self) -> None:
        self._ended = self._latest_ended()
        self._ended_ids = {call_id for _, call_id in self._ended}

    def _groups(self) -> list[GroupCalls]:
        groups = self.picture.groups
        if self.scope.groups is None:
            return list(groups.values())
        return [groups[group_id] for group_id in self.scope.groups if group_id in groups]

    def _latest_ended(self) -> list[tuple[datetime, int]]:
        """The keys of the completed calls that are shown, the oldest first."""
        of_groups = chain.from_iterable(group.ended[-SHOWN_ENDED:] for group in self._groups())
        return sorted(of_groups)[-SHOWN_ENDED:]

    # The whole

    def calls(self) -> list[ShownCall]:
        """Every call that is shown: the live ones in no order, then the completed, latest first."""
        known = self.picture.calls
        live = chain.from_iterable(group.live.values() for group in self._groups())
        return [*live, *(known[call_id] for _, call_id in reversed(self._ended))]

    def totals(self) -> dict[str, Any]:
        return totals_of(self._groups(), self.picture.day)

    @property
    def seq(self) -> int:
        """The number of the latest change of a call of this scope: those of others do not move it."""
        if self.scope.groups is None:
            return self.picture.seq
        return max((group.seq for group in self._groups()), default=0)

    @property
    def heard_at(self) -> datetime | None:
        """When a delivery last changed a call of this scope."""
        known = self.picture.heard_at
        groups = known if self.scope.groups is None else self.scope.groups & known.keys()
        return max((known[group_id] for group_id in groups), default=None)

    def live_digest(self) -> tuple[int, int]:
        """How many live calls there are, and the sum of their numbers."""
        groups = self._groups()
        return sum(len(group.live) for group in groups), sum(group.seq_sum for group in groups)

    # Changes

    def difference(self, changes: Iterable[Change]) -> tuple[list[ShownCall], set[int]]:
        """What changes mean here: calls to be shown as they are now, and the ids of those that are gone."""
        shown: list[ShownCall] = []
        gone: set[int] = set()
        ended: list[Change] = []
        for old, new in changes:
            if self.scope.groups is not None:
                old, new = self._within(old), self._within(new)
            if (old is not None and not old.live) or (new is not None and not new.live):
                ended.append((old, new))
            elif new is not None:
                shown.append(new)
            elif old is not None:
                gone.add(old.call.id)
        if ended:
            self._difference_of_ended(ended, shown, gone)
        return shown, gone

    def _within(self, shown: ShownCall | None) -> ShownCall | None:
        return shown if shown is not None and self.scope.allows(shown.call.group_id) else None

    def _difference_of_ended(self, changes: list[Change], shown: list[ShownCall], gone: set[int]) -> None:
        """The same for changes that touch completed calls: what enters the latest 200 pushes another one out."""
        entered, left = self._update_ended(changes)
        for old, new in changes:
            if new is not None and (new.live or new.call.id in self._ended_ids):
                shown.append(new)
                entered.discard(new.call.id)
            elif old is not None and (old.live or old.call.id in left):
                gone.add(old.call.id)
        gone.update(left - {(old or new).call.id for old, new in changes})  # type: ignore[union-attr]
        shown.extend(self.picture.calls[call_id] for call_id in entered)

    def _update_ended(self, changes: list[Change]) -> tuple[set[int], set[int]]:
        """Bring the latest completed calls up to date; gives the ids of those that entered, and of those that left."""
        before = len(self._ended)
        entered, left = self._replace_ended(changes)
        if before >= SHOWN_ENDED > len(self._ended):
            known = self._ended_ids
            self._take_ended()
            entered |= self._ended_ids - known
        for _, call_id in self._ended[:-SHOWN_ENDED]:
            self._ended_ids.remove(call_id)
            if call_id not in entered:
                left.add(call_id)
        del self._ended[:-SHOWN_ENDED]
        return entered & self._ended_ids, left - self._ended_ids

    def _replace_ended(self, changes: list[Change]) -> tuple[set[int], set[int]]:
        """Take the old calls out of the latest completed and put the new ones in, even if they become too many."""
        ids, entered, left = self._ended_ids, set[int](), set[int]()
        # Of a full list, whatever is older than its oldest is not in it.
        floor = self._ended[0] if len(self._ended) >= SHOWN_ENDED else None
        for old, new in changes:
            if old is not None and not old.live and old.call.id in ids:
                del self._ended[bisect_left(self._ended, old.key)]
                ids.remove(old.call.id)
                left.add(old.call.id)
            if new is not None and not new.live and (floor is None or new.key >= floor):
                insort(self._ended, new.key)
                ids.add(new.call.id)
                entered.add(new.call.id)
        return entered, left
