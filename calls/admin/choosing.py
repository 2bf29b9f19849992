"""Fields in which call groups are chosen: plain lists, which every browser and screen reader knows by their labels."""

from typing import Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.http import HttpRequest

from calls.history.search import row_id
from calls.models import CallGroup


class GroupsField(forms.ModelMultipleChoiceField):
    """Several groups, one box each."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> Any:
        """Django asks the database for whatever was sent, and fails where that cannot be a row's id."""
        if any(row_id(str(each)) is None for each in value or ()):
            raise forms.ValidationError("Choose groups of this list.")
        return super().clean(value)


class ChoosesGroups(BaseModelAdmin):
    """For an admin of something that has a group, or groups: those that are being joined into another are no choice."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the links beside a field that would make or change a group: that is done on the groups' own page."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_add_related = field.widget.can_change_related = False
            field.widget.can_delete_related = field.widget.can_view_related = False
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is CallGroup:
            return db_field.formfield(**kwargs | {"queryset": _choices()})
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is CallGroup:
            return db_field.formfield(**kwargs | {"queryset": _choices(), "form_class": GroupsField})
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def _choices() -> Any:
    return CallGroup.objects.filter(joined_into=None).order_by("name")
