"""Django's SQLite, but for one thing: a file that cannot be written to is not opened at all.

SQLite opens such a file for reading. It keeps the handle of every connection that is closed while another one of the
process holds a lock, to use it again, but looks for it among those open for writing: each try would cost one handle,
until the process had none left, and could not take deliveries even when the file was writable again.
"""

import os
import sqlite3
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        refuse_read_only(str(conn_params["database"]))
        return super().get_new_connection(conn_params)


def refuse_read_only(database: str) -> None:
    """Say what SQLite would say at the first write. Databases in memory have no file."""
    if database.startswith((":memory:", "file:")):
        return
    path = Path(database)
    files = [Path(f"{path}{end}") for end in ("", "-wal", "-shm")] if path.exists() else [path.parent]
    if any(file.exists() and is_read_only(file) for file in files):
        raise sqlite3.OperationalError(f"attempt to write a readonly database ({path})")


def is_read_only(file: Path) -> bool:
    """Whether a file may not be written to. One that another connection takes away just now is not in the way."""
    return not os.access(file, os.W_OK) and file.exists()
