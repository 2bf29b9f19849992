"""Lists of millions of rows in the admin: read page by page by key, never counted, never sorted otherwise."""

from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest

from calls.history import search as history

from .site import name_of

GROUP = "group"


class PlainChangeList(ChangeList):
    """A change list under its own name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = name_of(self.model)

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Without the groups that the header was asked for, where no filter of the page is about them."""
        found = super().get_filters_params(params)
        if not any(GROUP in getattr(spec, "parameters", ()) for spec in self.list_filter):
            found.pop(GROUP, None)
        return found


class KeysetChangeList(PlainChangeList):
    """A change list whose pages are named by the row they start after, as `calls.history.page` does."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[str]:
        return [f"-{key}" for key in self.model_admin.page_keys]

    def get_results(self, request: HttpRequest) -> None:
        keys, size = self.model_admin.page_keys, self.list_per_page
        try:
            page = history.page(self.queryset, keys, size, request.GET.get(PAGE_VAR, ""))
        except ValueError:
            page = history.page(self.queryset, keys, size)
        self.result_list = self.model_admin.prepared(request, page.rows)
        self.result_count = len(page.rows)
        self.full_result_count = self.paginator = None
        self.show_full_result_count = self.show_admin_actions = False
        self.can_show_all, self.multi_page = True, False
        self.latest = self.get_query_string()
        self.older, self.newer = (self._link(place) for place in (page.older, page.newer))
        self.notes = [note for spec in self.filter_specs if (note := getattr(spec, "note", ""))]

    def _link(self, place: str | None) -> str | None:
        return self.get_query_string({PAGE_VAR: place}) if place else None


class KeysetMixin:
    """For the admin of a table without end. `page_keys` are the columns of an index, the last one unique."""

    page_keys: tuple[str, ...] = ("id",)
    list_per_page = 100
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by: tuple[str, ...] = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the filters on the page: any other look-up could ask masked numbers digit by digit."""
        return any(lookup in spec.parameters for spec in self.get_list_filter(request))
