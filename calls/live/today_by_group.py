"""Today's figures of a scope by the names of its groups, counted again only for groups whose figures changed."""

from collections import defaultdict

from calls.live.groups import TODAYS
from calls.live.picture import Picture
from calls.live.totals import Figures, group_name
from calls.models.access import Scope


class TodayByGroup:
    """`figures` are those of the last `update`, by name; a group without any is not in them.

    Groups of one name (joined ones, or such as are alike once they are masked) are one.
    """

    def __init__(self, scope: Scope, picture: Picture) -> None:
        self.figures: dict[str, Figures] = {}
        self._scope, self._picture = scope, picture
        self._begin()

    def _begin(self) -> None:
        picture = self._picture
        self._names, self._seen = picture.names, picture.counted_groups.latest
        self._ids: defaultdict[str, set[int | None]] = defaultdict(set)
        ids = picture.groups if self._scope.groups is None else self._scope.groups & picture.groups.keys()
        self._recount(set(map(self._place, ids)))

    def _place(self, group_id: int | None) -> str:
        name = group_name(group_id, self._names.groups, self._scope.masked)
        self._ids[name].add(group_id)
        return name

    def update(self) -> dict[str, Figures | None]:
        """What changed since the last time: a group's figures, or None where it has none any more, or its name is
        another one now."""
        if self._picture.names is not self._names:
            before, self.figures = self.figures, {}
            self._begin()
            names = before.keys() | self.figures.keys()
            return {name: self.figures.get(name) for name in names if before.get(name) != self.figures.get(name)}
        counted = self._picture.counted_groups
        changed = {self._place(each) for each in counted.since(self._seen) if self._scope.allows(each)}
        self._seen = counted.latest
        return self._recount(changed)

    def _recount(self, names: set[str]) -> dict[str, Figures | None]:
        changed: dict[str, Figures | None] = {}
        for name in names:
            sums = [self._picture.groups[group_id].sums for group_id in self._ids[name]]
            now = {figure: count for figure in TODAYS if (count := sum(each[figure] for each in sums))}
            if now != self.figures.get(name, {}):
                changed[name] = now or None
                if now:
                    self.figures[name] = now
                else:
                    del self.figures[name]
        return changed
