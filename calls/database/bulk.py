"""Many rows in one statement. The ORM's bulk methods do the same at a tenth of the speed."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson
from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

Row = Sequence[Any]
_ROWS_AT_A_TIME = 1_000


class Table:
    """Some columns of a model, written many rows at a time inside the caller's transaction.

    Rows have the order of `columns` (attribute names, foreign keys as `..._id`).
    """

    def __init__(self, model: type[models.Model], columns: Sequence[str]) -> None:
        by_name = {field.attname: field for field in model._meta.concrete_fields}
        self.fields = [by_name[name] for name in columns]
        self.name = model._meta.db_table
        self.columns = [field.column for field in self.fields]
        self._place = {name: place for place, name in enumerate(columns)}
        self._cells = [f"c{place}" for place in range(len(columns))]
        self._bytes_cells = [f"c{i}" for i, field in enumerate(self.fields) if isinstance(field, models.BinaryField)]
        self._json_cells = [i for i, field in enumerate(self.fields) if isinstance(field, models.JSONField)]
        self._moment_cells = [i for i, field in enumerate(self.fields) if isinstance(field, models.DateTimeField)]
        self._statements: dict[tuple[str, ...], str] = {}

    @staticmethod
    def indexed(model: type[models.Model]) -> set[str]:
        """The columns of a model that stand in any of its indexes, as attribute names."""
        columns = {field.name: field.attname for field in model._meta.concrete_fields}
        return {columns[name.removeprefix("-")] for index in model._meta.indexes for name in index.fields}

    def insert(self, rows: Sequence[Row]) -> None:
        self._insert("insert", rows)

    def put(self, rows: Sequence[Row]) -> None:
        """Insert rows, each in the place of the one that has its `id` already. The first column is `id`."""
        self._insert("put", rows)

    def _insert(self, kind: str, rows: Sequence[Row]) -> None:
        if not rows:
            return
        connection = transaction.get_connection()
        text = self._statement(connection, kind)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(text, [self._one_parameter(rows)])
            else:
                cursor.executemany(text, [self._sqlite_row(row) for row in rows])

    def change(self, changes: Sequence[tuple[tuple[str, ...], Row]]) -> None:
        """Set some columns of rows that are there: which ones, and the whole row, whose first column is `id`.

        SQLite writes each index anew that holds a column which is set, whether its value changed or not. PostgreSQL
        writes all of them for every new version of a row: there one statement sets all columns.
        """
        if not changes:
            return
        connection = transaction.get_connection()
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                rows = self._one_parameter([row for _, row in changes])
                cursor.execute(self._statement(connection, "change"), [rows])
                return
            by_names: dict[tuple[str, ...], list[list[Any]]] = {}
            for names, row in changes:
                by_names.setdefault(names, []).append(self._sqlite_row(row))
            for names, cells in by_names.items():
                some = itemgetter(*(self._place[name] for name in names), 0)
                cursor.executemany(self._statement(connection, "change", *names), list(map(some, cells)))

    def _one_parameter(self, rows: Sequence[Row]) -> str:
        """The rows as JSON: the driver spends twenty times as long on arrays, or on a parameter for each cell."""
        names = self._cells
        given = [dict(zip(names, row, strict=True)) for row in rows]
        for name in self._bytes_cells:
            for cells in given:
                cells[name] = b64encode(cells[name]).decode()
        return orjson.dumps(given).decode()

    def _sqlite_row(self, row: Row) -> list[Any]:
        cells = list(row)
        for i in self._moment_cells:
            if cells[i] is not None:
                cells[i] = moment_text(cells[i])
        for i in self._json_cells:
            cells[i] = _json(cells[i])
        return cells

    def _statement(self, connection: BaseDatabaseWrapper, kind: str, *names: str) -> str:
        key = (connection.vendor, kind, *names)
        if key not in self._statements:
            make = self._for_postgres if connection.vendor == "postgresql" else self._for_sqlite
            self._statements[key] = make(connection, kind, names)
        return self._statements[key]

    # The names are those of our own models.

    def _for_sqlite(self, _: BaseDatabaseWrapper, kind: str, names: tuple[str, ...]) -> str:
        if kind == "change":
            sets = ", ".join(f'"{self.columns[self._place[name]]}" = %s' for name in names)
            return f'UPDATE "{self.name}" SET {sets} WHERE id = %s'  # noqa: S608
        columns = ", ".join(f'"{column}"' for column in self.columns)
        values = ", ".join(["%s"] * len(self.columns))
        return f'INSERT INTO "{self.name}" ({columns}) VALUES ({values}){self._or_set(kind)}'  # noqa: S608

    def _for_postgres(self, connection: BaseDatabaseWrapper, kind: str, _: tuple[str, ...]) -> str:
        """The rows come as one JSON text, of which `json_to_recordset` makes rows again."""
        types = {name: _bare_type(connection, field) for name, field in zip(self._cells, self.fields, strict=True)}
        types |= dict.fromkeys(self._bytes_cells, "text")
        cells = [f"decode({name}, 'base64')" if name in self._bytes_cells else name for name in self._cells]
        given = f"json_to_recordset(%s::json) AS given({', '.join(map(' '.join, types.items()))})"
        if kind == "change":
            sets = ", ".join(f'"{c}" = {cell}' for c, cell in zip(self.columns[1:], cells[1:], strict=True))
            return f'UPDATE "{self.name}" SET {sets} FROM {given} WHERE id = c0'  # noqa: S608
        columns = ", ".join(f'"{column}"' for column in self.columns)
        values = ", ".join(cells)
        return f'INSERT INTO "{self.name}" ({columns}) SELECT {values} FROM {given}{self._or_set(kind)}'  # noqa: S608

    def _or_set(self, kind: str) -> str:
        """What happens to a row of the same id: it is set to this one, or (inserted) it is an error."""
        sets = ", ".join(f'"{column}" = excluded."{column}"' for column in self.columns[1:])
        return f" ON CONFLICT (id) DO UPDATE SET {sets}" if kind == "put" else ""


def _bare_type(connection: BaseDatabaseWrapper, field: Any) -> str:
    """`bigint GENERATED BY DEFAULT AS IDENTITY` is a bigint."""
    kind = field.rel_db_type(connection) if isinstance(field, models.ForeignKey) else field.db_type(connection)
    return (kind or "text").split(" GENERATED")[0].removesuffix(" CHECK")


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def select(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Run a plain query and return its rows. A list among the parameters becomes a parenthesised list (`IN %s`).

    For the few queries that every delivery pays for: the ORM spends ten times as long on making them.
    Values come as the database driver gives them: see `moment_from`.
    """
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(*_flat(sql, params))
        return list(cursor.fetchall())


def select_many(sql: str, *params: Any) -> Iterator[tuple[Any, ...]]:
    """The same for many rows: some at a time, so that they are never all in memory."""
    with transaction.get_connection().cursor() as cursor:
        cursor.execute(*_flat(sql, params))
        while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
            yield from rows


def _flat(sql: str, params: Sequence[Any]) -> tuple[str, list[Any]]:
    flat: list[Any] = []
    marks: list[str] = []
    for param in params:
        many = isinstance(param, (list, set, tuple))
        flat += param if many else [param]
        marks.append(f"({', '.join(['%s'] * len(param))})" if many else "%s")
    return sql % tuple(marks), flat


@lru_cache(maxsize=8_192)  # Rows of a call are written several times, and most of their moments stay.
def moment_text(moment: datetime) -> str:
    """A moment as SQLite holds it: 2026-01-31 09:30:00.123456, in UTC and without a zone."""
    return moment.astimezone(UTC).isoformat(" ").removesuffix("+00:00")


def moment_from(value: datetime | None) -> datetime | None:
    """Give a moment its zone: those that SQLite's driver returns have none, and mean UTC."""
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class NextIds:
    """Takes the next ids of tables, for one transaction.

    On SQLite the transaction must hold the write lock, and write rows with the ids that it takes: nothing else counts
    them up.
    """

    def __init__(self) -> None:
        self._last: dict[str, int] | None = None

    def take(self, model: type[models.Model], count: int) -> list[int]:
        if not count:
            return []
        table = model._meta.db_table
        if transaction.get_connection().vendor == "postgresql":
            taken = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
            return sorted(row[0] for row in select(taken, f'"{table}"', count))
        if self._last is None:
            self._last = dict(select("SELECT name, seq FROM sqlite_sequence"))
        first = self._last.get(table, 0) + 1
        self._last[table] = first + count - 1
        return list(range(first, first + count))
