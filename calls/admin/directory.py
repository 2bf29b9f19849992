"""The directory in the admin: agents and our numbers, learned from traffic and put right by people."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Min, Model, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from calls.history.search import row_id
from calls.models import Agent, VirtualNumber
from calls.models.directory import DirectoryNumber
from calls.phones import WITHHELD, is_possible, is_rounded, match_key, normalise
from calls.phones import is_masked as has_hidden_digits
from calls.providers.values import or_nobody

from . import shown
from .call_parts import number as spaced_number
from .choosing import ChoosesGroups
from .filters import SourceFilter
from .lists import PlainChangeList
from .site import is_masked, site


class Open(ChoosesGroups, admin.ModelAdmin):
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


class OfSourceFilter(SourceFilter):
    """Numbers that a source knows, whichever of their rows stands for them."""

    def chosen(self, rows: QuerySet) -> QuerySet:
        keys = rows.model._default_manager.filter(source=row_id(self.value) or 0).values("number_key")
        return rows.filter(number_key__in=keys)


class NumberList(PlainChangeList):
    """One line for each number, over all sources: the row of the source that came first stands for all."""

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet:
        numbers = self.model._default_manager.order_by().values("number_key")
        self.root_queryset = self.root_queryset.filter(id__in=numbers.annotate(first=Min("id")).values("first"))
        return super().get_queryset(request, *args, **kwargs)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        known = self.model._default_manager.filter(number_key__in=[row.number_key for row in rows])
        sources: dict[str, list[str]] = defaultdict(list)
        for key, name in known.order_by("source__name").values_list("number_key", "source__name"):
            sources[key].append(name)
        for row in rows:
            row.sources = sources[row.number_key]
        self.result_list = rows


class NumberAdmin(Open):
    """A number is one page over all sources. Saving it asks the intake to derive the calls that have it again."""

    form = NumberForm
    list_filter: ClassVar = ["ours", OfSourceFilter, ("group", admin.EmptyFieldListFilter)]
    list_select_related = ("source", "group")
    readonly_fields: tuple[str, ...] = ("learned", "calls_follow", "at_sources")
    named: ClassVar[tuple[str, ...]] = ()
    shared: ClassVar[tuple[str, ...]] = ("group", "ours")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PlainChangeList]:
        return NumberList

    def get_fields(self, request: HttpRequest, obj: DirectoryNumber | None = None) -> list[str]:
        since = ["learned", "calls_follow"] if obj else []
        return ["at_sources" if obj else "source", "number", *self.named, "group", "ours", *since]

    def get_readonly_fields(self, request: HttpRequest, obj: DirectoryNumber | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "source", "number") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Deleted, the next call would teach it again: untick "ours" instead."""
        return False

    def save_model(self, request: HttpRequest, obj: DirectoryNumber, form: forms.ModelForm, change: bool) -> None:
        """What a person says of a number holds at every source that knows it."""
        obj.settled = False
        super().save_model(request, obj, form, change)
        said = {name: getattr(obj, name) for name in (*self.shared, *self.named) if name in form.changed_data}
        if change and said:
            others = type(obj).objects.filter(number_key=obj.number_key).exclude(pk=obj.pk)
            others.update(**said, settled=False)

    @admin.display(description="Number", ordering="number")
    def grouped(self, number: DirectoryNumber) -> SafeString:
        return spaced_number(number.number)

    @admin.display(description="Sources")
    def at_sources(self, number: DirectoryNumber) -> str:
        names = getattr(number, "sources", None)
        if names is None:
            known = type(number).objects.filter(number_key=number.number_key)
            names = list(known.order_by("source__name").values_list("source__name", flat=True))
        return ", ".join(names)

    @admin.display(description="Since", ordering="learned_at")
    def learned(self, number: DirectoryNumber) -> str | SafeString:
        return shown.moment(number.learned_at)

    @admin.display(description="Calls up to date", boolean=True)
    def calls_follow(self, number: DirectoryNumber) -> bool:
        """Whether its calls have been derived again since it last changed."""
        return number.settled


@admin.register(Agent, site=site)
class AgentAdmin(NumberAdmin):
    list_display = ("grouped", "name", "learned_name", "group", "ours", "at_sources", "learned", "calls_follow")
    search_fields = ("number", "name", "learned_name")
    named = ("name", "learned_name")
    readonly_fields = (*NumberAdmin.readonly_fields, "learned_name")


@admin.register(VirtualNumber, site=site)
class VirtualNumberAdmin(NumberAdmin):
    list_display = ("grouped", "label", "group", "ours", "at_sources", "learned", "calls_follow")
    search_fields = ("number", "label")
    named = ("label",)
