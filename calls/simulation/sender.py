"""Sends requests to a webhook as a provider does: several at once, those of one call in order, and again on failure."""

import http.client
import queue
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .encoding import Request

LANES = 8
TIMEOUT_SECONDS = 10.0
STOP_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0
# Then a provider would have given up too.
MOST_SECONDS_OF_TRYING = 300.0
# The server may be starting, or may not know a new token yet.
RETRIED = frozenset({404, 408, 425, 429, 500, 502, 503, 504})
MOST_SECONDS_UNKNOWN = 10.0


@dataclass(slots=True)
class Tally:
    """How the deliveries went: `sent` were answered 200, `refused` otherwise, `given_up` not at all."""

    sent: int = 0
    refused: int = 0
    given_up: int = 0
    trouble: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sender:
    """Posts to one URL until told to stop. Use as a context manager; `send` waits while too much is queued."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._path = parts.netloc, parts.path + (f"?{parts.query}" if parts.query else "")
        self.tally = Tally()
        self.stopping = threading.Event()
        self._lanes: list[queue.Queue[Request]] = [queue.Queue(maxsize=500) for _ in range(LANES)]
        self._threads = [threading.Thread(target=self._work, args=(lane,), daemon=True) for lane in self._lanes]

    def __enter__(self) -> "Sender":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        until = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def send(self, ref: str, request: Request) -> None:
        lane = self._lanes[hash(ref) % LANES]
        while not self.stopping.is_set():
            with suppress(queue.Full):
                lane.put(request, timeout=0.5)
                return

    @property
    def is_idle(self) -> bool:
        return all(lane.unfinished_tasks == 0 for lane in self._lanes)

    def _work(self, lane: "queue.Queue[Request]") -> None:
        connection = self._connect(self._host, timeout=TIMEOUT_SECONDS)
        while not self.stopping.is_set():
            try:
                request = lane.get(timeout=0.2)
            except queue.Empty:
                continue
            self._deliver(connection, request)
            lane.task_done()
        connection.close()

    def _deliver(self, connection: http.client.HTTPConnection, request: Request) -> None:
        """Try until it is answered for good; the pauses between double."""
        waited, pause = 0.0, FIRST_PAUSE_SECONDS
        while True:
            status, trouble = self._try(connection, request)
            patience = MOST_SECONDS_UNKNOWN if status == 404 else MOST_SECONDS_OF_TRYING
            again = (status is None or status in RETRIED) and waited < patience
            self._count(status, trouble, again)
            if not again or self.stopping.wait(pause):
                return
            waited += pause
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _try(self, connection: http.client.HTTPConnection, request: Request) -> tuple[int | None, str]:
        # The provider appends its question mark even to a URL that has one already.
        path = f"{self._path}?{request.query}" if request.query else self._path
        headers = {"Content-Type": request.content_type} if request.content_type else {}
        try:
            connection.request(request.method, path, request.body or None, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as failure:
            connection.close()
            return None, type(failure).__name__
        return answer.status, "" if answer.status == 200 else f"HTTP {answer.status}"

    def _count(self, status: int | None, trouble: str, again: bool) -> None:
        with self.tally.lock:
            self.tally.trouble = trouble
            if again:
                return
            if status == 200:
                self.tally.sent += 1
            elif status is None:
                self.tally.given_up += 1
            else:
                self.tally.refused += 1
