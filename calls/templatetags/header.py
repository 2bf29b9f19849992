"""The header of every page: the places there are, what its reader sees of them, and whose time of day is shown."""

from datetime import timedelta
from typing import Any, NamedTuple

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.days import day_bounds, day_of, site_zone
from calls.display import formats
from calls.models import Access, CallGroup
from calls.models.access import Scope, scope_of

register = template.Library()


class Place(NamedTuple):
    """A word of the header. A place is shown once its address exists, and to staff only where it is theirs."""

    word: Any
    address: str
    for_staff: bool = False


PLACES = [
    Place(_("Board"), "board"),
    Place(_("Callbacks"), "callbacks"),
    Place(_("Agents"), "agents"),
    Place(_("History"), "history"),
    Place(_("Figures"), "figures"),
    Place(_("Set-up"), "admin:index", for_staff=True),
]


@register.simple_tag(takes_context=True)
def places(context: dict[str, Any]) -> list[dict[str, Any]]:
    """The places that the reader may go to: [{word, url, current}]."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return []
    known = [(place, _address(place.address)) for place in PLACES if request.user.is_staff or not place.for_staff]
    return [{"word": place.word, "url": url, "current": _is_at(request, url)} for place, url in known if url]


def _address(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def _is_at(request: HttpRequest, url: str) -> bool:
    return request.path == url if url == "/" else request.path.startswith(url)


@register.simple_tag(takes_context=True)
def scope_said(context: dict[str, Any]) -> dict[str, Any] | None:
    """What the figures of a page are of: {groups, masked, title}; None for somebody who sees nothing."""
    scope = _scope(context)
    if scope is None:
        return None
    groups = _groups(scope)
    title = f"Calls and figures of: {groups}." + (" Numbers are masked." if scope.masked else "")
    return {"groups": groups, "masked": scope.masked, "title": title}


def _scope(context: dict[str, Any]) -> Scope | None:
    """The reader's scope, looked up once a request; the admin keeps it at the same place."""
    request = context.get("request")
    if request is None or not hasattr(request, "user"):
        return None
    if not hasattr(request, "_callboard_scope"):
        request._callboard_scope = scope_of(request.user)
    found: Scope | None = request._callboard_scope
    return found


def _groups(scope: Scope) -> str:
    if scope.groups is None:
        return str(_("All groups"))
    names = CallGroup.objects.standing().filter(id__in=scope.groups).order_by("name").values_list("name", flat=True)
    return ", ".join(names) or str(_("No groups yet"))


@register.simple_tag(takes_context=True)
def who_said(context: dict[str, Any]) -> str:
    """The role of the reader and what they see, for the menu."""
    request, scope = context["request"], _scope(context)
    access: Access | None = getattr(request.user, "access", None)
    role = access.get_role_display() if access else "Superuser" if request.user.is_superuser else "No role yet"
    return f"{role} · {_groups(scope)}" if scope else str(role)


@register.simple_tag
def zone_now() -> str:
    """The site's zone as people there call it: "IST"."""
    return formats.zone_word(timezone.now())


@register.simple_tag
def zone_said() -> str:
    now = timezone.now()
    offset = round((now.astimezone(site_zone()).utcoffset() or timedelta()).total_seconds() / 60)
    return f"All times are those of {site_zone().key} ({formats.utc_word(offset)})"


@register.simple_tag
def since_midnight() -> str:
    """When today began: "since 00:00 IST"."""
    began, _end = day_bounds(day_of(timezone.now()))
    return f"since {formats.clock(began)} {formats.zone_word(began)}"
