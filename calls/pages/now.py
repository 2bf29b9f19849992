"""The inspectors of what is true now: how many calls are live, wait, or are lost track of, and the longest wait."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from calls.database.columns import columns_of, lost_track_after
from calls.display import figure_words, formats
from calls.display.rows import read_names, row
from calls.display.wording import DOUBTED, UNKNOWN, state_word
from calls.figures.asking import Question
from calls.figures.inspector import COUNTED, OUT
from calls.figures.learned_patience import patiences
from calls.figures.parts import Clock
from calls.figures.patience import LONG_WAIT_SECONDS, TOO_LONG_SECONDS
from calls.figures.reading import Asked
from calls.figures.telling import group_names
from calls.figures.text import text_of
from calls.live.now import FIGURES_OF_NOW, TALKING, WAITING, Groups, calls_of_now, count_now
from calls.models.access import Scope
from calls.pages.figures import SIDE_WORDS, asked_for
from calls.whole_numbers import whole_number
from calls.words import State

PAGE = 50
FURTHEST = 100_000


@asked_for
def figure_of_now(request: HttpRequest, asked: Question, scope: Scope, name: str) -> HttpResponse:
    """One figure of now: its formula, the settings in force, its calls, and those that it leaves out."""
    figure = FIGURES_OF_NOW.get(name)
    if figure is None:
        raise Http404
    groups, now = asked.asked(scope).groups, asked.now
    found = count_now(scope, groups, now)
    side = OUT if request.GET.get("side") == OUT else COUNTED
    sides = {each: found.side(figure, each == COUNTED) for each in (COUNTED, OUT)}
    at = whole_number(request.GET.get("place", ""), FURTHEST) or 0
    listed = list(calls_of_now(sides[side], scope, groups, now)[at : at + PAGE])
    context = {
        "figure": figure,
        "figures": FIGURES_OF_NOW.values(),
        "text": text_of(found.of(figure)),
        "query": query(asked),
        "sides": [side_told(each, marks, asked, each == side) for each, marks in sides.items()],
        "listed": told(listed, scope, now),
        "older": query(asked, side, at + PAGE) if sum(sides[side].values()) > at + PAGE else "",
        "limits": wait_limits(scope, groups, now) if figure.counted == WAITING else [],
        "silences": [(state_word(state), formats.about(after.total_seconds())) for state, after in silences()],
        "as_of": found.as_of,
        "clock": formats.clock_seconds(now),
        "zone": formats.zone_word(now),
    }
    return render(request, "figures/now.html", context)


def query(asked: Question, side: str = "", place: int = 0) -> str:
    said = [*(("group", group) for group in asked.groups), ("side", side), ("place", place)]
    return urlencode([(name, value) for name, value in said if value])


def side_told(side: str, marks: dict[str, int], asked: Question, current: bool) -> dict[str, Any]:
    return {
        "word": SIDE_WORDS[side],
        "count": formats.figure(sum(marks.values())),
        "marks": [(figure_words.NOW_MARKS[mark], formats.figure(number)) for mark, number in marks.items()],
        "query": query(asked, side),
        "current": current,
    }


def silences() -> list[tuple[str, Any]]:
    """After how long a silence a call of each state counts as lost track, in the order of a call."""
    after = lost_track_after()
    return [(state, after[state]) for state in State if state in after]


def wait_limits(scope: Scope, groups: Groups, now: datetime) -> list[dict[str, Any]]:
    """When a wait is long, and too long: of all calls, and sooner where the callers of a group are less patient."""
    names, asked = group_names(scope), Asked(now, now, scope, groups)
    own = {names[key]: its for key, its in patiences.get(now).items() if asked.allows(key or None)}
    return [
        limit("All calls", LONG_WAIT_SECONDS[1], TOO_LONG_SECONDS[1], Clock.WHOLE_CALL, 0),
        *(limit(name, its.long_wait, its.too_long, its.clock, its.allowance) for name, its in sorted(own.items())),
    ]


def limit(whose: str, long: int, too_long: int, clock: str, allowance: int) -> dict[str, Any]:
    return {
        "whose": whose,
        "long": long,
        "too_long": too_long,
        "clock": figure_words.CLOCKS[clock],
        "allowance": allowance,
    }


def told(calls: list[Any], scope: Scope, now: datetime) -> list[dict[str, Any]]:
    """The calls as a list shows them, each with what it counts as and how long it has waited or talked."""
    names = read_names()
    return [
        {
            "row": row(columns_of(call), names, scope.masked),
            "url": f"/?call={call.pk}",
            "began": formats.exact(call.began_at),
            "mark": mark_of(call),
            "wait": length(call.began_at, now) if call.mark in WAITING else UNKNOWN,
            "talk": length(call.answered_at or call.began_at, now) if call.mark == TALKING else UNKNOWN,
        }
        for call in calls
    ]


def mark_of(call: Any) -> str:
    word = str(figure_words.NOW_MARKS[call.mark])
    return f"{word}, {str(DOUBTED).lower()}" if "agent_elsewhere" in call.flags else word


def length(since: datetime, now: datetime) -> str:
    return formats.length(max(0, int((now - since).total_seconds())))
