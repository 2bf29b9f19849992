"""Chance with a memory: lengths as people and telephones have them, and the shape of an office day."""

import math
from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

SITE = ZoneInfo("Asia/Kolkata")
QUIETEST = 0.15

Thing = TypeVar("Thing")


class Dice:
    """Draws for one call. `speed` shortens every length by that factor."""

    def __init__(self, seed: int, speed: float) -> None:
        self.random = Random(seed)
        self.speed = speed

    def seconds(self, median: float, spread: float, least: float, most: float) -> float:
        """A length with a long tail (lognormal), as waits and talks have."""
        drawn = self.random.lognormvariate(math.log(median), spread)
        return min(max(drawn, least), most) / self.speed

    def between(self, least: float, most: float) -> float:
        return self.random.uniform(least, most) / self.speed

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def one_of(self, weights: Mapping[Thing, int]) -> Thing:
        return self.random.choices(list(weights), list(weights.values()))[0]


def busyness(moment: datetime) -> float:
    """The share of the busiest hour's calls that come at this time of day: 1 at most, never 0.

    Busy from 10 to 13 and from 15 to 17 at the site, with lunch between.
    """
    at = moment.astimezone(SITE)
    hour = at.hour + at.minute / 60 + at.second / 3600
    morning = math.exp(-(((hour - 11.5) / 2.0) ** 4))
    afternoon = 0.85 * math.exp(-(((hour - 16) / 1.4) ** 4))
    return QUIETEST + (1 - QUIETEST) * min(1.0, morning + afternoon)
