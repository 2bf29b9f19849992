"""The secret key of an installation that was given none: made once and kept, readable by its owner alone."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from calls.private_files import is_open_to_others, write_private

LEAST_CHARACTERS = 32


def kept_secret(path: Path) -> str:
    """The key in `path`, made now if there is none. Two processes that start together agree on one."""
    try:
        return _read(path) if path.exists() else _make(path)
    except OSError as problem:
        raise ImproperlyConfigured(
            f"CALLBOARD_DATA_DIR must be a folder that can be written to, but {path}: {problem.strerror}."
        ) from None


def _read(path: Path) -> str:
    """The key as it is kept. Raises ImproperlyConfigured where others may know it, or where it is not whole."""
    if is_open_to_others(path):
        raise ImproperlyConfigured(
            f"{path} can be read by others (its mode is {path.stat().st_mode & 0o777:04o}), and whoever reads it can "
            f"sign in as anybody. Close it with `chmod 600 {path}`; if others may have read it, remove it instead: "
            "a new one is made at the next start, and everybody signs in again."
        )
    try:
        key = path.read_bytes().decode("ascii").strip()
    except UnicodeDecodeError:
        key = ""
    if len(key) < LEAST_CHARACTERS or not key.isprintable():
        raise ImproperlyConfigured(
            f"{path} is {'broken' if key or path.stat().st_size else 'empty'}: it holds no key. Restore it from the "
            "backup, or remove it: a new one is made at the next start, and everybody signs in again."
        )
    return key


def _make(path: Path) -> str:
    """Write a new key beside its place, and put it there whole."""
    made = path.with_name(f"{path.name}.{os.getpid()}")
    made.unlink(missing_ok=True)
    try:
        write_private(made, secrets.token_urlsafe(50))
        # A link fails where another process was first; a rename would take its key away.
        os.link(made, path)
    except FileExistsError:
        pass
    finally:
        made.unlink(missing_ok=True)
    return _read(path)
