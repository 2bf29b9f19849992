"""A poster: one process that sends deliveries over keep-alive connections, one under way on each."""

import array
import asyncio
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import httptools
import uvloop

from bench.load.words import FORMATS, SHAPES, STAGES

FIELDS = 5
"""A sent delivery, in a flat array: call, stage, moment sent, moment answered, status (0: connection lost)."""
WARM_SECONDS = 600
BUSY, RETRY_SECONDS = 503, 0.3

now = time.perf_counter  # CLOCK_MONOTONIC on Linux: comparable across processes

Delivery = tuple[int, int]  # call, stage


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        status, keep = self._parser.get_status_code(), self._parser.should_keep_alive()
        self._parser = httptools.HttpResponseParser(self)
        if not keep:
            self.transport.close()
        self._give(status)

    def connection_lost(self, error: Exception | None) -> None:
        self._give(0)

    def _give(self, status: int) -> None:
        answer, self._answer = self._answer, None
        if answer and not answer.done():
            answer.set_result(status)

    def post(self, request: bytes) -> asyncio.Future[int]:
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._answer


class Poster:
    """Sends what a load asks for. `run` is the digits that mark this run's calls."""

    def __init__(self, load: Any, target: Any, run: str) -> None:
        self.load, self.run = load, run
        self.url = urlsplit(target.webhook)
        self.words = SHAPES[target.shape]
        self.encode, kind = FORMATS[load.format]
        self.head = (
            f"POST {self.url.path} HTTP/1.1\r\nHost: {self.url.netloc}\r\nUser-Agent: Callboard-bench/1\r\n"
            f"Accept: */*\r\nContent-Type: {kind}\r\nContent-Length: "
        )
        self.sent = array.array("d")

    async def work(self, ready: Any, start: Any) -> None:
        loop = asyncio.get_running_loop()
        self.connections = [await self.connect() for _ in range(self.load.connections)]
        held = range(self.load.calls, self.load.calls + self.load.held)
        await self.drive([(call, 0) for call in held], 0, now() + WARM_SECONDS)
        del self.sent[:]
        ready.release()
        await loop.run_in_executor(None, start.wait)
        await self.drive(mixed(self.load.calls, self.load.active), self.load.rate, now() + self.load.seconds)

    async def connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(Connection, self.url.hostname, self.url.port))[1]

    async def drive(self, deliveries: list[Delivery], rate: float, deadline: float) -> None:
        """Send all, as fast as the connections allow or at `rate` a second. A call keeps its connection: in order."""
        began = now() + 0.05
        step = 1 / rate if rate else 0
        lanes: list[list[tuple[float, Delivery]]] = [[] for _ in self.connections]
        for position, delivery in enumerate(deliveries):
            lanes[delivery[0] % len(lanes)].append((began + position * step if rate else 0, delivery))
        await asyncio.gather(*(self.follow(lane, each, deadline) for lane, each in enumerate(lanes)))

    async def follow(self, lane: int, deliveries: list[tuple[float, Delivery]], deadline: float) -> None:
        for due, (call, stage) in deliveries:
            if due > now():
                await asyncio.sleep(due - now())
                due = 0
            body = self.encode(self.words(self.run, call, stage))
            if self.connections[lane].transport.is_closing():
                self.connections[lane] = await self.connect()
            # Behind schedule, a delivery's time counts from when it was due.
            moment = due or now()
            status = await self.post(lane, f"{self.head}{len(body)}\r\n\r\n".encode() + body)
            self.sent.extend((call, stage, moment, now(), status))
            if now() > deadline:
                return

    async def post(self, lane: int, request: bytes) -> int:
        for _ in range(self.load.retries):
            status = await self.connections[lane].post(request)
            if status != BUSY:
                return status
            await asyncio.sleep(RETRY_SECONDS)
        return await self.connections[lane].post(request)


def mixed(calls: int, active: int) -> list[Delivery]:
    """All deliveries of these calls in an even mix of stages, about `active` calls under way at a time."""
    gap = max(1, active // (STAGES - 1))
    steps = range(calls + gap * (STAGES - 1))
    turns = ((step - gap * stage, stage) for step in steps for stage in range(STAGES))
    return [(call, stage) for call, stage in turns if 0 <= call < calls]


def poster(load: Any, target: Any, run: str, ready: Any, start: Any, out: Any) -> None:
    """The process."""
    work = Poster(load, target, run)
    uvloop.run(work.work(ready, start))
    out.put(("posted", work.sent.tobytes(), time.process_time()))
