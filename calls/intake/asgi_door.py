"""The webhook as an ASGI application.

`dashboard/asgi.py` calls it before Django's request stack, which costs many times what the intake itself does.
`expect` is a short way through it, for a server that has the whole body of a caller who is known: all others take
the long one.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from django.db import DatabaseError

from calls.commit.cache import CachedSource
from calls.commit.received import Received
from calls.intake.door import (
    LARGEST_BODY,
    Answer,
    Request,
    admit,
    announces_too_much,
    answer,
    clean_query,
    counted,
    not_stored,
    receive,
    refusal,
    unknown_secret,
)
from calls.intake.queue import NotStored, intake

_LOOKED_AT = ("host", "authorization", "x-webhook-token", "content-type", "content-length", "content-encoding")
_HEADERS = {name.encode(): name for name in _LOOKED_AT}
"""As ASGI servers name them: in lower case."""

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class _TooLarge(Exception):
    pass


class _Gone(Exception):
    """The sender left before its request was whole."""


async def asgi_hook(scope: dict[str, Any], receive_message: Receive, send: Send) -> None:
    """The webhook as an ASGI application."""
    asked = asked_by(scope)
    try:
        source = admit(asked)
        if secret := unknown_secret(asked, source):
            await intake.look_up(secret)
            source = admit(asked)
        if isinstance(source, Answer):
            found: Received | Answer = source
        elif intake.is_full:
            found = not_stored("busy")
        else:
            found = receive(source, asked, await _body(asked, receive_message))
        if isinstance(found, Received):
            await intake.submit(found)
            found = answer(found)
    except _TooLarge:
        found = refusal(413, "too_large")
    except (DatabaseError, NotStored):
        found = not_stored("storage")
    except _Gone:
        return
    found = counted(found)
    await send({"type": "http.response.start", "status": found.status, "headers": headers_of(found)})
    await send({"type": "http.response.body", "body": found.body})


class Expected(NamedTuple):
    """A delivery whose sender is known, and whose body is still to come."""

    asked: Request
    source: CachedSource

    def take(self, body: bytes, done: Callable[[Answer], None]) -> None:
        """Store the delivery with this body. `done` has the answer, on this event loop, now or later."""
        found = receive(self.source, self.asked, body)
        if isinstance(found, Answer):
            done(found)
            return
        intake.take(found, lambda failure: done(counted(not_stored("storage")) if failure else answer(found)))


def expect(scope: dict[str, Any]) -> Expected | None:
    """The delivery that this request announces. None wherever `asgi_hook` has more to say than 200."""
    asked = asked_by(scope)
    if asked.method != "POST" or intake.is_full or announces_too_much(asked):
        return None
    source = admit(asked)
    return None if isinstance(source, Answer) else Expected(asked, source)


def asked_by(scope: dict[str, Any]) -> Request:
    client = scope.get("client")
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=clean_query(scope["query_string"]),
        headers={_HEADERS[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _HEADERS},
        address=client[0] if client else "",
        secure=scope.get("scheme") == "https",
    )


def headers_of(answer: Answer) -> list[tuple[bytes, bytes]]:
    """As ASGI has them."""
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(answer.body)),
        (b"cache-control", b"no-store"),
    ]
    return headers + [(name.lower().encode(), value.encode()) for name, value in answer.headers]


async def _body(asked: Request, receive_message: Receive) -> bytes:
    """The whole body. Raises _TooLarge past a megabyte, without reading on."""
    if announces_too_much(asked):
        raise _TooLarge
    message = await receive_message()
    if not message.get("more_body") and message["type"] == "http.request":
        if len(body := message.get("body", b"")) > LARGEST_BODY:
            raise _TooLarge
        return body
    chunks, size = [], 0
    while message["type"] == "http.request":
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > LARGEST_BODY:
            raise _TooLarge
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive_message()
    raise _Gone
