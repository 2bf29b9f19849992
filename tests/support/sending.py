"""A provider that sends over real connections and goes on until it is answered 200, and calls to tell."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

import aiohttp

from calls.simulation import Delivery, Request, Traffic, encode

TELLING = 40
PATIENCE_SECONDS = 60
REPEATED_WITHIN = 100


def made_up_calls(count: int, seed: int = 1) -> list[tuple[str, Request]]:
    """What is said of this many calls, in its order, each with its call's id. Some are live still.

    All of it is past, by no more than the 50 minutes that a live call's start may be: a moment in the future, or
    hours ago, would say that the provider's clock is wrong.
    """
    now = datetime.now(UTC)
    took = _said_of(count, now, seed)[-1].at - now
    said = _said_of(count, now - took - timedelta(minutes=1), seed)
    assert took < timedelta(minutes=45)
    return [(delivery.ref, encode(delivery.fields, delivery.shape)) for delivery in said]


def _said_of(count: int, start: datetime, seed: int) -> list[Delivery]:
    traffic = Traffic(start, seed=seed, live=max(5, count // 10))
    return list(itertools.takewhile(lambda _: traffic.started <= count, traffic.deliveries()))


def muddled(said: list[tuple[str, Request]], seed: int = 1) -> list[Request]:
    """In an order in which nothing stays before or after anything, half of it two to four times.

    A repeat comes at most `REPEATED_WITHIN` requests later: one that comes seconds later is news of a live call.
    """
    rng = random.Random(seed)
    placed = []
    for _, request in said:
        place = rng.uniform(0, len(said))
        placed.append((place, request))
        for _ in range(rng.choice([0, 0, 0, 0, 1, 1, 2, 3])):
            placed.append((place + rng.uniform(0, REPEATED_WITHIN), request))
    return [request for _, request in sorted(placed, key=itemgetter(0))]


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
