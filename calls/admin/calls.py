"""The history of calls in the admin: to be read, searched and explained, never edited."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from calls.display import formats, wording
from calls.display.masking import masked_said
from calls.display.recordings import allowed_link
from calls.display.rows import read_names
from calls.history import search as history
from calls.models import Call
from calls.models.call import CallQuerySet
from calls.people import audit
from calls.words import Act

from . import shown
from .audit import may_search
from .call_detail import explained
from .call_filters import (
    AgentFilter,
    BeganFilter,
    CampaignFilter,
    DirectionFilter,
    ErrorCodeFilter,
    GroupFilter,
    MarkFilter,
    OutcomeFilter,
    StateFilter,
)
from .call_parts import how, marks, number, recording, with_finer
from .filters import SourceFilter
from .lists import KeysetMixin
from .site import ReadOnly, is_masked, scope, site


@admin.register(Call, site=site)
class CallAdmin(KeysetMixin, ReadOnly):
    page_keys = ("began_at", "id")
    list_display = (
        "began",
        "how",
        "customer",
        "line",
        "group_name",
        "agent",
        "wait",
        "talk",
        "total",
        "recording",
        "marks",
    )
    list_display_links = ("began",)
    list_filter: ClassVar = [
        BeganFilter,
        StateFilter,
        DirectionFilter,
        OutcomeFilter,
        GroupFilter,
        AgentFilter,
        ErrorCodeFilter,
        CampaignFilter,
        SourceFilter,
        MarkFilter,
    ]
    list_select_related = ("source", "group")
    search_fields = ("ref",)
    search_help_text = "A number in any spelling, its last digits (if masked: those shown), or an id of the call."

    def has_view_permission(self, request: HttpRequest, obj: Call | None = None) -> bool:
        return scope(request) is not None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> CallQuerySet:
        return Call.objects.visible_to(request.user)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[QuerySet, bool]:
        if not search_term.strip():
            return queryset, False
        if not history.is_shown_ending(search_term) and not may_search(request, search_term):
            return queryset.none(), False
        return history.search(queryset, search_term, masked=is_masked(request)), False

    def prepared(self, request: HttpRequest, calls: list[Call]) -> list[Call]:
        """The calls of a page, each with its `row`: what the reader may see of it, and all that is shown of it."""
        names, masked = read_names(), is_masked(request)
        for call in calls:
            call.row = history.row_of(call, names, masked=masked)
            said = call.also_said or {}
            call.row["also_said"] = masked_said(said) if masked else said
            call.row["link"] = None if masked else allowed_link(call.recording_url, names.sources[call.source_id][1])
        if heard := [str(call.pk) for call in calls if call.row["link"]]:
            about = f"call{'' if len(heard) == 1 else 's'} {', '.join(heard)}"
            audit.record_look(audit.person(request), Act.RECORDING_READ, about[:200])
        return calls

    @admin.display(description="Began")
    def began(self, call: Call) -> str | SafeString:
        return shown.moment(call.began_at, call.source.time_zone)

    @admin.display(description="How it went")
    def how(self, call: Call) -> SafeString:
        return how(call.row)

    @admin.display(description="Customer")
    def customer(self, call: Call) -> SafeString:
        return with_finer(number(call.row["customer_number"]), wording.direction_word(call.direction))

    @admin.display(description="Line")
    def line(self, call: Call) -> SafeString:
        return number(call.row["virtual_number"], call.row["virtual_label"])

    @admin.display(description="Group")
    def group_name(self, call: Call) -> str:
        return call.row["group"] or shown.NOTHING

    @admin.display(description="Agent")
    def agent(self, call: Call) -> SafeString:
        return number(call.row["agent_number"], call.row["agent_name"])

    @admin.display(description="Wait")
    def wait(self, call: Call) -> str:
        return formats.length(call.wait_seconds)

    @admin.display(description="Talk")
    def talk(self, call: Call) -> str:
        return formats.length(call.talk_seconds)

    @admin.display(description="Total")
    def total(self, call: Call) -> SafeString:
        coins = call.row["coins"]
        return with_finer(
            formats.length(call.duration_seconds), f"{coins} coin{'' if coins == '1' else 's'}" if coins else ""
        )

    @admin.display(description="Recording")
    def recording(self, call: Call) -> str | SafeString:
        return recording(call.row)

    @admin.display(description="Marks")
    def marks(self, call: Call) -> str:
        return marks(call.row)

    # One call, explained

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is no form behind this page: whatever the method, nothing is written."""
        if not self.has_view_permission(request):
            raise Http404
        calls = self.get_queryset(request).select_related("source", "group")
        key = history.row_id(object_id) or 0
        if call := calls.filter(id=key).first():
            self.prepared(request, [call])
            return self._page(request, "detail", explained(request, call, self.get_queryset(request)))
        if call := calls.filter(merged__id=key).first():
            self.prepared(request, [call])
            return self._page(request, "moved", {"title": "The same call", "asked": key, "call": call})
        raise Http404

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        about = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, f"admin/calls/call/{name}.html", about)
