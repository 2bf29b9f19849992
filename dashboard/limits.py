"""How much a stranger may make a server hold, alike for uvicorn and daphne, and bodies that no page wants."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from django.conf import settings

from calls.whole_numbers import is_more_than

from .unavailable import is_unavailable

log = logging.getLogger("callboard.pages")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

REQUESTS_WAITING = 32
"""On one connection, behind the request that is being answered."""
REQUEST_LINE_BYTES = 16_384
HEADER_BYTES = 65_536
HEAD_SECONDS = 10
"""From the first byte of a request to its last header, and from connecting to the first byte."""
BODY_SECONDS = 60
UNREAD_SECONDS = 30
"""An answer of which nothing is read for so long is given up, with its connection."""
PAGE_BODY_BYTES = 2 * 1024 * 1024
FRAMES_A_SECOND, FRAMES_BURST = 5, 20
"""Of a board's socket, whatever their kind."""
MOST_CONNECTIONS = 1_000


@cache
def handles() -> int:
    """How many files and connections this process may have open."""
    try:
        import resource
    except ImportError:  # Windows
        return 2 * MOST_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 1_048_576


def most_connections() -> int:
    """Of the handles of this process, a quarter is left to its database and files."""
    return handles() * 3 // 4


class Peers:
    """Connections by address. Where proxies of ours stand before us, all addresses are theirs, and they count."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self.count = 0

    def enter(self, address: str) -> bool:
        """Whether one more from there is taken. What is taken has to leave."""
        if not settings.CALLBOARD_TRUSTED_PROXIES and self._open[address] >= most_by_address():
            return False
        self._open[address] += 1
        self.count += 1
        return True

    def open(self, address: str) -> int:
        return self._open[address]

    def leave(self, address: str) -> None:
        self._open[address] -= 1
        self.count -= 1
        if self._open[address] <= 0:
            del self._open[address]


def most_by_address() -> int:
    """A quarter of what this process may have open, or what the settings say."""
    return settings.CALLBOARD_CONNECTIONS_PER_ADDRESS or min(MOST_CONNECTIONS, handles() // 4)


peers = Peers()


class _TooLarge(Exception):
    pass


def without_large_bodies(application: Application) -> Application:
    """Refuse bodies over 2 MB with 413 while they come in: Django would write them to the disk first.

    A disk that has no room for a smaller one is answered 503.
    """

    async def small(scope: Scope, receive: Receive, send: Send) -> None:
        taken, started = 0, False

        async def limited() -> dict[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > PAGE_BODY_BYTES:
                raise _TooLarge
            return message

        async def noted(message: Any) -> None:
            nonlocal started
            started = True
            await send(message)

        if _announces_too_much(scope):
            await _refuse(send, 413, b"A request to this address may hold 2 MB at most.\n")
            return
        try:
            await application(scope, limited, noted)
        except _TooLarge:
            if started:
                raise
            await _refuse(send, 413, b"A request to this address may hold 2 MB at most.\n")
        except OSError as problem:
            if started or not is_unavailable(problem):
                raise
            log.error("page unavailable: %s: %s", type(problem).__name__, problem.strerror)
            await _refuse(send, 503, b"There is no room for this request now. Try again in a moment.\n")

    return small


def _announces_too_much(scope: Scope) -> bool:
    announced = (value for name, value in scope["headers"] if name == b"content-length")
    return any(is_more_than(value.decode("latin-1"), PAGE_BODY_BYTES) for value in announced)


async def _refuse(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
