"""How each group's calls are counted in the figures, with a look at what yesterday would have been."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from calls.days import day_bounds, day_of
from calls.figures.definitions import FIGURES
from calls.figures.group_rules import Rules
from calls.figures.hours import hours_of
from calls.figures.parts import Clock, Formula, Settings
from calls.figures.reading import Asked, read
from calls.figures.text import text_of
from calls.models import CallGroup, FigureSettings
from calls.models.access import Scope

from .directory import Open
from .site import site

_PREVIEW = "preview"


class FigureSettingsForm(forms.ModelForm):
    """A form that is asked for a preview is shown again, as entered, with what yesterday would have been."""

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        try:
            hours_of(said.get("hours", ""))
        except ValueError as problem:
            self.add_error("hours", str(problem))
        if "threshold" in said and "short" in said and said["short"] > said["threshold"]:
            self.add_error("short", "More than the threshold: calls given up in time would be no calls at all.")
        elif not self.errors and f"_{_PREVIEW}" in self.data:
            raise forms.ValidationError(preview(said), code=_PREVIEW)
        return said


def preview(said: dict[str, Any]) -> str:
    """Yesterday's service level of the group's calls, as it is counted now and by these settings."""
    now = timezone.now()
    start, end = day_bounds(day_of(now) - timedelta(1))
    group = said["group"].pk if said.get("group") else None
    wanted = Settings(
        threshold=said["threshold"],
        short=said["short"],
        goal=said["goal"],
        clock=Clock(said["clock"]),
        ivr_allowance=said["ivr_allowance"],
        formula=Formula(said["formula"]),
        hours=hours_of(said["hours"]),
        promise=said["promise"],
        menu_offered=said["menu_offered"],
    )
    rules = Rules()
    whose = frozenset([group] if group else [None, *rules.without_own(CallGroup.objects.values_list("id", flat=True))])
    reading = read(Asked(start, end, Scope(None, masked=False), whose), "", now)
    told = []
    for each in (rules, rules.with_settings(group, wanted)):
        tally = reading.tally(each)
        level, lost, offered = (FIGURES[name].of(tally) for name in ("service-level", "lost", "offered"))
        of = f"{level.numerator:,.0f} of {level.denominator:,.0f}"
        told.append(f"{text_of(level)} in time ({of}), {text_of(lost)} lost of {text_of(offered)} offered")
    return f"Yesterday as it is counted now: {told[0]}. By these settings: {told[1]}."


@admin.register(FigureSettings, site=site)
class FigureSettingsAdmin(Open):
    form = FigureSettingsForm
    list_display = ("whose", "threshold", "short", "goal", "clock", "ivr_allowance", "formula", "hours", "counts_menu")
    list_select_related = ("group",)
    fields = (
        *("group", "threshold", "goal", "short", "menu_offered", "clock", "ivr_allowance", "formula", "hours"),
        "promise",
    )
    change_form_template = "admin/calls/figuresettings/change_form.html"

    @admin.display(description="Group", ordering="group__name")
    def whose(self, settings: FigureSettings) -> str:
        return settings.group.name if settings.group else "All other groups"

    @admin.display(description="Menu calls offered", boolean=True)
    def counts_menu(self, settings: FigureSettings) -> bool:
        return settings.menu_offered

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """A preview comes as an error of the form, since it must not be saved; it is none, and not shown as one."""
        form = context["adminform"].form
        previews = form.errors.as_data().get("__all__", []) if form.is_bound else []
        if previews and previews[0].code == _PREVIEW:
            form.errors.clear()
            context |= {"errors": [], "preview": previews[0].message}
        return super().render_change_form(request, context, **kwargs)
