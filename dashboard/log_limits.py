"""Lines of the log that strangers can cause: without tracebacks, and no more than a few a minute of each kind."""

import logging
import threading
import time
from collections.abc import Callable, Hashable

LINES_A_MINUTE = 10
"""Of each kind. More of the same are counted, and the next line says how many there were."""
_MINUTE = 60.0
_SERVERS = ("uvicorn.error", "daphne", "axes")


def kind_of(record: logging.LogRecord) -> Hashable | None:
    """What kind of a line it is that anybody can cause; None for any other."""
    status = getattr(record, "status_code", None)
    if isinstance(status, int) and 400 <= status < 500:
        return record.name, status
    if record.name.startswith(("callboard.origins", "django.security")):
        return record.name
    if record.name.startswith(_SERVERS) and record.levelno == logging.WARNING:
        return record.name
    return None


class OfStrangers(logging.Filter):
    """Cuts such lines down. What the product itself does wrong (500, errors of the servers) is not touched."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock, self._lock = clock, threading.Lock()
        self._since: dict[Hashable, float] = {}
        self._lines: dict[Hashable, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        kind = kind_of(record)
        if kind is None:
            return True
        # Where the request was refused is said by its status: the frames are Django's own.
        record.exc_info = record.exc_text = None
        with self._lock:
            unsaid = self._count(kind)
        if unsaid:
            _add(record, unsaid)
        return unsaid is not None

    def _count(self, kind: Hashable) -> int | None:
        """None where the line is not said; otherwise how many were not said before it."""
        now = self._clock()
        if now - self._since.get(kind, -_MINUTE) >= _MINUTE:
            unsaid = max(0, self._lines.get(kind, 0) - LINES_A_MINUTE)
            self._since[kind], self._lines[kind] = now, 1
            return unsaid
        self._lines[kind] += 1
        return 0 if self._lines[kind] <= LINES_A_MINUTE else None


def _add(record: logging.LogRecord, unsaid: int) -> None:
    """Say in the line how many like it were left out."""
    if isinstance(record.msg, dict):
        record.msg["left_out_before_count"] = unsaid
    else:
        record.left_out_before_count = unsaid
