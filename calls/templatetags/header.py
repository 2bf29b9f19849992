"""The header of every page: the places there are, what its reader sees of them, and whose time of day is shown."""

from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import template
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.admin.site import may_run
from calls.days import day_bounds, day_of, site_zone
from calls.display import formats
from calls.models import Access, Delivery, Source
from calls.models.access import Scope, scope_of
from calls.pages.finding import groups as groups_of
from calls.pages.set_aside import MOST_COUNTED, set_aside_lately
from calls.words import NO_GROUP

register = template.Library()

GROUP = "group"
"""The parameter that narrows every page to some call groups."""
MOST_GROUPS = 300


class Place(NamedTuple):
    """A word of the header. A place is shown once its address exists, and to staff only where it is theirs."""

    word: Any
    address: str
    key: str
    for_staff: bool = False


PLACES = [
    Place(_("Board"), "board", "b"),
    Place(_("Callbacks"), "callbacks", "c"),
    Place(_("Agents"), "agents", "a"),
    Place(_("History"), "history", "h"),
    Place(_("Figures"), "figures", "f"),
    Place(_("Set-up"), "admin:index", "s", for_staff=True),
]


@register.simple_tag(takes_context=True)
def places(context: dict[str, Any]) -> list[dict[str, Any]]:
    """The places that the reader may go to: [{word, key, url, current}]. `g` and then the key goes there."""
    request = context.get("request")
    if request is None or not request.user.is_authenticated:
        return []
    known = [(place, _address(place.address)) for place in PLACES if request.user.is_staff or not place.for_staff]
    carried = scope_query(request)
    return [
        {"word": place.word, "key": place.key, "url": url + carried, "current": _is_at(request, url)}
        for place, url in known
        if url
    ]


def chosen_groups(request: HttpRequest) -> list[str]:
    """The call groups that the address asks for, in its order; none: all that the reader may see."""
    return list(dict.fromkeys(name for name in request.GET.getlist(GROUP) if name.strip()))[:MOST_GROUPS]


def scope_query(request: HttpRequest) -> str:
    """The same as the query of another page's address: the choice goes along from place to place."""
    return f"?{query}" if (query := urlencode([(GROUP, name) for name in chosen_groups(request)])) else ""


def _address(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def _is_at(request: HttpRequest, url: str) -> bool:
    return request.path == url if url == "/" else request.path.startswith(url)


@register.simple_tag(takes_context=True)
def scope_carried(context: dict[str, Any]) -> str:
    return scope_query(context["request"])


@register.simple_tag(takes_context=True)
def scope_choice(context: dict[str, Any]) -> dict[str, Any] | None:
    """Whose calls a page is about, and the groups to choose from; None for somebody who sees nothing."""
    scope = _scope(context)
    if scope is None:
        return None
    request, whole = context["request"], _groups(scope)
    chosen = chosen_groups(request)
    said = ", ".join(str(_("No group")) if name == NO_GROUP else name for name in chosen) or whole
    title = f"Calls and figures of: {said}." + (" Numbers are masked." if scope.masked else "")
    return {
        "whole": whole,
        "said": said,
        "narrowed": bool(chosen),
        "masked": scope.masked,
        "title": title,
        "all_url": _asking(request, []),
        "groups": [_choice(request, name, chosen) for name in _names(scope)],
    }


def _names(scope: Scope) -> list[str]:
    return groups_of(scope)[:MOST_GROUPS]


def _choice(request: HttpRequest, name: str, chosen: list[str]) -> dict[str, Any]:
    others = [each for each in chosen if each != name]
    return {
        "name": name,
        "chosen": name in chosen,
        "url": _asking(request, others if name in chosen else [*chosen, name]),
    }


def _asking(request: HttpRequest, groups: list[str]) -> str:
    """The address of this page for these groups; its place in a list does not survive."""
    query = request.GET.copy()
    query.setlist(GROUP, groups)
    query.pop("p", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


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
    return ", ".join(_names(scope)) or str(_("No groups yet"))


@register.simple_tag(takes_context=True)
def who_said(context: dict[str, Any]) -> str:
    """The role of the reader and what they see, for the menu."""
    request, scope = context["request"], _scope(context)
    access: Access | None = getattr(request.user, "access", None)
    role = access.get_role_display() if access else "Superuser" if request.user.is_superuser else "No role yet"
    return f"{role} · {_groups(scope)}" if scope else str(role)


@register.simple_tag(takes_context=True)
def set_aside_now(context: dict[str, Any]) -> dict[str, Any] | None:
    """For admins: how many deliveries of the last 24 hours were set aside, and whether there may be more."""
    request = context["request"]
    if not may_run(request):
        return None
    count = set_aside_lately(timezone.now())
    return {"count": count, "more": count >= MOST_COUNTED}


@register.simple_tag
def is_demo() -> bool:
    """Whether all calls here are made up: pages then say so once, in the header, and not with each call."""
    # Asked of each source, and not of all deliveries: to find no other than made-up ones would be to read them all.
    sources = Source.objects.filter(Exists(Delivery.objects.filter(source=OuterRef("pk"))))
    return sources.filter(synthetic=True).exists() and not sources.filter(synthetic=False).exists()


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
