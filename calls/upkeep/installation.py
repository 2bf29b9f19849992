"""Whether this installation is what it was: its database whole, of this version, and not emptied behind its back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.utils import timezone

from calls.database.connecting import what_is_wrong

LONGEST_LOOK_SECONDS = 3.0
"""How long the file of a database is looked through at a start: what is not looked at by then is left to `doctor`."""
SECONDS_BETWEEN_INTERRUPTS = 0.01
GROWING = {
    "calls_delivery",
    "calls_call",
    "calls_callalias",
    "calls_countedcall",
    "calls_figurecell",
    "calls_auditentry",
}
"""Tables that grow with the traffic. All others are small."""
RESTORE = "Restore it from the backup (docs/operations.md, Restore)"


class Unusable(Exception):
    """The database must not be served; the text says why, and what to do."""


def mark() -> Path:
    """The file beside the key that says that an installation was set up here."""
    return Path(settings.DATA_DIR) / "installed"


def first_secrets() -> Path:
    """The file for what a first start without a terminal has to tell: nothing of it belongs into a log."""
    return Path(settings.DATA_DIR) / "first_secrets.txt"


def set_mark() -> None:
    """Note that this installation is set up: from now on an empty database is an accident."""
    if not mark().exists():
        mark().write_text(
            f"Callboard was set up here on {timezone.now():%Y-%m-%d %H:%M} UTC. As long as this file is here, an empty "
            "database is refused at start: it would be a new installation that knows no source and no person.\n"
        )


def refuse_damaged() -> None:
    """Look through a database of SQLite before anything is written to it. Raises Unusable."""
    if connection.vendor != "sqlite":
        return
    path = Path(settings.DATABASES["default"]["NAME"])
    if path.exists() and (damage := damage_of(path, LONGEST_LOOK_SECONDS)):
        raise Unusable(
            f"The database {path} is damaged: {damage}. {RESTORE}. To begin with an empty one instead, move it away "
            "and start with --new."
        )


def damage_of(path: Path, seconds: float | None = None) -> str:
    """What SQLite finds wrong with a file, or "": in all of it, or in what it can look through in so many seconds."""
    try:
        with closing(sqlite3.connect(path, timeout=5)) as file, _ended_after(seconds, file):
            for look in _looks(file) if seconds else ["1"]:
                found = str(file.execute(f"PRAGMA quick_check({look})").fetchone()[0])
                if found != "ok":
                    return " ".join(found.split())
    except sqlite3.DatabaseError as problem:
        # Whoever holds it locked has it open, so it is whole; and what took too long is left to `doctor`.
        return "" if any(word in str(problem) for word in ("locked", "interrupted")) else str(problem)
    return ""


@contextmanager
def _ended_after(seconds: float | None, file: sqlite3.Connection) -> Iterator[None]:
    """Interrupt what is asked of the file once so many seconds are over.

    From another thread: SQLite before 3.41 looks through all tables in one step, and asks a progress handler only
    between steps. Again and again: an interrupt between two statements is lost.
    """
    over = Event()

    def interrupt() -> None:
        wait = seconds
        while not over.wait(wait):
            file.interrupt()
            wait = SECONDS_BETWEEN_INTERRUPTS

    watch = Thread(target=interrupt)
    if seconds is not None:
        watch.start()
    try:
        yield
    finally:
        over.set()
        if seconds is not None:
            watch.join()


def _looks(file: sqlite3.Connection) -> list[str]:
    """What to look at first where time is short: the small tables, without which nothing can be served; then all."""
    tables = [str(name) for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    small = [name for name in tables if name not in GROWING and not name.startswith("sqlite_")]
    return [*(f'"{name}"' for name in small), "1"]


def refuse_emptied() -> None:
    """Refuse to take an empty database for a new installation where one was set up before. Raises Unusable."""
    if mark().exists() and is_empty():
        raise Unusable(
            f"The database {settings.DATABASES['default']['NAME']} is empty, but Callboard was set up here before "
            f"({mark()} says so): served like this, every delivery would be answered 404. {RESTORE}, or look whether "
            "DATABASE_URL and CALLBOARD_DATA_DIR are the right ones. To begin a new installation, start with --new."
        )


def is_empty() -> bool:
    """Whether the database holds nothing yet: no table, or nobody."""
    tables = connection.introspection.table_names()
    return not tables or (User._meta.db_table in tables and not User.objects.exists())


def refuse_incomplete() -> None:
    """Refuse a database in which a table or a column is missing after all migrations. Raises Unusable."""
    if missing := list(missing_parts()):
        raise Unusable(
            f"The database {settings.DATABASES['default']['NAME']} is not whole: {'; '.join(missing)}. {RESTORE}."
        )


def missing_parts() -> Iterator[str]:
    """What the database says where it cannot read a table of this version in all its columns."""
    quote = connection.ops.quote_name
    # Columns are named with their table: SQLite takes a quoted name that it does not know for a text.
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        table = quote(model._meta.db_table)
        columns = ", ".join(
            f"{table}.{quote(field.column)}" for field in model._meta.local_concrete_fields if field.column
        )
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {columns} FROM {table} LIMIT 0")  # noqa: S608  (names of our own models)
        except DatabaseError as problem:
            yield f"{model._meta.db_table}: {what_is_wrong(problem)}"
