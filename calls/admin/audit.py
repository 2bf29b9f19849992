"""The audit in the admin: who looked at what. To be read, by those who see full numbers."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from calls.display import wording
from calls.history import search as history
from calls.models import AuditEntry
from calls.people import audit

from . import shown
from .filters import ChoiceFilter, NamedFilter, PeriodFilter
from .lists import KeysetMixin
from .site import ReadOnly, is_masked, site


def may_search(request: HttpRequest, text: str) -> bool:
    """Keep that a number is searched for. Says on the page where a masked person searched for too many."""
    if not history.asks_for_number(text):
        return True
    try:
        audit.record_search(audit.person(request), text.strip(), masked=is_masked(request))
    except audit.TooManySearches as too_many:
        said = f"You may search for {audit.SEARCHES_A_MINUTE} numbers a minute. Try again in {too_many.wait_seconds} s."
        messages.warning(request, said)
        return False
    return True


class DayFilter(PeriodFilter):
    title = "day"
    moment = "at"


class ActFilter(ChoiceFilter):
    title = "what"
    parameters = ("act",)
    words = wording.pairs(wording.ACTS)

    def chosen(self, rows: QuerySet) -> QuerySet:
        return rows.filter(act=self.value)


class WhoFilter(NamedFilter):
    title = "who"
    parameters = ("who",)

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet | None:
        return rows.filter(who=self.value) if self.value else None


@admin.register(AuditEntry, site=site)
class AuditAdmin(KeysetMixin, ReadOnly):
    """Closed to masked people: what was looked for may be a number."""

    page_keys = ("id",)
    list_display = ("when", "who", "what", "about", "result", "address")
    list_display_links = None
    list_filter: ClassVar[list[Any]] = [DayFilter, ActFilter, WhoFilter]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not is_masked(request) and super().has_view_permission(request, obj)

    def prepared(self, request: HttpRequest, entries: list[AuditEntry]) -> list[AuditEntry]:
        return entries

    @admin.display(description="When")
    def when(self, entry: AuditEntry) -> str | SafeString:
        return shown.moment(entry.at)

    @admin.display(description="What")
    def what(self, entry: AuditEntry) -> str:
        return str(wording.ACTS.get(entry.act, entry.act))
