"""Fields that look rows up while one types, and stand what anybody may put into a form or an address."""

from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.db.models import Field
from django.http import HttpRequest

from calls.history.search import row_id


class _OfRows:
    """Django asks the database for whatever a field was sent, and fails where that cannot be a row's id."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        ids = [each for each in value if row_id(str(each)) is not None]
        return super().optgroups(name, ids, attrs)


class RowSelect(_OfRows, AutocompleteSelect):
    pass


class RowsSelect(_OfRows, AutocompleteSelectMultiple):
    pass


class ChoosesRows(BaseModelAdmin):
    """For an admin with `autocomplete_fields`."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_foreignkey(db_field, request, **self._with(RowSelect, db_field, kwargs))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **self._with(RowsSelect, db_field, kwargs))

    def _with(self, widget: type, field: "Field[Any, Any]", given: dict[str, Any]) -> dict[str, Any]:
        if field.name in self.autocomplete_fields:
            given.setdefault("widget", widget(field, self.admin_site))
        return given
