"""The figures of the board's strip: the last 30 minutes beside today, of the groups that the address names."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls.figures.asking import Question, days_of, question
from calls.figures.glance import glances, told
from calls.figures.trends import shared as trends
from calls.models.access import Scope, scope_of
from calls.pages.attention import attention_of


@require_safe
def glance(request: HttpRequest) -> HttpResponse:
    """What an open board asks for every 3 s. Not a page: who is not signed in any more is told so, not led away."""
    scope = scope_of(request.user)
    if scope is None:
        return JsonResponse({}, status=403)
    asked = lately(request.GET)
    groups = asked.asked(scope).groups
    attention = attention_of(scope, groups, asked.now, request.GET.get("patience", ""))
    return JsonResponse({**strip_told(scope, asked), "attention": attention})


def strip_of(scope: Scope, said: QueryDict) -> dict[str, Any]:
    """The figures, and the queries that lead to their inspectors."""
    return strip_told(scope, lately(said))


def strip_told(scope: Scope, asked: Question) -> dict[str, Any]:
    groups = asked.asked(scope).groups
    read = glances.get(scope, groups, asked.now)
    found, asked = told(read), replace(asked, now=read.now)
    found["trends"] = trends.get(scope, groups, asked.now)
    queries = {
        "lately": asked.fixed().address(),
        "today": today_of(asked).address(),
        "moments": asked.address(span="moments"),
        "now": urlencode([("group", group) for group in asked.groups]),
    }
    return {**found, "queries": queries}


def today_of(asked: Question) -> Question:
    today, _today = days_of("today", asked.now)
    return replace(asked, span="days", first=today, last=today)


def lately(said: QueryDict) -> Question:
    """The last 30 minutes of the groups that an address names."""
    groups = QueryDict(mutable=True)
    groups.setlist("group", said.getlist("group"))
    groups["span"] = "30m"
    return question(groups, timezone.now())
