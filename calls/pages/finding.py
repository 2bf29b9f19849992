"""What the palette (Ctrl+K) finds without asking again: pages, groups and agents that the reader may see.

Numbers are not in it. They are looked up one at a time through `/api/calls/`, where each look-up is kept in the audit.
"""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from calls import admin
from calls.display.masking import mask, mask_text
from calls.models import Agent, CallGroup
from calls.models.access import Scope, scope_of

MOST = 3_000
"""Groups, and agents, that are listed."""


@require_safe
@login_required
def find(request: HttpRequest) -> HttpResponse:
    """{pages: [{word, url}], groups: [name], agents: [name or number, as rows of the board say it]}"""
    scope = scope_of(request.user)
    found = {
        "pages": list(set_up_pages(request)),
        "groups": groups(scope) if scope else [],
        "agents": agents(scope) if scope else [],
    }
    return JsonResponse(found, headers={"Cache-Control": "no-store"})


def set_up_pages(request: HttpRequest) -> Iterator[dict[str, str]]:
    """The pages of Set-up that the reader may open."""
    if not admin.site.has_permission(request):
        return
    for section in admin.site.get_app_list(request):
        for model in section["models"]:
            if model["admin_url"]:
                yield {"word": f"Set-up: {model['name']}", "url": model["admin_url"]}


def groups(scope: Scope) -> list[str]:
    """The names of the groups of a scope, in their order, as its rows say them."""
    found = CallGroup.objects.all() if scope.groups is None else CallGroup.objects.filter(id__in=scope.groups)
    # A group that is being joined into another goes by the other's name.
    names = found.order_by().values_list(Coalesce("joined_into__name", "name"), flat=True)[:MOST]
    return sorted({(mask_text(name) or "") if scope.masked else name for name in names}, key=str.casefold)


def agents(scope: Scope) -> list[str]:
    """The agents of a scope's groups, each once, over all sources."""
    found = Agent.objects.filter(ours=True)
    if scope.groups is not None:
        found = found.filter(group__in=scope.groups)
    said = {_said(agent, scope.masked) for agent in found.order_by()[:MOST]}
    return sorted(said, key=str.casefold)


def _said(agent: Agent, masked: bool) -> str:
    name, number = agent.display_name, agent.number
    if masked:
        return (mask_text(name) if name else mask(number)) or ""
    return name or number
