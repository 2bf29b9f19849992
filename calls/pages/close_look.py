"""The figures that set calls beside one another: tiles of the Figures page, and the inspector behind each."""

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from calls.display import formats
from calls.figures.asking import Question
from calls.figures.close_look import CLOSE_FIGURES, CloseFigure, Found
from calls.figures.close_reading import MOST_CALLS, look_closely
from calls.figures.group_rules import Rules
from calls.figures.inspector import Listed, calls_named
from calls.figures.reading import read
from calls.figures.telling import AgentsOwn, by_agent
from calls.figures.text import text_of
from calls.models.access import Scope
from calls.pages.figures import asked_for, common, told
from calls.whole_numbers import whole_number

PAGE = 50
MOST_AGENTS = 200


def tiles(asked: Question, found: dict[str, Found] | None) -> list[dict[str, Any]]:
    """Of each figure its text and the address of its inspector; none where the span has too many calls."""
    return [
        {"figure": figure, "text": text_of(found[name].value), "note": note_of(figure, found[name])}
        for name, figure in CLOSE_FIGURES.items()
        if found
    ]


def note_of(figure: CloseFigure, found: Found) -> str:
    if found.moment is None:
        return figure.note
    return f"at {formats.exact(datetime.fromtimestamp(found.moment, UTC))}"


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


def agent_chosen(request: HttpRequest, agents: list[AgentsOwn]) -> AgentsOwn | None:
    """The agent that an address names; None where it names none. Of one without calls there is no page."""
    token = request.GET.get("agent", "")
    if not token:
        return None
    for each in agents:
        if each.token == token:
            return each
    raise Http404


def agent_told(each: AgentsOwn, asked: Question) -> dict[str, Any]:
    value = each.found.value
    return {
        "name": each.name,
        "number": each.number,
        "counted": formats.figure(int(value.numerator)),
        "among": formats.figure(int(value.denominator)),
        "text": text_of(value),
        "query": asked.stopped().address(agent=each.token),
    }


def sides_told(its: Found, asked: Question, current: str, chosen: AgentsOwn | None) -> list[dict[str, Any]]:
    sides = [("Counted", "counted", its.counted), ("Not counted, but among those it is a share of", "among", its.among)]
    return [
        {
            "word": word,
            "count": formats.figure(len(each)),
            "query": asked.stopped().address(side=code, agent=chosen and chosen.token),
            "current": code == current,
        }
        for word, code, each in sides
        if each or code == "counted"
    ]


@asked_for
def close_figure(request: HttpRequest, asked: Question, scope: Scope, name: str) -> HttpResponse:
    """The inspector of one: its formula, and the calls that it was counted from, the latest first."""
    if name not in CLOSE_FIGURES:
        raise Http404
    found = look_closely(asked.asked(scope), asked.now)
    if found is None:
        return close_look(request)
    its, rules, agents = found[name], Rules(), by_agent(found[name], scope)
    chosen = agent_chosen(request, agents)
    if chosen:
        its = chosen.found
    side = "among" if request.GET.get("side") == "among" else "counted"
    ids = its.among if side == "among" else its.counted
    at = place_of(request.GET.get("place", ""))
    context = {
        **common(asked, read(asked.asked(scope), "", asked.now), rules),
        "figure": CLOSE_FIGURES[name],
        "chosen": chosen,
        "agents": [] if chosen else [agent_told(each, asked) for each in agents[:MOST_AGENTS]],
        "all_agents": len(agents),
        "text": text_of(its.value),
        "value": its.value,
        "note": note_of(CLOSE_FIGURES[name], its),
        "whole": asked.stopped().address(),
        "back": asked.address(of=""),
        "sides": sides_told(its, asked, side, chosen),
        "listed": told(Listed(calls_named(ids[at : at + PAGE], asked.now), ""), scope),
        "older": asked.stopped().address(side=side, agent=chosen and chosen.token, place=at + PAGE)
        if len(ids) > at + PAGE
        else "",
    }
    return render(request, "figures/close_figure.html", context)
