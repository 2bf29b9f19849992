"""The secret key of an installation that was given none: made once and kept, readable by its owner alone."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def kept_secret(path: Path) -> str:
    """The key in `path`, made now if there is none. Two processes that start together agree on one."""
    try:
        return _read(path) or _make(path)
    except OSError as problem:
        raise ImproperlyConfigured(
            f"CALLBOARD_DATA_DIR must be a folder that can be written to, but {path}: {problem.strerror}."
        ) from None


def _read(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


def _make(path: Path) -> str:
    made = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link fails where another process was first; a rename would take its key away.
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return _read(path)
