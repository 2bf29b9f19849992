"""Django's SQLite, but for two things, which keep a failing database from costing the process its file handles.

A file that cannot be written to is not opened at all. SQLite opens such a file for reading. It keeps the handle of
every connection that is closed while another one of the process holds a lock, to use it again, but looks for it among
those open for writing: each try would cost one handle, until the process had none left, and could not take deliveries
even when the file was writable again.

A connection that is closed closes its cursors first. After an error they live on in the frames of the error's
traceback, until the garbage is collected, and SQLite keeps a closed connection open for as long as one of its
statements lives.
"""

import os
import sqlite3
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._cursors: WeakSet[sqlite3.Cursor] = WeakSet()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        refuse_read_only(str(conn_params["database"]))
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = super().create_cursor(name)
        self._cursors.add(cursor)
        return cursor

    def _close(self) -> None:
        cursors, self._cursors = list(self._cursors), WeakSet()
        for cursor in cursors:
            with suppress(sqlite3.Error):
                cursor.close()
        super()._close()  # type: ignore[misc]


def refuse_read_only(database: str) -> None:
    """Say what SQLite would say at the first write. Databases in memory have no file."""
    if database.startswith((":memory:", "file:")):
        return
    ends = ("", "-wal", "-shm") if os.path.exists(database) else ()  # noqa: PTH110  (Path raises where it may not look)
    files = [database + end for end in ends] or [os.path.dirname(database)]  # noqa: PTH120
    if any(is_read_only(file) for file in files):
        raise sqlite3.OperationalError(f"attempt to write a readonly database ({database})")


def is_read_only(file: str) -> bool:
    """Whether a file is there and may not be written to. Another connection may take it away just now."""
    return os.path.exists(file) and not os.access(file, os.W_OK) and os.path.exists(file)  # noqa: PTH110
