"""The two doors of the webhook, for tests: the same request through either gives an answer of one shape."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.test import Client

from calls import webhooks
from calls.intake import store
from calls.known import known
from tests.payloads import Request


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

    async def refresh(self, older_than: float) -> None:
        await sync_to_async(known.refresh)(older_than)
