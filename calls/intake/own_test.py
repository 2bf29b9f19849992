"""A test of a source by ourselves: one request that is about no call, over the network, as the provider would send it.

It leaves nothing behind: its token works for a minute at most, and what was stored of it is removed. Else a source that
is silent would look as if it delivered.
"""

import http.client
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from django.utils import timezone

from calls.intake.sources import base_url
from calls.models import Delivery, Source
from calls.models.source import digest

TIMEOUT_SECONDS = 5.0
MARK = "callboard_test"


class Outcome(NamedTuple):
    """`address` is where the request went, without its token. `status` is None where nothing answered.

    `error`: the name of a refusal. `result`, `reason`: those of the delivery as it was stored, empty where none was.
    """

    address: str
    status: int | None
    milliseconds: int
    error: str = ""
    result: str = ""
    reason: str = ""


def try_out(source: Source) -> Outcome:
    """Send the test, and say what became of it."""
    mark = f"{MARK}={secrets.token_hex(8)}"
    base, began_at, began = base_url(), timezone.now(), time.monotonic()
    with _token_for_a_minute(source) as token:
        status, body = _post(f"{base}/hooks/{token}?{mark}")
    milliseconds = round(1000 * (time.monotonic() - began))
    stored = Delivery.objects.filter(source=source, received_at__gte=began_at, query=mark)
    found = stored.values_list("result", "reason").first() or ("", "")
    stored.delete()
    return Outcome(base, status, milliseconds, _refusal(status, body), *found)


@contextmanager
def _token_for_a_minute(source: Source) -> Iterator[str]:
    """Not one of the two tokens of the source: those go on working."""
    token = secrets.token_urlsafe(24)
    expires_at = timezone.now() + timedelta(minutes=1)
    row = source.tokens.create(digest=digest(token), hint=token[-4:], expires_at=expires_at)
    try:
        yield token
    finally:
        row.delete()


def _post(url: str) -> tuple[int | None, bytes]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", f"{parts.path}?{parts.query}", b"{}", {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read(10_000)
    except (OSError, http.client.HTTPException):
        return None, b""
    finally:
        connection.close()


def _refusal(status: int | None, body: bytes) -> str:
    if status is None or status == 200:
        return ""
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return ""
