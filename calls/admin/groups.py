"""Call groups in the admin: named, and joined where two turned out to be one team."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from calls.commit.groups import join
from calls.models import Call, CallGroup, GroupSpelling
from calls.spellings import spelling_key, tidied

from . import shown
from .directory import Open
from .site import site


class GroupForm(forms.ModelForm):
    """One name is one group in all its spellings."""

    def clean_name(self) -> str:
        name = tidied(self.cleaned_data["name"])
        if not (key := spelling_key(name)):
            raise forms.ValidationError("This name shows as nothing.")
        if other := GroupSpelling.objects.filter(key=key).exclude(group=self.instance.pk).select_related("group"):
            raise forms.ValidationError(
                f"Known already, as {other[0].group}. To make one group of two, join them in the list of groups."
            )
        return name


class JoinForm(forms.Form):
    """Which of the chosen groups stays."""

    into = forms.ModelChoiceField(CallGroup.objects.none(), empty_label=None, label="The group that stays")

    def __init__(self, groups: QuerySet, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = groups


@admin.register(CallGroup, site=site)
class CallGroupAdmin(Open):
    form = GroupForm
    list_display = ("name", "learned")
    search_fields = ("name",)
    fields = ("name", "learned")
    readonly_fields = ("learned",)
    actions = ("join_chosen",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(joined_into=None)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: action for name, action in super().get_actions(request).items() if name == "join_chosen"}

    def has_delete_permission(self, request: HttpRequest, obj: CallGroup | None = None) -> bool:
        """A group that has calls stays: without it nobody but those who see everything would find them."""
        unused = obj is not None and not Call.objects.filter(group=obj).exists()
        return unused and super().has_delete_permission(request, obj)

    def get_form(self, request: HttpRequest, obj: CallGroup | None = None, **kwargs: Any) -> type[forms.ModelForm]:
        hint = "How it is shown. Calls that say its name in another spelling, or an earlier name of it, are its calls."
        return super().get_form(request, obj, help_texts={"name": hint}, **kwargs)

    @admin.display(description="Since", ordering="learned_at")
    def learned(self, group: CallGroup) -> str | SafeString:
        return shown.moment(group.learned_at)

    @admin.action(description="Join into one group", permissions=["change"])
    def join_chosen(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        """Ask which of the groups stays, and say who will see more; then join them."""
        groups = CallGroup.objects.filter(pk__in=[group.pk for group in chosen])
        if len(groups) < 2:
            self.message_user(request, "Choose two groups or more to join.", messages.WARNING)
            return None
        form = JoinForm(groups, request.POST if "into" in request.POST else None)
        if not form.is_valid():
            return self._ask(request, groups, form)
        into = form.cleaned_data["into"]
        gone = [group for group in groups if group != into]
        join(gone, into)
        names = ", ".join(group.name for group in gone)
        self.log_change(request, into, f"Joined into it: {names}.")
        self.message_user(
            request, f"{names} joined into {into}. Earlier calls go over within moments.", messages.SUCCESS
        )
        return None

    def _ask(self, request: HttpRequest, groups: QuerySet, form: JoinForm) -> HttpResponse:
        people = User.objects.filter(is_active=True, access__all_groups=False, access__groups__in=groups).distinct()
        sees = {person: set(person.access.groups.filter(pk__in=groups)) for person in people.order_by("username")}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Join groups into one",
            "form": form,
            "groups": groups,
            "gaining": [(person, sorted(map(str, seen))) for person, seen in sees.items() if len(seen) < len(groups)],
        }
        return TemplateResponse(request, "admin/calls/callgroup/join.html", context)
