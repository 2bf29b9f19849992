"""The pages people see: the board."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from calls.live.first_page import snapshot_for, totals_for

# Without its scripts the page shows so many; with them, they take over at once.
PLAIN_ROWS = 60


@require_safe
@login_required
def board(request: HttpRequest) -> HttpResponse:
    """The first board, which works without the socket; without any access, a page that says what is missing."""
    snapshot = snapshot_for(request.user)
    if snapshot is None:
        return render(request, "no_access.html", status=403)
    groups = request.GET.getlist("group")
    totals = totals_for(request.user, groups) if groups else {}
    return render(
        request, "board.html", {"snapshot": snapshot, "totals": totals or snapshot["totals"], **lists(snapshot)}
    )


def lists(snapshot: dict[str, Any]) -> dict[str, Any]:
    live = [call for call in snapshot["calls"] if call["state"] != "ended"]
    completed = [call for call in snapshot["calls"] if call["state"] == "ended"]
    return {"live": live[:PLAIN_ROWS], "completed": completed[:PLAIN_ROWS]}
