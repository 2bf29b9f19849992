"""The directory in the admin: agents and our numbers, learned from traffic and put right by people."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.safestring import SafeString

from calls.models import Agent, VirtualNumber
from calls.models.directory import DirectoryNumber
from calls.phones import WITHHELD, is_possible, is_rounded, match_key, normalise
from calls.phones import is_masked as has_hidden_digits
from calls.providers.values import or_nobody

from . import shown
from .choosing import ChoosesRows
from .lists import PlainChangeList
from .site import is_masked, site


class Open(ChoosesRows, admin.ModelAdmin):
    """Pages full of numbers and of rights: closed to people who are masked, or masking would be a courtesy."""

    actions: Sequence[str] | None = None
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PlainChangeList]:
        return PlainChangeList

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not is_masked(request) and super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not is_masked(request) and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not is_masked(request) and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return not is_masked(request) and super().has_delete_permission(request, obj)


class NumberForm(forms.ModelForm):
    """A number is spelt as deliveries are read, by the region of its source; one number is one row of a source."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if "source" in said and "number" in said:
            said["number"] = self._number(said["number"], said["source"].region)
            self.instance.number_key = match_key(said["number"])
            known = type(self.instance).objects.filter(source=said["source"], number_key=self.instance.number_key)
            if known.exists():
                self.add_error("number", f"Known already, as {known[0].number}.")
        return said

    def _number(self, text: str, region: str) -> str:
        """The spelling in which deliveries will be compared; an error in words for what no delivery can match."""
        number = normalise(or_nobody(text), region)
        for wrong, why in (
            (not number, "This stands for nobody: no call can match it."),
            (number == WITHHELD, "This stands for a caller who hides their number: it is nobody's."),
            (has_hidden_digits(number), "Digits of this number are hidden. Enter the whole number."),
            (is_rounded(text), "A spreadsheet rounded the last digits of this number away. Enter it as text."),
            (
                number.startswith("+") and not is_possible(number),
                "This is not a whole number: digits are missing after the country code, or there are too many.",
            ),
        ):
            if wrong:
                self.add_error("number", why)
                break
        return number


class NumberAdmin(Open):
    """Saving a number asks the intake to derive the calls that have it again."""

    form = NumberForm
    list_filter: ClassVar = ["ours", "source", ("group", admin.EmptyFieldListFilter)]
    list_select_related = ("source", "group")
    autocomplete_fields = ("group",)
    readonly_fields: tuple[str, ...] = ("learned", "calls_follow")
    named: ClassVar[tuple[str, ...]] = ()

    def get_fields(self, request: HttpRequest, obj: DirectoryNumber | None = None) -> list[str]:
        since = ["learned", "calls_follow"] if obj else []
        return ["source", "number", *self.named, "group", "ours", *since]

    def get_readonly_fields(self, request: HttpRequest, obj: DirectoryNumber | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "source", "number") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Deleted, the next call would teach it again: untick "ours" instead."""
        return False

    def save_model(self, request: HttpRequest, obj: DirectoryNumber, form: forms.ModelForm, change: bool) -> None:
        obj.settled = False
        super().save_model(request, obj, form, change)

    @admin.display(description="Since", ordering="learned_at")
    def learned(self, number: DirectoryNumber) -> str | SafeString:
        return shown.moment(number.learned_at)

    @admin.display(description="Calls up to date", boolean=True)
    def calls_follow(self, number: DirectoryNumber) -> bool:
        """Whether its calls have been derived again since it last changed."""
        return number.settled


@admin.register(Agent, site=site)
class AgentAdmin(NumberAdmin):
    list_display = ("number", "name", "learned_name", "group", "ours", "source", "learned", "calls_follow")
    search_fields = ("number", "name", "learned_name")
    named = ("name", "learned_name")
    readonly_fields = (*NumberAdmin.readonly_fields, "learned_name")


@admin.register(VirtualNumber, site=site)
class VirtualNumberAdmin(NumberAdmin):
    list_display = ("number", "label", "group", "ours", "source", "learned", "calls_follow")
    search_fields = ("number", "label")
    named = ("label",)
