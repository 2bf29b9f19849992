"""Seeding: history in bulk, for trying the product at size.

One day of made-up traffic goes through the real rules. Then the database copies it to all days, the oldest first, with
moved dates and ids. The rows are those that the intake would have stored, with two exceptions: content keys are random,
and the digest of a call is that of the call that it is a copy of.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import DateTimeField, Max, Min, Model, QuerySet
from django.utils import timezone

from calls.database.bulk import select
from calls.database.connecting import unhurried
from calls.models import Call, CallAlias, Delivery, Head, Source
from calls.providers.values import zone_of
from calls.simulation import Delivery as Said
from calls.simulation import Traffic
from calls.upkeep.made_up import LIMITS, store_all

SOURCE = "Seeded history"
SUNDAY_SHARE = 4
"""Of ten calls, how many a Sunday has."""
# What the shape of the day, Sundays and the edges of a day leave of `calls_per_minute * 1440`, measured.
_DAY_SHARE = 0.43

Tell = Callable[[str], None]


class AlreadySeeded(Exception):
    """There is seeded history already: copies of it would collide."""


def seed(calls: int, days: int, number: int, tell: Tell) -> int:
    """Store about this many ended calls, spread over `days` days up to yesterday. Returns how many it were.

    The server should not run meanwhile: indexes are dropped and made again.
    """
    if Source.objects.filter(name=SOURCE).exists():
        raise AlreadySeeded
    source = Source.objects.create(name=SOURCE, synthetic=True, **LIMITS)
    zone = zone_of(source.time_zone)
    last_day = timezone.now().astimezone(zone).date() - timedelta(days=1)
    per_day = max(1, calls // days)
    tell(f"Making up one day of about {per_day:,} calls ...")
    _one_day(source, datetime.combine(last_day, time(), zone), per_day, number)
    template = _Template.of(source.pk, last_day, days)
    with unhurried(), _aside(template), _without_indexes(tell):
        for back in reversed(range(days)):
            _copy_day(template, back)
            Head.objects.update(seq=template.seqs.stop - 1 + (days - back) * len(template.seqs))
            if (days - back) % 10 == 0:
                tell(f"  {days - back} of {days} days")
        if connection.vendor == "postgresql":
            tell("Gathering statistics ...")
            _run(["ANALYZE"])  # SQLite has its figures from the migration `plans`
    return Call.objects.filter(source=source).count()


def _one_day(source: Source, midnight: datetime, calls: int, number: int) -> None:
    """A day of traffic, through the real rules."""
    traffic = Traffic(midnight, seed=number, live=0, calls_per_minute=calls / 1440 / _DAY_SHARE)
    day = itertools.takewhile(lambda said: said.at < midnight + timedelta(days=1), traffic.deliveries())
    store_all(_whole_calls(day), source)


def _whole_calls(day: Iterator[Said]) -> Iterator[Said]:
    """The deliveries of calls whose report came within the day: nothing is left live."""
    waiting: dict[str, list[Said]] = {}
    for said in day:
        waiting.setdefault(said.ref, []).append(said)
        if said.is_report:
            yield from waiting.pop(said.ref)


# --- copying a day ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Template:
    """The day that is copied to so many: its date, and where the ids and numbers of its rows lay."""

    day: date
    days: int
    calls: range
    aliases: range
    deliveries: range
    seqs: range

    @classmethod
    def of(cls, source: int, day: date, days: int) -> "_Template":
        calls = Call.objects.filter(source=source)
        return cls(
            day,
            days,
            _ids(calls),
            _ids(CallAlias.objects.filter(source=source)),
            _ids(Delivery.objects.filter(source=source)),
            _ids(calls, "seq"),
        )


def _ids(rows: QuerySet[Any], column: str = "id") -> range:
    found = rows.aggregate(first=Min(column), last=Max(column))
    return range(found["first"], found["last"] + 1)


@contextmanager
def _aside(template: _Template) -> Iterator[None]:
    """The template's rows in temporary tables, and out of the real ones: there each day has its place by its age."""
    tables = {Call: template.calls, CallAlias: template.aliases, Delivery: template.deliveries}
    within = {model: f"id BETWEEN {ids.start} AND {ids.stop - 1}" for model, ids in tables.items()}
    for model, rows in within.items():
        _run([f'CREATE TEMPORARY TABLE {_template(model)} AS SELECT * FROM "{model._meta.db_table}" WHERE {rows}'])  # noqa: S608
    _run([f"CREATE INDEX template_id ON {_template(Call)} (id)"])
    with transaction.atomic():
        for model in reversed(within):
            _run([f'DELETE FROM "{model._meta.db_table}" WHERE {within[model]}'])  # noqa: S608
    yield
    _run(f"DROP TABLE {_template(model)}" for model in within)


def _template(model: type[Model]) -> str:
    return f"template_{model._meta.db_table}"


def _copy_day(template: _Template, back: int) -> None:
    """Copy the template to the day `back` days before it: later days get higher ids, as if they had just come."""
    sql = (_Postgres if connection.vendor == "postgresql" else _Sqlite)(template, back)
    share = SUNDAY_SHARE if (template.day - timedelta(days=back)).weekday() == 6 else 10
    calls = f"{_template(Call)} c"
    chosen = f"ON c.id = call_id WHERE c.id % 10 < {share}"
    call_id = sql.moved_id("c.id", template.calls)
    call = {
        "id": call_id,
        "seq": sql.moved_id("c.seq", template.seqs),
        "ref": sql.ref("c.ref"),
        "recording_url": sql.text("c.recording_url", "c.ref"),
        "ring_attempts": sql.json("c.ring_attempts"),
        "set_by": "'{}'",
    }
    alias = {
        "id": sql.moved_id("a.id", template.aliases),
        "call_id": call_id,
        "value": f"CASE WHEN a.kind = 'sid' THEN {sql.ref('a.value')} ELSE a.value END",
    }
    delivery = {
        "id": sql.moved_id("d.id", template.deliveries),
        "call_id": call_id,
        "content_key": sql.random_key,
        "query": sql.text("d.query", "c.ref"),
        "body": sql.body("d.body", "c.ref"),
        "event": sql.text("d.event", "c.ref"),
    }
    statements = (
        sql.copy(Call, "c", call, f"{calls} WHERE c.id % 10 < {share} ORDER BY c.id"),
        sql.copy(CallAlias, "a", alias, f"{_template(CallAlias)} a JOIN {calls} {chosen} ORDER BY a.id"),
        sql.copy(Delivery, "d", delivery, f"{_template(Delivery)} d JOIN {calls} {chosen} ORDER BY d.id"),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


class _Sqlite:
    """How this database moves a row by so many days. All values are our own numbers, dates and names."""

    random_key = "lower(hex(randomblob(16)))"

    def __init__(self, template: _Template, back: int) -> None:
        self.back = back
        self.place = template.days - back
        # A day of the site touches three dates in UTC. In this order no result is taken for the next.
        self.days = [template.day + timedelta(days=step) for step in (-1, 0, 1)]

    def copy(self, model: type[Model], alias: str, given: dict[str, str], rows: str) -> str:
        cells = []
        for field in model._meta.concrete_fields:
            column = f"{alias}.{field.column}"
            moved = self.moment(column) if isinstance(field, DateTimeField) else column
            cells.append(given.get(str(field.column), moved))
        names = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
        return f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(cells)} FROM {rows}'  # noqa: S608

    def moved_id(self, column: str, template: range) -> str:
        return f"{column} + {self.place * len(template)}"

    def moment(self, column: str) -> str:
        return f"date({column}, '-{self.back} days') || substr({column}, 11)"

    def ref(self, column: str) -> str:
        """The made-up ids begin with the second of the start."""
        return f"CAST(CAST(substr({column}, 1, 10) AS INTEGER) - {86_400 * self.back} AS TEXT) || substr({column}, 11)"

    def text(self, column: str, ref: str | None = None) -> str:
        for day in self.days:
            column = f"replace({column}, '{day}', '{day - timedelta(days=self.back)}')"
        return f"replace({column}, {ref}, {self.ref(ref)})" if ref else column

    def json(self, column: str) -> str:
        return self.text(column)

    def body(self, column: str, ref: str) -> str:
        return f"CAST({self.text(f'CAST({column} AS TEXT)', ref)} AS BLOB)"


class _Postgres(_Sqlite):
    random_key = "md5(random()::text)"

    def moment(self, column: str) -> str:
        return f"{column} - interval '{self.back} days'"

    def ref(self, column: str) -> str:
        return f"(substr({column}, 1, 10)::bigint - {86_400 * self.back})::text || substr({column}, 11)"

    def json(self, column: str) -> str:
        return f"{self.text(f'{column}::text')}::jsonb"

    def body(self, column: str, ref: str) -> str:
        return f"convert_to({self.text(f'convert_from({column}, {chr(39)}UTF8{chr(39)})', ref)}, 'UTF8')"

    def copy(self, model: type[Model], alias: str, given: dict[str, str], rows: str) -> str:
        given = {name: f"{cell}::jsonb" if name == "set_by" else cell for name, cell in given.items()}
        return super().copy(model, alias, given, rows)


# --- indexes ------------------------------------------------------------------------------------------------


@contextmanager
def _without_indexes(tell: Tell) -> Iterator[None]:
    """Without the secondary indexes of the large tables: making them afterwards is much faster."""
    indexes, figures = _indexes(), _figures()
    _run(f'DROP INDEX "{name}"' for name, _ in indexes)
    try:
        yield
    finally:
        tell("Making the indexes again ...")
        _run(definition for _, definition in indexes)
        _set_sequences()
        _set_figures(figures)


def _figures() -> list[tuple[Any, ...]]:
    """What SQLite was told of its indexes (migration `plans`): it forgets that with the index."""
    return select("SELECT tbl, idx, stat FROM sqlite_stat1") if connection.vendor == "sqlite" else []


def _set_figures(figures: list[tuple[Any, ...]]) -> None:
    if figures:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", figures)
            cursor.execute("ANALYZE sqlite_schema")  # reads them


def _indexes() -> list[tuple[str, str]]:
    tables = [model._meta.db_table for model in (Call, CallAlias, Delivery)]
    marks = ", ".join(["%s"] * len(tables))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"  # noqa: S608
                f" AND tablename IN ({marks}) AND indexname NOT LIKE '%%_pkey'",
                tables,
            )
        else:
            # The one on a call's deliveries stays: the copying itself needs it.
            cursor.execute(
                f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ({marks})"  # noqa: S608
                " AND sql IS NOT NULL",
                tables,
            )
        needed = ("(call_id)", '("call_id")')
        return [(name, sql) for name, sql in cursor.fetchall() if not sql.endswith(needed)]


def _set_sequences() -> None:
    """PostgreSQL counts ids apart from the rows; SQLite looks at them."""
    if connection.vendor == "postgresql":
        tables = [model._meta.db_table for model in (Call, CallAlias, Delivery)]
        _run(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608
            for table in tables
        )


def _run(statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
