"""The webhook endpoint. Three questions, in this order: is the caller ours? are the bytes stored? then 200.

Two doors lead into this room: a server with ASGI comes by `asgi_door`, one without by `django_door`.
"""

import base64
import json
import re
import urllib.parse
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from calls.commit.cache import CachedSource, cache
from calls.commit.received import Received
from calls.intake import interpreting
from calls.intake.counts import counts
from calls.whole_numbers import is_more_than
from calls.words import Result

_ASCII = bytes(range(32, 127))
LONGEST_URL = 16_384
LARGEST_BODY = 1_048_576
RETRY_AFTER = 5

_PATH = re.compile(r"/hook(?:s/(?P<deep>[^/]*)|-(?P<short>[^/]+))/?\Z|/hooks/?\Z")
_READ_ONLY = ("HEAD", "OPTIONS")


class Request(NamedTuple):
    """A webhook request before its body: header names in lower case, `path` without the query."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    address: str
    secure: bool


class Answer(NamedTuple):
    """A status, and a JSON body that never echoes what was sent. `error` names why it is a refusal, if it is one."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    error: str = ""


def refusal(status: int, error: str, **headers: str) -> Answer:
    extra = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer(status, json.dumps({"ok": False, "error": error}, separators=(",", ":")).encode(), extra, error)


def counted(answer: Answer) -> Answer:
    """The answer that is given in the end, counted where it refuses."""
    if answer.error:
        counts.refused(answer.error)
    return answer


def accepted(source: CachedSource, delivery: int | None, result: Result, calls: int = 1) -> Answer:
    """The 200 for a delivery, or the body that its source asks for. `calls`: how many calls it told of."""
    if source.answer_body:
        return Answer(200, source.answer_body.encode())
    # Written by hand: a JSON encoder takes as long as the rest of the door.
    said = b'"%d"' % delivery if delivery else b"null"
    more = b',"calls":%d' % calls if calls > 1 else b""
    return Answer(200, b'{"ok":true,"id":%b,"result":"%b"%b}' % (said, result.encode(), more))


# --- is the caller ours? ------------------------------------------------------------------------------------


def admit(request: Request) -> CachedSource | Answer:
    """The source that this request may deliver to, from memory alone; or the refusal."""
    if not _host_allowed(request.headers.get("host", "")):
        return refusal(400, "host")
    if len(request.path) + len(request.query) > LONGEST_URL:
        return refusal(414, "too_long")
    secret, status = secret_of(request)
    found = cache.token(secret) if secret else None
    if found is None:
        return refusal(401, "auth") if status == 401 else refusal(404, "not_found")
    source = found.source
    if not source.admits(request.address):
        return refusal(403, "address")
    if source.require_https and not request.secure:
        return refusal(403, "tls")
    if request.method in _READ_ONLY:
        return Answer(200)
    allowed = ("GET", "POST", "PUT") if source.accept_put else ("GET", "POST")
    if request.method not in allowed:
        return refusal(405, "method", Allow=", ".join((*allowed, *_READ_ONLY)))
    return source


def secret_of(request: Request) -> tuple[str, int]:
    """The token the request carries, and the status that refuses a wrong one: 404 in the path, 401 in a header."""
    found = _PATH.match(request.path)
    if found and (secret := found["deep"] or found["short"]):
        return urllib.parse.unquote(secret), 404
    if not found:
        return "", 404
    if secret := request.headers.get("x-webhook-token", ""):
        return secret, 401
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip(), 401
    return (_basic_password(credentials) if scheme.lower() == "basic" else ""), 401


def _basic_password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:  # No base64, no UTF-8, or not even ASCII.
        return ""


@lru_cache(maxsize=1_024)
def _host_allowed(host: str) -> bool:
    allowed = settings.ALLOWED_HOSTS or [".localhost", "127.0.0.1", "[::1]"]
    return validate_host(split_domain_port(host)[0], allowed)


def unknown_secret(request: Request, found: CachedSource | Answer) -> str:
    """The token that was refused and is worth a look into the database; empty where there is none."""
    if not isinstance(found, Answer) or found.status not in (401, 404):
        return ""
    secret, _ = secret_of(request)
    return secret if secret and cache.may_look_up(secret) else ""


# --- what does it say? --------------------------------------------------------------------------------------


def receive(source: CachedSource, request: Request, body: bytes) -> Received | Answer:
    """The delivery as it is to be stored; or, for a request that says nothing at all, the answer to a ping."""
    received = interpreting.receive(
        source=source,
        received_at=datetime.now(UTC),
        method=request.method,
        query=request.query.replace("\x00", "\\0"),
        content_type=request.headers.get("content-type", "").replace("\x00", "")[:200],
        content_encoding=request.headers.get("content-encoding", "").replace("\x00", "")[:40],
        body=body,
    )
    if received.is_ping:
        counts.pinged(source.id)
        return accepted(source, None, Result.IGNORED)
    return received


def answer(received: Received) -> Answer:
    for call in (received, *received.others):
        counts.stored(call.result, call.reason)
    if received.reason == "provider_sample":
        counts.pinged(received.source.id)
    return accepted(received.source, received.delivery, received.result, 1 + len(received.others))


def not_stored(error: str) -> Answer:
    return refusal(503, error, Retry_After=str(RETRY_AFTER))


def announces_too_much(request: Request) -> bool:
    return is_more_than(request.headers.get("content-length", ""), LARGEST_BODY)


def clean_query(raw: bytes) -> str:
    """The query as text. Bytes that should have been escaped are escaped now: nothing of them is lost."""
    return raw.decode() if raw.isascii() else urllib.parse.quote(raw, safe=_ASCII)
