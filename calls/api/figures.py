"""`/api/v1/figures/`: every figure of a span, as a whole and by rows, and those of now. Each has its formula,
and is as of a change.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from calls.database.connecting import as_of_one_moment
from calls.figures.asking import Question, Unanswerable, question
from calls.figures.close_look import CLOSE_FIGURES, Found
from calls.figures.close_reading import look_closely
from calls.figures.definitions import FIGURES, Figure, Value
from calls.figures.group_rules import Rules
from calls.figures.reading import Asked, read
from calls.figures.sums import Tally
from calls.figures.telling import by_agent, rows_of
from calls.figures.text import text_of
from calls.live.now import FIGURES_OF_NOW, FigureOfNow, count_now
from calls.models.access import Scope

from .views import CallsView

PARAMETERS = {"span", "from", "to", "by", "group", "hours", "close"}


class Figures(CallsView):
    """The figures of the days asked for, as the Figures page shows them.

    Query: `span` (30m, today, yesterday, 7d, 30d, month, last-month) or `from` and `to` (days of the site's time zone,
    both within the span; or moments with their zone, the second one after it), `by` (group, agent, line, source, day,
    weekday, hour, week_hour; of two days at most quarter), `group`, again and again (the name of a call group in any
    spelling), `hours` (business: calls within the hours of their groups), `close` (yes: also the figures of a closer
    look; null where the span has too many calls).
    Each figure: `numerator` and `denominator` as counted, `value` (null over nothing; shares between 0 and 1, lengths
    in seconds), `text` as people read it.
    """

    def get(self, request: Request) -> Response:
        asked = asked_by(request, PARAMETERS)
        with as_of_one_moment():
            return Response(answer(asked, self.viewer, request.query_params.get("close") == "yes"))


class FiguresOfNow(CallsView):
    """What is true now, as the board's strip says it. Query: `group`, again and again.

    Each figure as above. `calls`: how many live calls count as what.
    """

    def get(self, request: Request) -> Response:
        asked = asked_by(request, {"group"})
        with as_of_one_moment():
            found = count_now(self.viewer, asked.asked(self.viewer).groups, asked.now)
        return Response(
            {
                "as_of": found.as_of,
                "now": written(found.now),
                "figures": {name: value_told(found.of(figure)) for name, figure in FIGURES_OF_NOW.items()},
                "calls": found.marks,
                "definitions": definitions(FIGURES_OF_NOW),
            }
        )


def asked_by(request: Request, parameters: set[str]) -> Question:
    if unknown := set(request.query_params) - parameters:
        raise ValidationError({name: ["Unknown parameter."] for name in sorted(unknown)})
    try:
        return question(request.query_params, timezone.now())
    except Unanswerable as problem:
        raise ValidationError({problem.parameter: [str(problem)]}) from None


def written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def definitions(figures: Mapping[str, Figure | FigureOfNow]) -> dict[str, dict[str, str]]:
    return {
        name: {"label": figure.label, "formula": figure.formula, "unit": str(figure.unit)}
        for name, figure in figures.items()
    }


def answer(asked: Question, viewer: Scope, close: bool) -> dict[str, Any]:
    rules = Rules()
    narrowed = asked.asked(viewer)
    reading, whole = read(narrowed, asked.by, asked.now, rules), read(narrowed, "", asked.now)
    return {
        "as_of": whole.as_of,
        "behind": whole.behind,
        "now": written(asked.now),
        **asked.ends,
        "by": asked.by,
        "hours": asked.hours or None,
        "figures": told(whole.tally(rules)),
        "close": closely(narrowed, asked.now, viewer) if close else None,
        "rows": [
            {"id": each.token, "name": each.name, "number": each.number or None, "figures": told(each.tally)}
            for each in rows_of(asked, reading, rules, viewer)
        ],
        "definitions": definitions(FIGURES),
    }


def told(tally: Tally) -> dict[str, dict[str, Any]]:
    return {name: value_told(figure.of(tally)) for name, figure in FIGURES.items()}


def closely(asked: Asked, now: datetime, viewer: Scope) -> dict[str, dict[str, Any]] | None:
    found = look_closely(asked, now)
    if found is None:
        return None
    return {
        name: {**value_told(each.value), "formula": CLOSE_FIGURES[name].formula, "agents": agents_told(each, viewer)}
        for name, each in found.items()
    }


def agents_told(found: Found, viewer: Scope) -> list[dict[str, Any]]:
    return [
        {"id": each.token, "name": each.name, "number": each.number or None, **value_told(each.found.value)}
        for each in by_agent(found, viewer)
    ]


def value_told(value: Value) -> dict[str, Any]:
    return {
        "numerator": value.numerator,
        "denominator": value.denominator,
        "value": value.amount,
        "text": text_of(value),
    }
