"""The admin site: its pages in the order of use, and what its reader may see."""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse

from calls.models.access import Scope, scope_of

from .health import health
from .read_again import Reading, advanced

_SECTIONS = {
    "Calls": {"Delivery": "Deliveries", "Call": "Calls"},
    "Set-up": {
        "Source": "Sources",
        "CallGroup": "Groups",
        "Agent": "Agents",
        "VirtualNumber": "Lines",
        "FigureSettings": "Figures",
        "Kiosk": "Screens",
    },
    "People": {"User": "People", "AccessAttempt": "Failed sign-ins", "AuditEntry": "Audit", "LogEntry": "Log"},
}


class CallboardSite(AdminSite):
    """Only what somebody has a use for is registered here; other apps' models stay out unless we ask them in."""

    site_header = "Callboard"
    site_title = "Callboard"
    index_title = "Set-up"
    site_url = "/"
    empty_value_display = "–"
    enable_nav_sidebar = False

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Arrange the pages by what one does there, whichever Django app they come from."""
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        known = {model["object_name"]: (app, model) for app in apps for model in app["models"]}
        sections = [_section(name, labels, known) for name, labels in _SECTIONS.items()]
        return [section for section in sections if section["models"]]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "runs_it": may_run(request)}

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own = [path("read-again/", self.admin_view(self.read_again), name="read_again")]
        return own + super().get_urls()

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """How this installation is; for staff who are no admins, the list of their pages."""
        if not may_run(request):
            return super().index(request, extra_context)
        context = {**self.each_context(request), "title": "Health", **health(), **(extra_context or {})}
        return TemplateResponse(request, "admin/health.html", context)

    def read_again(self, request: HttpRequest) -> HttpResponse:
        """Read set-aside deliveries again. GET shows how far that is; POST begins (`reason`, `apply`) or steps on."""
        if not may_run(request):
            raise PermissionDenied
        if request.method == "POST":
            told = advanced(request)
            if request.headers.get("Accept") == "application/json":
                return JsonResponse({name: told[name] for name in ("done", "total", "read")})
            return HttpResponseRedirect(reverse("admin:read_again"))
        reading = Reading.of(request)
        if reading is None:
            return HttpResponseRedirect(reverse("admin:index"))
        context = {**self.each_context(request), "title": "Read again", "told": reading.told()}
        return TemplateResponse(request, "admin/read_again.html", context)


def name_of(model: type[Model]) -> str:
    """What the pages of a model are called, in the row of places and at their head alike."""
    labels = {of: label for section in _SECTIONS.values() for of, label in section.items()}
    return labels.get(model.__name__) or str(model._meta.verbose_name_plural).capitalize()


def _section(name: str, labels: dict[str, str], known: dict[str, tuple[dict, dict]]) -> dict[str, Any]:
    present = [of for of in labels if of in known]
    return {
        "name": name,
        "app_label": name.lower(),
        "app_url": known[present[0]][0]["app_url"] if present else "",
        "has_module_perms": True,
        "models": [{**known[of][1], "name": labels[of]} for of in present],
    }


site = CallboardSite(name="admin")


def scope(request: HttpRequest) -> Scope | None:
    """The scope of whoever asks, looked up once a request."""
    if not hasattr(request, "_callboard_scope"):
        request._callboard_scope = scope_of(request.user)
    return request._callboard_scope


def is_masked(request: HttpRequest) -> bool:
    found = scope(request)
    return found is None or found.masked


def sees_all(request: HttpRequest) -> bool:
    found = scope(request)
    return found is not None and found.groups is None


def may_run(request: HttpRequest) -> bool:
    """Whether the reader runs this installation: an admin who sees everything as it is."""
    return bool(request.user.is_superuser) and sees_all(request) and not is_masked(request)


class ReadOnly(ModelAdmin):
    """A list to read: nothing is added, changed or deleted here, so there are no pages to do so."""

    actions = None
    show_full_result_count = False
    pages: tuple[str, ...] = ("changelist", "change")

    def get_urls(self) -> list[URLPattern]:
        return [url for url in super().get_urls() if not url.name or url.name.endswith(self.pages)]

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
