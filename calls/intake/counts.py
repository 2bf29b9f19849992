"""What this process counts at the door, and keeps in the database where it must not be lost."""

import threading
from collections import Counter

from django.db.models import F
from django.utils import timezone

from calls.models import Source
from calls.words import Result


class Counts:
    """Since this process started: answers by error, deliveries by result and reason. Pings go to their source."""

    def __init__(self) -> None:
        self.errors: Counter[str] = Counter()
        self.results: Counter[tuple[str, str]] = Counter()
        self._pings: Counter[int] = Counter()
        self._lock = threading.Lock()

    def refused(self, error: str) -> None:
        self.errors[error] += 1

    def stored(self, result: Result, reason: str) -> None:
        self.results[str(result), reason] += 1

    def pinged(self, source: int) -> None:
        with self._lock:
            self._pings[source] += 1

    def write(self) -> None:
        """Add the pings since the last writing to their sources' rows."""
        with self._lock:
            pings, self._pings = self._pings, Counter()
        for source, count in pings.items():
            Source.objects.filter(pk=source).update(ping_count=F("ping_count") + count, last_ping_at=timezone.now())


counts = Counts()
