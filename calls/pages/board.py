"""The pages people see: the board."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from calls.live import queries
from calls.models import Access

# Without its scripts the page shows so many; with them, they take over at once.
PLAIN_ROWS = 60


@require_safe
@login_required
def board(request: HttpRequest) -> HttpResponse:
    """The first board, which works without the socket; without any access, a page that says what is missing."""
    snapshot = queries.snapshot_for(request.user)
    if snapshot is None:
        return render(request, "no_access.html", status=403)
    return render(request, "board.html", {"snapshot": snapshot, "who": who(request), **lists(snapshot)})


def lists(snapshot: dict[str, Any]) -> dict[str, Any]:
    live = [call for call in snapshot["calls"] if call["state"] != "ended"]
    completed = [call for call in snapshot["calls"] if call["state"] == "ended"]
    return {"live": live[:PLAIN_ROWS], "completed": completed[:PLAIN_ROWS]}


def who(request: HttpRequest) -> str:
    """The role of a person and what they may see, for the menu."""
    access: Access | None = getattr(request.user, "access", None)
    if access is None:
        return "Superuser · all calls"
    if access.role == "admin" or access.all_groups:
        seen = "all calls"
    else:
        seen = ", ".join(group.name for group in access.groups.all()) or "no groups yet"
    return f"{access.get_role_display()} · {seen}"
