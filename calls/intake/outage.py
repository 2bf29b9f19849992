"""An outage of the database, as the log has it: one line where it begins, one where it ends."""

import logging
import threading
import time

log = logging.getLogger("callboard.intake")


class Outage:
    """Knows whether deliveries can be stored. Any thread may tell it how a try went."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since: float | None = None
        self._refused = 0

    @property
    def lasts(self) -> bool:
        return self._since is not None

    def failed(self, error: BaseException, refused: int) -> None:
        """A try failed, and so many deliveries were refused for it."""
        with self._lock:
            self._refused += refused
            if self._since is not None:
                return
            self._since = time.monotonic()
        log.error("The database fails, deliveries are refused until it is back: %s", said_by(error))

    def refused(self, count: int) -> None:
        """So many more were refused without a try."""
        with self._lock:
            self._refused += count if self._since is not None else 0

    def over(self) -> None:
        """A try went well."""
        if self._since is None:
            return
        with self._lock:
            since, self._since = self._since, None
            refused, self._refused = self._refused, 0
        if since is not None:
            log.warning(
                "The database is back after %.1f s; %d deliveries were refused.", time.monotonic() - since, refused
            )


def said_by(error: BaseException) -> str:
    """The error's kind and its first line: what follows may hold a statement, and that holds what was delivered."""
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:300]


outage = Outage()
"""The outage of this process."""
