"""What was tried and done here: failed sign-ins, which can be forgiven, and the log of changes, for ever."""

from typing import Any, ClassVar

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

from . import shown
from .lists import KeysetMixin, PlainChangeList
from .site import ReadOnly, is_masked, site


@admin.register(AccessAttempt, site=site)
class FailedSignInAdmin(ReadOnly):
    """After five failures the door stays shut for a while. Deleting a line opens it at once."""

    list_display = ("username", "ip_address", "failures_since_start", "latest")
    pages = ("changelist", "change", "delete")
    search_fields = ("username", "ip_address")
    fields = readonly_fields = ("username", "ip_address", "user_agent", "failures_since_start", "latest")
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PlainChangeList]:
        return PlainChangeList

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    @admin.display(description="Latest try", ordering="attempt_time")
    def latest(self, attempt: AccessAttempt) -> str | SafeString:
        return shown.moment(attempt.attempt_time)


@admin.register(LogEntry, site=site)
class ChangeLogAdmin(KeysetMixin, ReadOnly):
    """Who changed what. Closed to masked people: the names of what was changed may be numbers."""

    page_keys = ("id",)
    list_display = ("at", "user", "what", "object_repr", "how")
    list_display_links = None
    list_select_related = ("user", "content_type")
    list_filter: ClassVar[list[Any]] = []

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not is_masked(request) and super().has_view_permission(request, obj)

    def prepared(self, request: HttpRequest, entries: list[LogEntry]) -> list[LogEntry]:
        return entries

    @admin.display(description="When")
    def at(self, entry: LogEntry) -> str | SafeString:
        return shown.moment(entry.action_time)

    @admin.display(description="What")
    def what(self, entry: LogEntry) -> str:
        return str(entry.content_type.name).capitalize() if entry.content_type else shown.NOTHING

    @admin.display(description="How")
    def how(self, entry: LogEntry) -> str:
        return entry.get_change_message()
