"""The provider, for tests: says things to the webhook, in any order, encoding and through either door."""

import asyncio
import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client
from django.utils import timezone

from calls.commit.cache import cache
from calls.commit.received import Received
from calls.intake import asgi_door
from calls.intake import door as webhooks
from calls.intake.queue import store
from calls.models import Agent, Call, Source, VirtualNumber
from calls.phones import match_key, normalise
from tests.support.payloads import Request

INDIA = ZoneInfo("Asia/Kolkata")
# What depends on when a delivery came, or on rows' ids, and not on what deliveries say.
ARRIVAL = {"id", "seq", "heard_at", "set_by", "digest", "merged_into_id", "group_id", "source_id"}


def india(moment: datetime) -> str:
    """A moment as the provider writes it."""
    return moment.astimezone(INDIA).strftime("%Y-%m-%d %H:%M:%S")


def knows(source: Source, agents: Iterable[str] = (), lines: Iterable[str] = ()) -> None:
    """Put numbers into the directory, as an administrator would."""
    for model, numbers in ((Agent, agents), (VirtualNumber, lines)):
        for number in numbers:
            e164 = normalise(number, source.region)
            model.objects.get_or_create(
                source=source, number_key=match_key(e164), defaults={"number": e164, "settled": True}
            )
    cache.forget()


class Provider:
    """Delivers to one source, past the HTTP layers but through everything behind them."""

    def __init__(self, source: Source, token: str) -> None:
        self.source, self.token = source, token
        self.clock: datetime | None = None

    def says(self, request: Request | dict[str, Any]) -> Received | webhooks.Answer:
        """One delivery, stored. A dict of the provider's fields is sent as JSON."""
        return self.says_at_once([request])[0]

    def says_at_once(self, requests: Iterable[Request | dict[str, Any]]) -> list[Received | webhooks.Answer]:
        """Several deliveries in one commit."""
        cache.refresh()
        received = [self._receive(request) for request in requests]
        store([each for each in received if isinstance(each, Received)])
        return received

    def _receive(self, request: Request | dict[str, Any]) -> Received | webhooks.Answer:
        if isinstance(request, dict):
            request = Request("POST", "", json.dumps(request).encode(), "application/json")
        headers = {"host": "localhost", "content-type": request.content_type}
        asked = webhooks.Request(request.method, f"/hooks/{self.token}", request.query, headers, "127.0.0.1", False)
        source = webhooks.admit(asked)
        assert not isinstance(source, webhooks.Answer), source
        received = webhooks.receive(source, asked, request.body)
        if self.clock and isinstance(received, Received) and received.event:
            received.received_at = self.clock
            object.__setattr__(received.event, "received_at", self.clock)
        return received


def through_django(token: str, request: Request, **headers: str) -> tuple[int, dict[str, Any]]:
    """The same request through the Django view."""
    url = f"/hooks/{token}" + (f"?{request.query}" if request.query else "")
    response = Client().generic(
        request.method, url, request.body, content_type=request.content_type, headers={"host": "localhost", **headers}
    )
    return response.status_code, json.loads(response.content) if response.content else {}


async def asgi_answer(path: str, request: Request, chunks: int = 1, **headers: str) -> tuple[int, dict[str, Any]]:
    """The same request through the ASGI application of the webhook, its body in so many chunks."""
    given = {"host": "localhost", "content-type": request.content_type, **headers}
    size = max(1, -(-len(request.body) // chunks))
    parts = [request.body[i : i + size] for i in range(0, len(request.body), size)] or [b""]
    messages = [{"type": "http.request", "body": part, "more_body": i < len(parts) - 1} for i, part in enumerate(parts)]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": request.method,
        "path": path,
        "query_string": request.query.encode("latin-1", errors="replace"),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "scheme": "http",
    }
    await asgi_door.asgi_hook(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(body) if body else {}


def through_asgi(token: str, request: Request, **headers: str) -> tuple[int, dict[str, Any]]:
    return asyncio.run(asgi_answer(f"/hooks/{token}", request, **headers))


def picture(with_live_times: bool = False) -> dict[str, dict[str, Any]]:
    """All calls by their ref, without what depends on arrival."""
    found = {}
    for call in Call.objects.standing().select_related("group"):
        row = {f.attname: getattr(call, f.attname) for f in Call._meta.fields if f.attname not in ARRIVAL}
        row["group"] = call.group.name if call.group else None
        row["ring_attempts"] = [{**attempt, "at": None} for attempt in call.ring_attempts]
        row["began_at"] = call.started_at and call.began_at
        told = call.state == "ended" and not call.provisional
        if not told:
            for name in ("ringing_at", "answered_at", "ended_at"):
                row[name] = row[name] is not None
        found[call.ref] = row
    return found


def orders(items: list[Any], seed: int = 1) -> dict[str, list[Any]]:
    """List order, reversed, shuffled, and shuffled with every item up to three times."""
    rng = random.Random(seed)
    shuffled = rng.sample(items, len(items))
    repeated = [item for item in items for _ in range(rng.randint(1, 3))]
    rng.shuffle(repeated)
    return {"in order": items, "reversed": items[::-1], "shuffled": shuffled, "repeated": repeated}


def moments(seed: int = 1) -> Iterable[datetime]:
    """Arrivals: ever later, by uneven steps."""
    rng, at = random.Random(seed), timezone.now().astimezone(UTC) - timedelta(seconds=100)
    while True:
        at += timedelta(milliseconds=rng.randint(1, 900))
        yield at
