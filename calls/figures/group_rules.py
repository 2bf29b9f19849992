"""How the calls of each group are counted, as it stands now."""

from collections.abc import Iterable
from copy import copy

from calls.days import site_zone
from calls.figures.hours import hours_of
from calls.figures.parts import Clock, Formula, Settings
from calls.figures.spans import quarter_of_week
from calls.models import FigureSettings

_COLUMNS = (
    *("group_id", "threshold", "short", "goal", "clock", "ivr_allowance", "formula", "hours", "promise"),
    "menu_offered",
)


class Rules:
    """The settings of all groups, read once."""

    def __init__(self) -> None:
        rows = FigureSettings.objects.values_list(*_COLUMNS)
        self.own = {
            group or 0: Settings(
                threshold, short, goal, Clock(clock), allowance, Formula(formula), hours_of(hours), promise, menu
            )
            for group, threshold, short, goal, clock, allowance, formula, hours, promise, menu in rows
        }
        self._forget()

    def _forget(self) -> None:
        self._one_of: dict[int, int] = {}
        self._first: dict[Settings, int] = {}

    @property
    def know_hours(self) -> bool:
        """Whether any group has business hours."""
        return any(settings.hours for settings in self.own.values())

    def without_own(self, groups: Iterable[int]) -> list[int]:
        """Of these groups those that are counted as all others are."""
        return [group for group in groups if group not in self.own]

    def with_settings(self, group: int | None, settings: Settings) -> "Rules":
        """The same but for one group, or (None) for all that have no settings of their own."""
        rules = copy(self)
        rules.own = {**self.own, group or 0: settings}
        rules._forget()
        return rules

    def of(self, group: int | None) -> Settings:
        """The settings of a group (None: no group): its own, else those for all, else the defaults."""
        return self.own.get(group or 0) or self.own.get(0) or Settings()

    def one_of(self, group: int) -> int:
        """The group that stands for all that are counted as this one is: the first of them that was asked for."""
        if group not in self._one_of:
            self._one_of[group] = self._first.setdefault(self.of(group).counting, group)
        return self._one_of[group]

    def is_open(self, quarter: int, group: int | None) -> bool:
        """Whether a quarter of an hour, counted from 1970, is within a group's hours. Without hours it always is."""
        hours = self.of(group).hours
        return hours is None or hours.has(quarter_of_week(quarter, site_zone()))
