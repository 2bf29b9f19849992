"""A stranger who sends more than a server should hold, and what becomes of the server and its deliveries meanwhile."""

import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

MEGABYTE = 1024 * 1024
STALLED_SECONDS = 2.0
"""A server that takes nothing for so long will take no more."""
_serial = count(1)


def resident_bytes(pid: int) -> int:
    """What a process holds in memory of its own, as Linux counts it.

    Not the pages of the database's file that it maps, at most 128 MB: they are the system's to take back, and grow with
    every delivery that is stored.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) * 1024


class Watch:
    """Posts a delivery every tenth of a second, and looks at the server's memory. All times are seconds."""

    def __init__(self, port: int, pid: int, token: str) -> None:
        self.port, self.pid, self.token = port, pid, token
        self.answers: Counter[int | str] = Counter()
        self.stored: set[int] = set()
        self.slowest = 0.0
        self.before = self.most = resident_bytes(pid)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._weigh, self._deliver)]

    @property
    def grown(self) -> float:
        """Megabytes, at the worst moment."""
        return (self.most - self.before) / MEGABYTE

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(20)

    def _weigh(self) -> None:
        while not self._over.wait(0.02):
            self.most = max(self.most, resident_bytes(self.pid))

    def _deliver(self) -> None:
        while not self._over.wait(0.1):
            self.deliver()

    def deliver(self) -> None:
        began = time.monotonic()
        status, said = deliver(self.port, self.token)
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.answers[status] += 1
        if status == 200:
            self.stored.add(int(said["id"]))


def deliver(port: int, token: str) -> tuple[int | str, dict[str, str]]:
    """Tell of a call that rings; the status, or what came in the place of an answer."""
    call = f"weight.{next(_serial)}.{time.time_ns()}"
    body = json.dumps({"type": "live_call", "CallSid": call, "Status": "Ringing", "SourceNumber": "9000000101"})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", f"/hooks/{token}", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    except (OSError, http.client.HTTPException) as problem:
        return type(problem).__name__, {}
    finally:
        connection.close()


@contextmanager
def watched(port: int, pid: int, token: str) -> Iterator[Watch]:
    for _ in range(20):  # what is only made at the first use is no growth
        deliver(port, token)
    watch = Watch(port, pid, token)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()


class Stranger:
    """One connection that sends without end. `sent` are bytes; `heard` is what was read, if anything was."""

    def __init__(self, port: int, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.socket.settimeout(STALLED_SECONDS)
        self.sent = 0
        self.heard = b""

    def pour(self, chunk: bytes, total: int) -> None:
        """Send this again and again, until so many bytes are sent, the server takes no more, or it is gone."""
        poured = 0
        try:
            while poured < total:
                taken = self.socket.send(chunk[poured % len(chunk) :])
                poured, self.sent = poured + taken, self.sent + taken
        except OSError:
            pass

    def say(self, data: bytes) -> None:
        """Send this, as far as the server takes it."""
        view = memoryview(data)
        try:
            while view:
                taken = self.socket.send(view)
                self.sent += taken
                view = view[taken:]
        except OSError:
            pass

    def listen(self, seconds: float = 5.0) -> bytes:
        """All that comes until the server ends the connection, or says nothing for so long."""
        self.socket.settimeout(seconds)
        try:
            while heard := self.socket.recv(65_536):
                self.heard += heard
        except OSError:
            pass
        return self.heard

    @property
    def status(self) -> int:
        """Of the first answer that was heard; 0: none."""
        return int(self.heard.split()[1]) if self.heard.startswith(b"HTTP/") else 0

    def leave(self) -> None:
        self.socket.close()
