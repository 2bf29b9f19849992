"""A provider that sends over real connections and goes on until it is answered 200, and calls to tell."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from calls.simulation import Request, Traffic, encode

TELLING = 40
PATIENCE_SECONDS = 60


def made_up_calls(count: int, seed: int = 1) -> list[tuple[str, Request]]:
    """What is said of this many calls of the last hour, in its order, each with its call's id. Some are live still."""
    traffic = Traffic(datetime.now(UTC) - timedelta(hours=1), seed=seed, live=60)
    said = []
    for delivery in traffic.deliveries():
        if traffic.started > count:
            return said
        said.append((delivery.ref, encode(delivery.fields, delivery.shape)))
    return said


def muddled(said: list[tuple[str, Request]], seed: int = 1) -> list[Request]:
    """In an order in which nothing stays before or after anything, a third of it two to four times."""
    rng = random.Random(seed)
    sent = [request for _, request in said for _ in range(rng.choice([1, 1, 1, 1, 2, 2, 3, 4]))]
    rng.shuffle(sent)
    return sent


class Teller:
    """Sends requests to webhooks, each until it is answered 200. `answers` counts; `stored` are ids acknowledged."""

    def __init__(self, session: aiohttp.ClientSession, **options: Any) -> None:
        self._session, self._options = session, options
        self.answers: Counter[int | str] = Counter()
        self.results: Counter[str] = Counter()
        self.stored: list[int] = []
        self.slowest = 0.0

    async def tell(self, urls: Sequence[str], request: Request) -> None:
        """Try one after another until it is stored."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            attempt = random.randrange(len(urls))
            while not await self._told(urls[attempt % len(urls)], request):
                attempt += 1
                await asyncio.sleep(0.2)

    async def _told(self, url: str, request: Request) -> bool:
        address = f"{url}?{request.query}" if request.query else url
        headers = {"Content-Type": request.content_type} if request.content_type else {}
        began = time.monotonic()
        try:
            async with self._session.request(
                request.method, address, data=request.body, headers=headers, **self._options
            ) as answer:
                self.answers[answer.status] += 1
                self.slowest = max(self.slowest, time.monotonic() - began)
                if answer.status != 200:
                    return False
                said = await answer.json()
        except (aiohttp.ClientError, TimeoutError) as problem:
            self.answers[type(problem).__name__] += 1
            return False
        self.results[said["result"]] += 1
        self.stored.append(int(said["id"]))
        return True

    async def tell_all(self, urls: Sequence[str], requests: Iterable[Request]) -> None:
        """Many at once, over as many connections."""
        waiting = iter(requests)

        async def one_connection() -> None:
            for request in waiting:
                await self.tell(urls, request)

        async with asyncio.TaskGroup() as group:
            for _ in range(TELLING):
                group.create_task(one_connection())
