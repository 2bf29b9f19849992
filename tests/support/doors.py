"""The doors of the webhook, for tests: the same request through either gives an answer of one shape."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from asgiref.sync import async_to_sync, sync_to_async
from django.test import Client
from uvicorn.server import ServerState

from calls.commit.cache import cache
from calls.intake import asgi_door as webhooks
from calls.intake.queue import NotStored, store
from dashboard.uvicorn_server import Protocol
from tests.support.daphne_door import DaphneConnection
from tests.support.payloads import Request


@dataclass(frozen=True)
class Answered:
    """What came back. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        return json.loads(self.body) if self.body else {}


Door = Callable[..., Answered]


def django_door(path: str, request: Request, secure: bool = False, **headers: str) -> Answered:
    """Through Django's request stack. Keywords are headers, with underscores for hyphens."""
    given = {name.replace("_", "-"): value for name, value in {"host": "localhost", **headers}.items()}
    url = path + (f"?{request.query}" if request.query else "")
    response = Client().generic(
        request.method, url, request.body, content_type=request.content_type, headers=given, secure=secure
    )
    assert not response.cookies
    return Answered(response.status_code, {name.lower(): value for name, value in response.items()}, response.content)


async def asgi_door(path: str, request: Request, secure: bool = False, chunks: int = 1, **headers: str) -> Answered:
    """Through the ASGI application, the body in so many chunks. A body of None is a sender who leaves halfway."""
    given = {"host": "localhost", "content-type": request.content_type, **headers}
    sent: list[dict[str, Any]] = []
    messages = iter(_messages(request.body, chunks))

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": request.method,
        "path": path,
        "query_string": request.query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "scheme": "https" if secure else "http",
    }
    await webhooks.asgi_hook(scope, receive, send)
    if not sent:
        return Answered(0, {}, b"")
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answered(sent[0]["status"], found, b"".join(message["body"] for message in sent[1:]))


def _messages(body: bytes | None, chunks: int) -> list[dict[str, Any]]:
    if body is None:
        return [{"type": "http.request", "body": b'{"CallSid":', "more_body": True}, {"type": "http.disconnect"}]
    size = max(1, -(-len(body) // chunks))
    parts = [body[i : i + size] for i in range(0, len(body), size)] or [b""]
    return [{"type": "http.request", "body": part, "more_body": i < len(parts) - 1} for i, part in enumerate(parts)]


async def uvicorn_door(path: str, request: Request, secure: bool = False, chunks: int = 1, **headers: str) -> Answered:
    """Through uvicorn's protocol, as bytes, the body in so many pieces."""
    socket = Socket(secure)
    for said in _said(path, request, chunks, headers):
        await socket.say(said)
    return await socket.answer()


async def daphne_door(path: str, request: Request, secure: bool = False, chunks: int = 1, **headers: str) -> Answered:
    """Through daphne's own request, as bytes, the body in so many pieces."""
    connection = DaphneConnection(secure=secure)
    for said in _said(path, request, chunks, headers):
        await connection.say(said)
    answered, _ = parsed(await connection.written(), request.method == "HEAD")
    connection.leave()
    assert answered is not None
    return answered


def _said(path: str, request: Request, chunks: int, headers: dict[str, str]) -> Iterator[bytes]:
    """A request as bytes: its head, then its body in so many pieces."""
    assert request.body is not None, "bytes do not leave halfway"
    length = {"content-length": str(len(request.body))} if request.body or request.method == "POST" else {}
    given = {"host": "localhost", "content-type": request.content_type, **length, **headers}
    lines = "".join([f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items()])
    url = path + (f"?{request.query}" if request.query else "")
    head = f"{request.method} {url} HTTP/1.1\r\n".encode() + f"{lines}\r\n".encode("latin-1")
    yield head
    for message in _messages(request.body, chunks):
        yield message["body"]


def parsed(data: bytes, without_body: bool = False) -> tuple[Answered | None, bytes]:
    """The first answer in these bytes, and what follows it; None where it is not whole."""
    head, whole, rest = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = 0 if without_body else int(headers.get("content-length", 0))
    if not whole or len(rest) < length:
        return None, data
    return Answered(int(status.split()[1]), headers, rest[:length]), rest[length:]


class Socket(asyncio.Transport):
    """A connection to uvicorn's protocol, which has the webhook for its application."""

    def __init__(self, secure: bool = False, state: ServerState | None = None) -> None:
        super().__init__({"sslcontext": secure or None, "peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 80)})
        self.written: list[bytes] = []
        self._news = asyncio.Event()
        self.closed = self.aborted = self.reading_stopped = False
        self.unsent = 0
        config = uvicorn.Config(webhooks.asgi_hook, log_config=None, lifespan="off", proxy_headers=False)
        self.state = state or ServerState()
        self.protocol = Protocol(config, self.state, {})
        self.protocol.connection_made(self)

    def write(self, data: bytes) -> None:
        self.written.append(bytes(data))
        self._news.set()

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def pause_reading(self) -> None:
        self.reading_stopped = True

    def resume_reading(self) -> None:
        self.reading_stopped = False

    async def say(self, data: bytes) -> None:
        """Send this; what is whole now is at the intake."""
        self.protocol.data_received(data)
        await asyncio.sleep(0)

    async def answer(self) -> Answered:
        """The next answer; waits for it."""
        while (found := self._parsed()) is None:
            self._news.clear()
            await self._news.wait()
        return found

    def _parsed(self) -> Answered | None:
        answered, rest = parsed(b"".join(self.written))
        if answered is not None:
            self.written = [rest] if rest else []
        return answered


def through_uvicorn(path: str, request: Request, **options: Any) -> Answered:
    """uvicorn's door with the queue and its writer thread: mark the test `transaction=True`."""
    return asyncio.run(uvicorn_door(path, request, **options))


def uvicorn_in_this_thread(path: str, request: Request, **options: Any) -> Answered:
    return async_to_sync(uvicorn_door)(path, request, **options)


def through_daphne(path: str, request: Request, **options: Any) -> Answered:
    """daphne's door with the queue and its writer thread: mark the test `transaction=True`."""
    return asyncio.run(daphne_door(path, request, **options))


def daphne_in_this_thread(path: str, request: Request, **options: Any) -> Answered:
    return async_to_sync(daphne_door)(path, request, **options)


def through_the_writer(path: str, request: Request, **options: Any) -> Answered:
    """The ASGI door as it is in earnest, with its queue and its writer thread: mark the test `transaction=True`."""
    return asyncio.run(asgi_door(path, request, **options))


def in_this_thread(path: str, request: Request, **options: Any) -> Answered:
    """The ASGI door, but stored in the test's own thread and transaction: fifty times as quick."""
    return async_to_sync(asgi_door)(path, request, **options)


class IntakeInThisThread:
    """Stands in for the queue and its thread."""

    is_full = False

    async def submit(self, received: Any) -> None:
        await sync_to_async(store)([received])

    def take(self, received: Any, tell: Any) -> None:
        async def stored() -> None:
            try:
                await self.submit(received)
            except NotStored as failure:
                tell(failure)
            else:
                tell(None)

        self._taking = asyncio.ensure_future(stored())

    async def look_up(self, secret: str) -> None:
        await sync_to_async(cache.look_up)(secret)
