"""Queries that are compiled once. For the few that are asked all the time, compiling costs twenty times the asking."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet


class Compiled:
    """A compiled `values_list` query. Each call of `rows` gives its parameters, in the order of the query's filters."""

    def __init__(self, rows: "QuerySet[Any, Any]") -> None:
        self._compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
        self._sql = self._compiler.as_sql()[0]
        columns = [column for column, *_ in self._compiler.select]
        self._converters = self._compiler.get_converters(columns)

    def rows(self, *parameters: Any) -> list[tuple[Any, ...]]:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(self._sql, parameters)
            found = cursor.fetchall()
        return list(self._compiler.apply_converters(found, self._converters)) if self._converters else found
