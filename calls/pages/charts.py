"""The chart and the heat map of the Figures page. Each of their numbers has the address of its inspector."""

from datetime import timedelta
from typing import Any

from calls.display import formats
from calls.figures.asking import Question
from calls.figures.definitions import FEW, FIGURES
from calls.figures.group_rules import Rules
from calls.figures.reading import read
from calls.figures.spans import HOURS_OF_DAY
from calls.figures.sums import Tally
from calls.figures.telling import WEEKDAYS
from calls.models.access import Scope

LEAST_DAYS_OF_A_HEAT_MAP = 7
MOST_LABELS = 31
LONGEST_DAY = timedelta(hours=25)
"""That on which clocks are put back."""
STACKED = ("answered", "lost", "other")
"""The figures of a bar, the lowest first. Together they are the offered calls."""


def chart(asked: Question, scope: Scope, rules: Rules) -> dict[str, Any]:
    """The offered calls by hour of a day, or by day of a longer span: bars, in hundredths of the highest."""
    start, end = asked.bounds()
    by = "hour" if end - start <= LONGEST_DAY else "day"
    tallies = read(asked.asked(scope), by, asked.now, rules).tallies(rules)
    if by == "hour":
        places = [(hour, f"{hour:02}") for hour in range(HOURS_OF_DAY)]
    else:
        days = range(asked.first.toordinal(), asked.last.toordinal() + 1)
        places = [(day, str(asked.first.fromordinal(day).day)) for day in days]
    counts = [_counts(tallies.get(place)) for place, _ in places]
    highest = max(each["offered"] for each in counts)
    bars = [
        {
            "x": at * 10,
            "label": label,
            "labelled": len(places) <= MOST_LABELS or at % (len(places) // 12) == 0,
            "query": asked.fixed().address(by=by, of=place),
            "counts": {name: formats.figure(count) for name, count in counts[at].items() if counts[at]["offered"]},
            "parts": _parts(counts[at], highest),
        }
        for at, (place, label) in enumerate(places)
    ]
    return {"by": by, "bars": bars, "highest": formats.figure(highest), "width": len(bars) * 10}


def _counts(tally: Tally | None) -> dict[str, int]:
    return {name: int(FIGURES[name].of(tally or Tally()).numerator) for name in ("offered", *STACKED)}


def _parts(counts: dict[str, int], highest: int) -> list[dict[str, Any]]:
    """What a bar is stacked of; y from the top."""
    parts, y = [], 100.0
    for name in STACKED:
        if counts[name]:
            height = 100 * counts[name] / highest
            y -= height
            count = formats.figure(counts[name])
            parts.append({"name": name, "count": count, "y": f"{y:.2f}", "height": f"{height:.2f}"})
    return parts


def heat_map(asked: Question, scope: Scope, rules: Rules) -> list[dict[str, Any]] | None:
    """Lost calls by weekday and hour, of spans of a week and more."""
    if asked.days < LEAST_DAYS_OF_A_HEAT_MAP:
        return None
    tallies = read(asked.asked(scope), "week_hour", asked.now, rules).tallies(rules)
    return [
        {"day": WEEKDAYS[day], "cells": [_heat(asked, tallies, day, hour) for hour in range(HOURS_OF_DAY)]}
        for day in range(7)
    ]


def _heat(asked: Question, tallies: dict[Any, Tally], day: int, hour: int) -> dict[str, Any]:
    """A cell with its counts, and a level of 1 (below a tenth) to 5 by the share of lost calls.

    0 where none was lost, and where the offered ones are too few for a share: 2 of 2 at night would outshine 30 of 90.
    """
    place = day * HOURS_OF_DAY + hour
    counts = _counts(tallies.get(place))
    lost, offered = counts["lost"], counts["offered"]
    level = min(5, int(10 * lost / offered + 1)) if lost and offered >= FEW else 0
    query = asked.fixed().address(by="week_hour", of=place)
    return {"hour": hour, "lost": lost, "offered": offered, "level": level, "query": query}
