"""What a reading found: the sums of ended calls and the live ones, counted by the settings of their groups."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import iadd

from calls.database.columns import Columns
from calls.figures.definitions import judge
from calls.figures.group_rules import Rules
from calls.figures.parts import Settings, live_mark
from calls.figures.splits import Whose
from calls.figures.sums import Sums, Tally


@dataclass(slots=True)
class Reading:
    """The sums found, by what they were split by and then by direction and group; and the live calls.

    `as_of` is the number of the latest change in them. `behind` numbers are not in them yet, and `now` is when the
    live calls were looked at.
    """

    as_of: int
    behind: int
    now: datetime
    sums: dict[Whose, dict[tuple[str, int], Sums]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Sums))
    )
    live: dict[Whose, list[Columns]] = field(default_factory=lambda: defaultdict(list))

    def tallies(self, rules: Rules) -> dict[Whose, Tally]:
        """The calls counted by the settings of their groups."""
        return {whose: self._tally([whose], rules) for whose in self.of_all()}

    def of_all(self) -> set[Whose]:
        return {*self.sums, *self.live}

    def tally(self, rules: Rules) -> Tally:
        """All of them together."""
        return self._tally(self.of_all(), rules)

    def by_group(self, whose: Whose, rules: Rules) -> dict[int, Tally]:
        """The calls of each group (0: none), counted by its settings."""
        by_group: dict[int, Tally] = defaultdict(Tally)
        for (direction, group), sums in self.sums.get(whose, {}).items():
            by_group[group].add(direction, sums, rules.of(group))
        for call in self.live.get(whose, ()):
            group = call.group_id or 0
            by_group[group].marks[live_mark(call, rules.of(group), self.now)] += 1
        return by_group

    def _tally(self, whose: Collection[Whose], rules: Rules) -> Tally:
        # Groups that are counted alike are added up before: that is a tenth of counting each.
        pooled: dict[tuple[Settings, str], Sums] = defaultdict(Sums)
        for each in whose:
            for (direction, group), sums in self.sums.get(each, {}).items():
                pooled[rules.of(group).counting, direction] += sums
        tallies: dict[Settings, Tally] = defaultdict(Tally)
        for (settings, direction), sums in pooled.items():
            tallies[settings].add(direction, sums, settings)
        for call in (call for each in whose for call in self.live.get(each, ())):
            settings = rules.of(call.group_id)
            tallies[settings.counting].marks[live_mark(call, settings, self.now)] += 1
        return reduce(iadd, (judge(own, settings) for settings, own in tallies.items()), Tally())
