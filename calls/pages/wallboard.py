"""`/wall/<token>/`: the figures of some groups for a screen on a wall. Without a session; its own token is the key.

Only figures leave here: no call, no number, nobody's name. The token is looked up at each read.
"""

import hashlib
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls.display import formats, wording
from calls.display.masking import mask_text
from calls.figures.glance import Groups, Shared, glances, told
from calls.live.totals import live_from_database
from calls.models import Kiosk
from calls.models.access import Scope
from calls.pages.attention import limits_reached
from calls.people.kiosks import kiosk_of, note_seen

THEMES = ("dark", "light", "auto")
FILES = ("js/wall/main.js", "css/wall.css")


@require_safe
def wallboard(request: HttpRequest, token: str) -> HttpResponse:
    """The page: 404 for an address that is none of ours, 410 for one that was revoked."""
    kiosk = kiosk_of(token)
    if kiosk is None or not kiosk.works:
        return render(request, "wall/closed.html", {"why": why_closed(kiosk)}, status=410 if kiosk else 404)
    theme = request.GET.get("theme", "dark")
    context = {
        "theme": theme if theme in THEMES else "dark",
        "told": figures_of(kiosk),
        "formats": formats.browser_formats(),
        "figures": reverse("wall_figures", args=[token]),
    }
    return render(request, "wall/wall.html", context)


@require_safe
def wall_figures(request: HttpRequest, token: str) -> HttpResponse:
    """What the page asks for every 2 s; `closed` says why there is nothing."""
    kiosk = kiosk_of(token)
    if kiosk is None or not kiosk.works:
        return JsonResponse({"closed": why_closed(kiosk)}, status=410 if kiosk else 404)
    note_seen(kiosk, timezone.now())
    return JsonResponse(figures_of(kiosk))


def why_closed(kiosk: Kiosk | None) -> tuple[str, str]:
    if kiosk:
        return "This screen was switched off", "Its address was revoked. Set-up, Screens, makes a new one."
    return "No screen has this address", "It was mistyped, or replaced by a newer one. See Set-up, Screens."


def figures_of(kiosk: Kiosk) -> dict[str, Any]:
    return {
        "page": page_version(),
        "screen": mask_text(kiosk.name),
        "whose": whose(kiosk),
        **shared.get(kiosk.scope, None, timezone.now()),
    }


def _read(scope: Scope, groups: Groups, now: datetime) -> dict[str, Any]:
    live = live_from_database(scope, now)
    long, too_long = limits_reached(scope, now)
    return {
        **told(glances.get(scope, groups, now)),
        "waiting": live["waiting"],
        "waiting_since": moment(live["longest_waiting_since"]),
        "waits_long_from": moment(long),
        "waits_too_long_from": moment(too_long),
        "live": live["live"],
        "live_note": live_note(live),
        "lost_track": live["lost_track"],
    }


shared = Shared(_read)


def moment(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def live_note(live: dict[str, Any]) -> str:
    """Where the live calls are: "8 talking · 3 ringing"."""
    states = ("talking", "ringing", "ivr", "dialing")
    parts = [f"{formats.figure(live[state])} {wording.state_word(state).lower()}" for state in states if live[state]]
    return " · ".join(parts) or "no calls"


def whose(kiosk: Kiosk) -> str:
    if kiosk.all_groups:
        return "All groups"
    standing = [group for group in kiosk.groups.all() if group.joined_into_id is None]
    names = sorted(mask_text(group.name) or "" for group in standing)
    return ", ".join(names if len(names) < 2 else map(isolated, names)) or "No group"


def isolated(name: str) -> str:
    """A name between marks that keep its direction of writing from the names beside it."""
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"


def page_version() -> str:
    """The files of the page, whose names hold what is in them. When they change, screens load themselves again."""
    return hashlib.sha256("\n".join(map(static, FILES)).encode()).hexdigest()[:12]
