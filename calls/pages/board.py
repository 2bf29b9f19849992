"""The pages people see: the board."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls.intake.sources import waiting_sources
from calls.live.first_page import snapshot_for, totals_for
from calls.live.queries import SHOWN_ENDED
from calls.live.urgency import FIRST_ENDED, FIRST_LIVE
from calls.models.access import scope_of
from calls.pages.glance import strip_of
from calls.pages.shown_calls import Filters, group_sums

# Without its scripts the page shows so many; with them, they take over at once.
PLAIN_ROWS = 60


@require_safe
@login_required
def board(request: HttpRequest) -> HttpResponse:
    """The first board, which works without the socket; without any access, a page that says what is missing."""
    filters, groups_first = Filters.of(request.GET), request.GET.get("view") == "groups"
    # What matches, and the sums of groups, are looked for among all live calls, not among the most urgent ones.
    among_all = bool(filters) or groups_first
    snapshot = snapshot_for(request.user, None, SHOWN_ENDED) if among_all else snapshot_for(request.user)
    if snapshot is None:
        return render(request, "no_access.html", status=403)
    groups = request.GET.getlist("group")
    totals = (totals_for(request.user, groups) if groups else {}) or snapshot["totals"]
    scope = scope_of(request.user)
    glance = strip_of(scope, request.GET, groups_first) if scope else {}
    shown = narrowed(snapshot, filters, groups_first, glance.get("groups"))
    first_steps = {"waits": waiting_sources() if request.user.is_superuser and not snapshot["calls"] else []}
    return render(
        request, "board.html", {"snapshot": snapshot, "totals": totals, "glance": glance, **shown, **first_steps}
    )


def narrowed(
    snapshot: dict[str, Any], filters: Filters, groups_first: bool, today: dict[str, Any] | None
) -> dict[str, Any]:
    """The calls that match, which are all that the snapshot keeps, and the first of them to be written out.

    `today`: the day of each group, where groups are shown.
    """
    now = timezone.now()
    matching = [call for call in snapshot["calls"] if filters.accepts(call, now)]
    live = [call for call in matching if call["state"] != "ended"]
    completed = [call for call in matching if call["state"] == "ended"]
    snapshot["calls"] = live[:FIRST_LIVE] + completed[:FIRST_ENDED]
    known = today["rows"] if today and filters.of_groups_only else {}
    sums = group_sums(live, now, known) if today else []
    return {
        "view": "groups" if groups_first else "calls",
        "filtered": bool(filters),
        "matching": len(live),
        "live": [] if groups_first else live[:PLAIN_ROWS],
        "completed": completed[:PLAIN_ROWS],
        "group_sums": sums,
        "group_rows": [(each, today["rows"].get(each["group"])) for each in sums] if today else [],
    }
