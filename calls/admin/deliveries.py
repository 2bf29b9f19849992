"""The deliveries in the admin: what came in, byte for byte, and what became of it."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calls.display import wording
from calls.display.masking import mask_text
from calls.history import search as history
from calls.models import Delivery
from calls.people import audit
from calls.rules import events
from calls.words import Act, Result

from . import shown
from .filters import ChoiceFilter, NamedFilter, PeriodFilter, SourceFilter
from .lists import KeysetMixin
from .raw import Readable, readable
from .site import ReadOnly, is_masked, sees_all, site

NOT_APPLIED = [Result.IGNORED, Result.QUARANTINED]


class ReceivedFilter(PeriodFilter):
    title = "day received"
    moment = "received_at"


class ResultFilter(ChoiceFilter):
    title = "result"
    parameters = ("result",)
    words = wording.pairs(wording.RESULTS)

    def chosen(self, rows: QuerySet) -> QuerySet:
        rows = rows.filter(result=self.value)
        # Said in the words of the index, which holds only these, and those are few.
        return rows.filter(result__in=NOT_APPLIED) if self.value in NOT_APPLIED else rows


class ReasonFilter(NamedFilter):
    title = "reason"
    parameters = ("reason",)

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet | None:
        if not self.value:
            return None
        return rows.filter(result__in=NOT_APPLIED, reason=self.value)


@admin.register(Delivery, site=site)
class DeliveryAdmin(KeysetMixin, ReadOnly):
    """For those who see the calls of all groups: a raw body may be about anybody's."""

    page_keys = ("id",)
    list_display = ("received", "from_source", "said", "result_word", "why", "of_call", "how_sent", "body_bytes")
    list_display_links = ("received",)
    list_filter: ClassVar = [ReceivedFilter, ResultFilter, ReasonFilter, SourceFilter]
    list_select_related = ("source", "call")
    search_fields = ("id",)
    search_help_text = "An id of a delivery (ours), or an id of a call: ours, or the provider's."

    def has_view_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return sees_all(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return Delivery.objects.defer("body", "query") if sees_all(request) else Delivery.objects.none()

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        wanted = Q(call__in=history.ids_meaning(text))
        if key := history.row_id(text):
            wanted |= Q(id=key)
        return queryset.filter(wanted), False

    def prepared(self, request: HttpRequest, deliveries: list[Delivery]) -> list[Delivery]:
        for delivery in deliveries:
            said = events.load(delivery.event, delivery.pk) if delivery.event else None
            word = said.word if said else ""
            delivery.kind = str(said.kind) if said else ""
            delivery.word = (mask_text(word) or "") if is_masked(request) else word
        return deliveries

    @admin.display(description="Received")
    def received(self, delivery: Delivery) -> str | SafeString:
        return shown.moment(delivery.received_at, delivery.source.time_zone)

    @admin.display(description="Source")
    def from_source(self, delivery: Delivery) -> str:
        return delivery.source.name

    @admin.display(description="Says")
    def said(self, delivery: Delivery) -> str | SafeString:
        if not delivery.kind:
            return shown.NOTHING
        return format_html('{}<span class="finer">{}</span>', wording.kind_word(delivery.kind), delivery.word)

    @admin.display(description="Result")
    def result_word(self, delivery: Delivery) -> SafeString:
        return format_html('<span class="badge is-{}">{}</span>', delivery.result, wording.result_word(delivery.result))

    @admin.display(description="Why")
    def why(self, delivery: Delivery) -> str | SafeString:
        if not delivery.reason:
            return shown.NOTHING
        return format_html('<span title="{}">{}</span>', delivery.reason, wording.set_aside(delivery.reason).sentence)

    @admin.display(description="Call")
    def of_call(self, delivery: Delivery) -> str | SafeString:
        return call_link(delivery)

    @admin.display(description="Sent as")
    def how_sent(self, delivery: Delivery) -> str:
        return delivery.method

    @admin.display(description="Size")
    def body_bytes(self, delivery: Delivery) -> str:
        return f"call {delivery.part + 1} of its request" if delivery.part else shown.size(delivery.body_size)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One delivery. There is no form behind this page: whatever the method, nothing is written."""
        rows = Delivery.objects.select_related("source", "call")
        delivery = rows.filter(id=history.row_id(object_id) or 0).first() if self.has_view_permission(request) else None
        if delivery is None:
            raise Http404
        self.prepared(request, [delivery])
        masked = is_masked(request)
        if not masked:
            audit.record_look(audit.person(request), Act.RAW_READ, f"delivery {delivery.pk}")
        # A part's bytes stand in the row of its request, which may be pruned.
        request_row = rows.filter(id=delivery.part_of_id).first() if delivery.part_of_id else delivery
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Delivery {delivery.pk}",
            "delivery": delivery,
            "received": self.received(delivery),
            "says": self.said(delivery),
            "result": self.result_word(delivery),
            "why": wording.set_aside(delivery.reason) if delivery.reason else None,
            "flags": [wording.flag_word(flag) for flag in delivery.flags.split()],
            "call": call_link(delivery),
            "size": shown.size(request_row.body_size) if request_row else shown.NOTHING,
            "kept": shown.size(len(request_row.body)) if request_row else shown.NOTHING,
            "masked": masked,
            "request_row": request_row,
            "parts": rows.filter(part_of=delivery).order_by("part"),
            "raw": None if masked or request_row is None else _raw(request_row),
            "event": "" if masked else readable(delivery.event.encode()).text,
        }
        return TemplateResponse(request, "admin/calls/delivery/detail.html", context)


def _raw(delivery: Delivery) -> Readable:
    return readable(memoryview(delivery.body).tobytes(), delivery.content_encoding)


def call_link(delivery: Delivery) -> str | SafeString:
    if delivery.call is None:
        return shown.NOTHING
    address = reverse("admin:calls_call_change", args=[delivery.call_id])
    return format_html('<a href="{}">Call {}</a>', address, delivery.call_id)
