"""The patience of every group, learned from the last four weeks: read from the roll-ups, and kept for a while."""

import threading
import time
from datetime import datetime, timedelta

from calls.days import day_of, site_zone
from calls.figures.group_rules import Rules
from calls.figures.parts import Settings
from calls.figures.patience import Patience, patience_of
from calls.figures.reading import Asked, read
from calls.figures.spans import midnight
from calls.models.access import Scope
from calls.words import Direction

DAYS = 28
"""The weeks before today. Today is left out: its calls still go on, and whole days are read at once."""
KEPT_SECONDS = 900.0
KEPT_WHILE_COUNTED_SECONDS = 30.0
"""What was learned while figures are still being counted is no more than a beginning."""
EVERYTHING = Scope(None, masked=False)


def learn(now: datetime, rules: Rules) -> tuple[dict[int, Patience], bool]:
    """The patience of each group (0: calls without one) of which enough is known; and whether all calls are counted."""
    today, zone = day_of(now), site_zone()
    asked = Asked(midnight(today - timedelta(DAYS), zone), midnight(today, zone), EVERYTHING)
    found, reading = {}, read(asked, "group", now)
    for group, sums in reading.sums.items():
        known = patience_of(sums[Direction.INCOMING, int(group)], rules.of(int(group)))
        if known:
            found[int(group)] = known
    return found, not reading.behind


class LearnedPatience:
    """What was learned last. A change of the settings of a group makes it learn anew, as time does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = float("-inf")
        self._own: dict[int, Settings] = {}
        self._found: dict[int, Patience] = {}

    def get(self, now: datetime) -> dict[int, Patience]:
        """The patience by the id of a group, 0 without one; of groups with too few calls there is none."""
        rules = Rules()
        with self._lock:
            if time.monotonic() >= self._until or self._own != rules.own:
                (self._found, whole), self._own = learn(now, rules), rules.own
                self._until = time.monotonic() + (KEPT_SECONDS if whole else KEPT_WHILE_COUNTED_SECONDS)
            return self._found

    def forget(self) -> None:
        self._until = float("-inf")


patiences = LearnedPatience()
