"""Trends of the last hour: some figures by quarter of an hour, as bars with their text, for the strip of a board."""

from datetime import datetime, timedelta
from typing import Any

from calls.display import formats
from calls.figures.definitions import FIGURES, Figure, Unit
from calls.figures.glance import Groups, Shared
from calls.figures.parts import QUARTER_SECONDS, quarter_of
from calls.figures.reading import Asked, Rules, read
from calls.figures.spans import moment_of
from calls.figures.sums import Tally
from calls.figures.text import text_of
from calls.models.access import Scope

QUARTERS = 5
"""The four before, and the one that goes on."""
SHOWN = ("average-wait", "service-level", "answered", "lost")
KEPT_SECONDS = 6.0


def trends(scope: Scope, groups: Groups, now: datetime) -> dict[str, Any]:
    """By figure: `figure`, its name; `label`, what is drawn; `bars`; `goal_y`, a line, or None.

    A bar is drawn on 52 by 100 (y from the top). It says its number, and from when to when its calls began.
    """
    last = quarter_of(now)
    quarters = range(last - QUARTERS + 1, last + 1)
    # The whole quarter that goes on: its end would be cut out of it otherwise, and all its calls read one by one.
    asked = Asked(moment_of(quarters[0]), moment_of(last + 1), scope, groups)
    tallies = read(asked, "quarter", now).tallies(Rules())
    by_quarter = [(moment_of(quarter), tallies.get(quarter) or Tally()) for quarter in quarters]
    return {name.replace("-", "_"): _told(FIGURES[name], by_quarter) for name in SHOWN}


def _told(figure: Figure, by_quarter: list[tuple[datetime, Tally]]) -> dict[str, Any]:
    values = [figure.of(tally) for _, tally in by_quarter]
    amounts = [value.amount or 0 for value in values]
    highest = 1 if figure.unit is Unit.SHARE else max(amounts)
    moments = [formats.clock(began) for began, _ in by_quarter]
    *before, now = [f"{at} {text_of(value)}" for at, value in zip(moments, values, strict=True)]
    numbers = [*before, f"since {now}"]
    heights = [round(100 * amount / highest) if highest else 0 for amount in amounts]
    goal = _goal([tally for _, tally in by_quarter]) if figure.name == "service-level" else None
    return {
        "figure": figure.name,
        "label": f"{figure.label} by quarter of an hour",
        "bars": [
            {"x": 11 * at, "y": 100 - height, "height": height, "said": number, **_ends(began)}
            for at, (height, number, (began, _)) in enumerate(zip(heights, numbers, by_quarter, strict=True))
        ],
        "goal_y": None if goal is None else 100 - goal,
    }


def _ends(began: datetime) -> dict[str, str]:
    ends = (began, began + timedelta(seconds=QUARTER_SECONDS))
    return dict(zip(("from", "to"), (moment.strftime("%Y-%m-%dT%H:%MZ") for moment in ends), strict=True))


def _goal(tallies: list[Tally]) -> int | None:
    among = sum(tally.level_of for tally in tallies)
    return round(100 * sum(tally.goal for tally in tallies) / among) if among else None


shared = Shared(trends, seconds=KEPT_SECONDS, by_settings=True)
