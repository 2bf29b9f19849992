"""The figures of the board's strip: the last 30 minutes beside today, of the groups that the address names; and today's
of each of these groups.
"""

from collections import defaultdict
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls.figures.asking import Question, days_of, question
from calls.figures.glance import Glance, day_told, glances, told
from calls.figures.sums import Tally
from calls.figures.trends import shared as trends
from calls.live.totals import group_name
from calls.models import CallGroup
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
    by_group = request.GET.get("by") == "group"
    return JsonResponse({**strip_told(scope, asked, by_group), "attention": attention})


def strip_of(scope: Scope, said: QueryDict, by_group: bool) -> dict[str, Any]:
    """The figures, and the queries that lead to their inspectors; `by_group`: the day of each group, too."""
    return strip_told(scope, lately(said), by_group)


def strip_told(scope: Scope, asked: Question, by_group: bool) -> dict[str, Any]:
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
    if by_group:
        found["groups"] = groups_told(scope, read, today_of(asked))
    return {**found, "queries": queries}


def groups_told(scope: Scope, read: Glance, today: Question) -> dict[str, Any]:
    """The day of each group that had a call, by the name that rows of the board say, and that of all of them.

    `query` leads to the inspectors of one group, with its name added; `query_of_all` to those of all.
    """
    named = CallGroup.objects.filter(id__in=[group for group in read.groups if group])
    names = dict(named.values_list("id", Coalesce("joined_into__name", "name")))
    days: dict[str, Tally] = defaultdict(Tally)
    for group, tally in read.groups.items():
        if any(tally.marks.values()) and (group in names or not group):
            days[group_name(group or None, names, scope.masked)] += tally
    return {
        "rows": {name: day_told(tally) for name, tally in sorted(days.items())},
        "all": day_told(read.today),
        "query": replace(today, groups=()).address(),
        "query_of_all": today.address(),
    }


def today_of(asked: Question) -> Question:
    today, _today = days_of("today", asked.now)
    return replace(asked, span="days", first=today, last=today)


def lately(said: QueryDict) -> Question:
    """The last 30 minutes of the groups that an address names."""
    groups = QueryDict(mutable=True)
    groups.setlist("group", said.getlist("group"))
    groups["span"] = "30m"
    return question(groups, timezone.now())
