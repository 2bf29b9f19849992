"""Screens on walls in the admin: made, given an address that is shown once, watched, and revoked."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from calls.intake.sources import base_url
from calls.models import Kiosk
from calls.people import audit
from calls.people.kiosks import is_stale
from calls.words import Act

from . import shown, shown_once
from .directory import Open
from .site import site


class KioskForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("all_groups") and not said.get("groups"):
            self.add_error("groups", "Choose groups, or all of them: a screen without any counts no call.")
        return said


@admin.register(Kiosk, site=site)
class KioskAdmin(Open):
    form = KioskForm
    change_form_template = "admin/calls/kiosk/change_form.html"
    list_display = ("name", "whose", "state", "last_seen", "ends_in")
    autocomplete_fields = ("groups",)
    fields = ("name", "all_groups", "groups")
    readonly_fields = ("state", "last_seen", "ends_in", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Kiosk]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_fields(self, request: HttpRequest, obj: Kiosk | None = None) -> tuple[str, ...]:
        return (*self.fields, *self.readonly_fields) if obj else self.fields

    @admin.display(description="Counts the calls of")
    def whose(self, kiosk: Kiosk) -> str:
        return "all groups" if kiosk.all_groups else ", ".join(str(group) for group in kiosk.groups.all())

    @admin.display(description="State")
    def state(self, kiosk: Kiosk) -> str:
        if kiosk.revoked_at:
            return "revoked"
        if kiosk.last_seen_at is None:
            return "not opened yet"
        return "not seen lately" if is_stale(kiosk, timezone.now()) else "on"

    @admin.display(description="Last seen", ordering="last_seen_at")
    def last_seen(self, kiosk: Kiosk) -> str | SafeString:
        return shown.moment(kiosk.last_seen_at) if kiosk.last_seen_at else "never"

    @admin.display(description="Address ends in")
    def ends_in(self, kiosk: Kiosk) -> str:
        return f"…{kiosk.hint}" if kiosk.hint else shown.NOTHING

    # The address

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:kiosk>/token/", view(require_POST(self.new_token)), name="calls_kiosk_token"),
            path("<int:kiosk>/address/", view(self.address), name="calls_kiosk_address"),
            path("<int:kiosk>/revoke/", view(require_POST(self.revoke)), name="calls_kiosk_revoke"),
            *super().get_urls(),
        ]

    def response_add(self, request: HttpRequest, obj: Kiosk, post_url_continue: str | None = None) -> HttpResponse:
        return self._show_once(request, obj)

    def new_token(self, request: HttpRequest, kiosk: int) -> HttpResponse:
        """Give a screen another address. The one before shows nothing from now on."""
        return self._show_once(request, self._kiosk(request, kiosk))

    def revoke(self, request: HttpRequest, kiosk: int) -> HttpResponse:
        found = self._kiosk(request, kiosk)
        found.revoke()
        self.log_change(request, found, f"Revoked the address that ends in {found.hint}.")
        self.message_user(request, f"The address of {found} has ended.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:calls_kiosk_change", args=[found.pk]))

    def address(self, request: HttpRequest, kiosk: int) -> HttpResponse:
        """The address of a token that was just made. Loaded again, the page says that it was shown."""
        found, told = self._kiosk(request, kiosk), shown_once.taken(request)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"The address of {found}",
            "kiosk": found,
            "address": f"{base_url()}{reverse('wall', args=[told['token']])}" if told else "",
        }
        response = TemplateResponse(
            request, "admin/calls/kiosk/address.html", context, headers={"Cache-Control": "no-store"}
        )
        shown_once.forget(response, request.path)
        return response

    def _show_once(self, request: HttpRequest, kiosk: Kiosk) -> HttpResponse:
        token = kiosk.new_token()
        audit.record(audit.person(request), Act.ADDRESS_MADE, f"screen {kiosk}")
        self.log_change(request, kiosk, f"Made the address that ends in {kiosk.hint}.")
        return shown_once.show_at(reverse("admin:calls_kiosk_address", args=[kiosk.pk]), {"token": token})

    def _kiosk(self, request: HttpRequest, key: int) -> Kiosk:
        found = Kiosk.objects.filter(pk=key).first()
        if found is None:
            raise Http404
        if not self.has_change_permission(request, found):
            raise PermissionDenied
        return found
