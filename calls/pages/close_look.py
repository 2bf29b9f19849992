"""The figures that set calls beside one another: tiles of the Figures page, and the inspector behind each."""

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from calls.display import formats
from calls.figures.asking import Question
from calls.figures.close_look import CLOSE_FIGURES, Found
from calls.figures.close_reading import MOST_CALLS, look_closely
from calls.figures.group_rules import Rules
from calls.figures.inspector import Listed, calls_named
from calls.figures.reading import read
from calls.figures.text import text_of
from calls.models.access import Scope
from calls.pages.figures import asked_for, common, told
from calls.whole_numbers import whole_number

PAGE = 50


def tiles(asked: Question, found: dict[str, Found] | None) -> list[dict[str, Any]]:
    """Of each figure its text and the address of its inspector; none where the span has too many calls."""
    return [
        {"figure": figure, "text": text_of(found[name].value), "note": moment_of(found[name])}
        for name, figure in CLOSE_FIGURES.items()
        if found
    ]


def moment_of(found: Found) -> str:
    return f"at {formats.exact(datetime.fromtimestamp(found.moment, UTC))}" if found.moment is not None else ""


def place_of(text: str) -> int:
    """Where in the list of calls a page begins; at its start for what no page named."""
    return whole_number(text, MOST_CALLS) or 0


@asked_for
def close_look(request: HttpRequest, asked: Question, scope: Scope) -> HttpResponse:
    """All of them for a span."""
    rules, found = Rules(), look_closely(asked.asked(scope), asked.now)
    reading = read(asked.asked(scope), "", asked.now)
    context = {**common(asked, reading, rules), "tiles": tiles(asked, found), "most": MOST_CALLS}
    return render(request, "figures/close_look.html", context)


@asked_for
def close_figure(request: HttpRequest, asked: Question, scope: Scope, name: str) -> HttpResponse:
    """The inspector of one: its formula, and the calls that it was counted from, the latest first."""
    if name not in CLOSE_FIGURES:
        raise Http404
    found = look_closely(asked.asked(scope), asked.now)
    if found is None:
        return close_look(request)
    its, rules = found[name], Rules()
    sides = [("Counted", "counted", its.counted), ("Not counted, but among those it is a share of", "among", its.among)]
    side = "among" if request.GET.get("side") == "among" else "counted"
    ids = its.among if side == "among" else its.counted
    at = place_of(request.GET.get("place", ""))
    context = {
        **common(asked, read(asked.asked(scope), "", asked.now), rules),
        "figure": CLOSE_FIGURES[name],
        "text": text_of(its.value),
        "value": its.value,
        "note": moment_of(its),
        "back": asked.address(of=""),
        "sides": [
            {
                "word": word,
                "count": formats.figure(len(each)),
                "query": asked.stopped().address(side=code),
                "current": code == side,
            }
            for word, code, each in sides
            if each or code == "counted"
        ],
        "listed": told(Listed(calls_named(ids[at : at + PAGE], asked.now), ""), scope),
        "older": asked.stopped().address(side=side, place=at + PAGE) if len(ids) > at + PAGE else "",
    }
    return render(request, "figures/close_figure.html", context)
