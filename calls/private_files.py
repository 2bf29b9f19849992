"""Files that hold secrets: their owner alone may read them, and they are written whole or not at all."""

import os
from pathlib import Path


def is_open_to_others(path: Path) -> bool:
    """Whether others than its owner may read or change a file. Windows keeps no such marks."""
    return os.name != "nt" and path.stat().st_mode & 0o077 != 0


def write_private(path: Path, text: str) -> None:
    """Write a file that is not there yet, for its owner alone. What cannot be written whole is taken away again."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def add_private(path: Path, text: str) -> None:
    """Add to a file that its owner alone may read, whatever it was before."""
    made = path.with_name(f"{path.name}.{os.getpid()}")
    made.unlink(missing_ok=True)
    write_private(made, (path.read_text() if path.exists() else "") + text)
    made.replace(path)
