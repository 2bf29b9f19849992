"""The figures of the board's strip: the last 30 minutes beside today, of the groups that the address names."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls.figures.asking import question
from calls.figures.glance import glances, told
from calls.models.access import Scope, scope_of


@require_safe
def glance(request: HttpRequest) -> HttpResponse:
    """What an open board asks for every 3 s. Not a page: who is not signed in any more is told so, not led away."""
    scope = scope_of(request.user)
    if scope is None:
        return JsonResponse({}, status=403)
    return JsonResponse(strip_of(scope, request.GET))


def strip_of(scope: Scope, said: QueryDict) -> dict[str, Any]:
    """The figures, and the queries that lead to their inspectors."""
    groups = QueryDict(mutable=True)
    groups.setlist("group", said.getlist("group"))
    groups["span"] = "30m"
    lately = question(groups, timezone.now())
    found = told(glances.get(scope, lately.asked(scope).groups, lately.now))
    return {**found, "queries": {"lately": lately.address(), "today": lately.address(span="today")}}
