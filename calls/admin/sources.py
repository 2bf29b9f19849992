"""Sources in the admin: connected accounts, their habits, and the tokens whose addresses are shown exactly once."""

import ipaddress
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from phonenumbers import SUPPORTED_REGIONS

from calls.display.clock_words import clock_sentence
from calls.display.own_test_words import own_test_sentence
from calls.display.recordings import is_host_name
from calls.health.clocks import wrong_clocks
from calls.intake.own_test import try_out
from calls.intake.sources import Connected, rotate
from calls.models import Delivery, Source, SourceToken
from calls.people import audit
from calls.providers import PROVIDERS
from calls.words import Act

from . import shown, shown_once
from .deliveries import NOT_APPLIED
from .lists import PlainChangeList
from .site import site

MOST_COUNTED = 1_000


class SourceForm(forms.ModelForm):
    """Everything that deliveries are read by, checked here, as a wrong line would be noticed much later."""

    provider = forms.ChoiceField(choices=lambda: [(name, name.capitalize()) for name in PROVIDERS])
    time_zone = forms.ChoiceField(
        choices=lambda: [(name, name) for name in sorted(available_timezones())],
        initial="Asia/Kolkata",
        help_text="The zone of the provider's zone-less times.",
    )

    class Meta:
        model = Source
        exclude: ClassVar[list[str]] = []
        widgets: ClassVar = {
            "recording_hosts": forms.Textarea(attrs={"rows": 3}),
            "allowed_networks": forms.Textarea(attrs={"rows": 3}),
            "region": forms.TextInput(attrs={"size": 2}),
        }

    def clean_region(self) -> str:
        region = self.cleaned_data["region"].upper()
        if region not in SUPPORTED_REGIONS:
            raise forms.ValidationError("Two letters of a country, such as IN or GB.")
        return region

    def clean_recording_hosts(self) -> str:
        hosts = self.cleaned_data["recording_hosts"].lower().split()
        if wrong := [host for host in hosts if not is_host_name(host)]:
            raise forms.ValidationError(f"Not a host name: {wrong[0]}. Write it as in records.example.com.")
        return "\n".join(hosts)

    def clean_allowed_networks(self) -> str:
        networks = self.cleaned_data["allowed_networks"].split()
        for network in networks:
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError:
                raise forms.ValidationError(f"Not a network: {network}. Write it as in 203.0.113.0/24.") from None
        return "\n".join(networks)


class TokenInline(admin.TabularInline):
    """The tokens of a source. Only their digests are kept, so there is nothing more to show than how they end."""

    model = SourceToken
    template = "admin/calls/source/tokens.html"
    extra = 0
    fields = readonly_fields = ("ends_in", "created", "expires", "last_used")
    can_delete = False
    verbose_name_plural = "tokens"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(works=Q(expires_at=None) | Q(expires_at__gt=timezone.now()))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description="Ends in")
    def ends_in(self, token: SourceToken) -> SafeString:
        return format_html("<code>…{}</code>", token.hint)

    @admin.display(description="Made")
    def created(self, token: SourceToken) -> str:
        return shown.moment(token.created_at)

    @admin.display(description="Works until")
    def expires(self, token: SourceToken) -> str | SafeString:
        if token.expires_at is None:
            return "further notice"
        return shown.moment(token.expires_at) if token.expires_at > timezone.now() else "ended"

    @admin.display(description="Last used")
    def last_used(self, token: SourceToken) -> str | SafeString:
        return shown.moment(token.last_used_at) if token.last_used_at else "never"


@admin.register(Source, site=site)
class SourceAdmin(admin.ModelAdmin):
    form = SourceForm
    change_form_template = "admin/calls/source/change_form.html"
    list_display = ("name", "provider", "enabled", "synthetic", "last_delivery", "quarantined", "tokens_active")
    actions = None
    inlines: ClassVar = [TokenInline]
    readonly_fields = ("last_delivery", "quarantined", "pings", "its_clock")
    fieldsets: ClassVar = [
        (None, {"fields": ["name", "provider", "enabled", "synthetic"]}),
        ("How its deliveries are read", {"fields": ["time_zone", "region", "outgoing_source_is_agent"]}),
        ("Recordings", {"fields": ["recording_hosts"]}),
        ("Who may deliver", {"fields": ["allowed_networks", "require_https"]}),
        ("How much it may deliver", {"fields": ["new_calls_per_minute", "live_calls_limit"]}),
        ("How it is answered", {"fields": ["accept_put", "answer_body"]}),
    ]
    seen = ("What has come", {"fields": ["last_delivery", "quarantined", "pings", "its_clock"]})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PlainChangeList]:
        return PlainChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        active = Q(tokens__expires_at=None) | Q(tokens__expires_at__gt=timezone.now())
        counted = {"active": Count("tokens", filter=active), "used_at": Max("tokens__last_used_at")}
        return super().get_queryset(request).annotate(**counted)

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> list[Any]:
        return [*self.fieldsets, self.seen] if obj else self.fieldsets

    def get_inlines(self, request: HttpRequest, obj: Source | None) -> list[Any]:
        return self.inlines if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """A source that ever delivered stays: switch it off instead."""
        unused = obj is not None and not obj.deliveries.exists() and not obj.calls.exists()
        return unused and super().has_delete_permission(request, obj)

    @admin.display(description="Last delivery", empty_value="never")
    def last_delivery(self, source: Source) -> str | SafeString | None:
        return shown.moment(source.used_at, source.time_zone) if source.used_at else None

    @admin.display(description="Quarantined")
    def quarantined(self, source: Source) -> SafeString:
        found = Delivery.objects.quarantined().filter(result__in=NOT_APPLIED, source=source)
        count = found.order_by()[: MOST_COUNTED + 1].count()
        address = f"{reverse('admin:calls_delivery_changelist')}?source={source.pk}&result=quarantined"
        return format_html('<a href="{}">{}</a>', address, f"over {MOST_COUNTED}" if count > MOST_COUNTED else count)

    @admin.display(description="Its clock")
    def its_clock(self, source: Source) -> str:
        wrong = [found for found in wrong_clocks(timezone.now()) if found.source == source]
        return clock_sentence(source.name, wrong[0].seconds_ahead) if wrong else "Its times agree with ours."

    @admin.display(description="Active tokens")
    def tokens_active(self, source: Source) -> int:
        return source.active

    @admin.display(description="Pings and samples")
    def pings(self, source: Source) -> SafeString:
        return format_html("{}, the last {}", source.ping_count, shown.moment(source.last_ping_at))

    # Tokens

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:source>/test/", view(require_POST(self.test)), name="calls_source_test"),
            path("<int:source>/token/", view(self.new_token), name="calls_source_token"),
            path("<int:source>/address/", view(self.addresses), name="calls_source_address"),
            path(
                "<int:source>/token/<int:token>/revoke/",
                view(require_POST(self.revoke_token)),
                name="calls_source_revoke",
            ),
            *super().get_urls(),
        ]

    def response_add(self, request: HttpRequest, obj: Source, post_url_continue: str | None = None) -> HttpResponse:
        """A source is of use once the provider has its address: make the first token and show it now."""
        audit.record(audit.person(request), Act.ADDRESS_MADE, obj.name)
        return self._show_once(Connected(obj, obj.new_token()), [])

    def new_token(self, request: HttpRequest, source: int) -> HttpResponse:
        """Ask first; then make another token, and go to the page that shows its addresses, once."""
        found = self._source(request, source)
        if request.method != "POST":
            context = {"title": f"New token for {found}", "source": found, "before": list(found.tokens.active())}
            return self._page(request, "rotate", context)
        made, before = rotate(found)
        audit.record(audit.person(request), Act.ADDRESS_MADE, found.name)
        self.log_change(request, found, f"Made the token that ends in {made.token[-4:]}.")
        return self._show_once(made, before)

    def addresses(self, request: HttpRequest, source: int) -> HttpResponse:
        """The addresses of a token that was just made. Loaded again, the page says that they were shown."""
        found = self._source(request, source)
        told = shown_once.taken(request)
        context = {"title": f"The address of {found}", "source": found, "told": told}
        if told:
            context["made"] = Connected(found, told["token"])
        response = self._page(request, "addresses", context)
        shown_once.forget(response, request.path)
        return response

    def test(self, request: HttpRequest, source: int) -> HttpResponse:
        """Send a delivery that is about no call through the webhook, and say what became of it."""
        found = self._source(request, source)
        outcome = try_out(found)
        well = outcome.status == 200 and bool(outcome.result) and outcome.reason != "source_disabled"
        self.log_change(request, found, "Sent a test to its webhook.")
        self.message_user(request, own_test_sentence(*outcome), messages.SUCCESS if well else messages.WARNING)
        return HttpResponseRedirect(reverse("admin:calls_source_change", args=[found.pk]))

    def revoke_token(self, request: HttpRequest, source: int, token: int) -> HttpResponse:
        """End a token now. Deliveries that carry it are refused from the next refresh of the intake on."""
        found = self._source(request, source)
        ended = found.tokens.active().filter(pk=token).first()
        if ended:
            ended.expires_at = timezone.now()
            ended.save(update_fields=["expires_at"])
            self.log_change(request, found, f"Ended the token that ends in {ended.hint}.")
            self.message_user(request, f"The token that ends in {ended.hint} has ended.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:calls_source_change", args=[found.pk]))

    def _source(self, request: HttpRequest, key: int) -> Source:
        found = Source.objects.filter(pk=key).first()
        if found is None:
            raise Http404
        if not self.has_change_permission(request, found):
            raise PermissionDenied
        return found

    def _show_once(self, made: Connected, before: list[SourceToken]) -> HttpResponse:
        hints = [token.hint for token in before]
        address = reverse("admin:calls_source_address", args=[made.source.pk])
        return shown_once.show_at(address, {"token": made.token, "kept": hints[:1], "ended": hints[1:]})

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        about = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(
            request, f"admin/calls/source/{name}.html", about, headers={"Cache-Control": "no-store"}
        )
