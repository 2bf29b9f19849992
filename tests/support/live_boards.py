"""Boards that stay: they read, show, acknowledge and come back, as the page does, and are held against the database."""

import asyncio
import random
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.support.boards import Shown

ACK_SECONDS = 0.3


class LiveBoard:
    """One board on a server: `shown` is what it shows, `closed` the codes its sockets ended with."""

    def __init__(self, url: str, origin: str, cookie: str, **options: Any) -> None:
        self._url, self._origin, self._cookie, self._options = url, origin, cookie, options
        self.shown = Shown()
        self.is_open = False
        self.opened = 0
        self.refused = 0
        self.closed: list[int] = []
        self.heard_at = 0.0

    async def stay(self) -> None:
        """Keep a socket open until cancelled."""
        while True:
            try:
                headers = {"Cookie": self._cookie}
                async with connect(
                    self._url, origin=self._origin, additional_headers=headers, max_size=None, **self._options
                ) as socket:
                    self.opened += 1
                    acknowledging = asyncio.create_task(self._acknowledge(socket))
                    try:
                        await self._read(socket)
                    finally:
                        acknowledging.cancel()
                        await asyncio.gather(acknowledging, return_exceptions=True)
            except ConnectionClosed as closed:
                self.closed.append(closed.rcvd.code if closed.rcvd else 1006)
            except (OSError, InvalidHandshake, TimeoutError):
                self.refused += 1
            finally:
                self.is_open = False
            await asyncio.sleep(random.uniform(0, 0.3))  # the page waits longer: it has not this test's three seconds

    async def _read(self, socket: Any) -> None:
        while True:
            async with asyncio.timeout(10):
                said = orjson.loads(await socket.recv())
            self.heard_at = time.monotonic()
            if said["type"] != "heartbeat" or self.shown.whole:
                self.shown.apply(said)
            self.is_open = self.shown.whole

    async def _acknowledge(self, socket: Any) -> None:
        """By the clock, not by what comes: what came last must be acknowledged, too."""
        acked = -1
        while True:
            await asyncio.sleep(ACK_SECONDS)
            if self.shown.seq > acked:
                acked = self.shown.seq
                await socket.send(f'{{"type":"ack","seq":{acked}}}')

    def shows(self, truth: dict[str, Any]) -> bool:
        """Whether rows and figures are those of the database, as `desk_orders.board_truth` tells them."""
        rows = sorted([row["id"], row["seq"], row["state"], row["outcome"]] for row in self.shown.rows.values())
        figures = {name: self.shown.totals.get(name) for name in truth["figures"]}
        return self.is_open and rows == truth["rows"] and figures == truth["figures"]


@asynccontextmanager
async def staying(boards: Iterable[LiveBoard]) -> AsyncIterator[list[LiveBoard]]:
    """These boards, open and whole, until the block is left; what went wrong in one of them is raised."""
    boards = list(boards)
    tasks = [asyncio.create_task(board.stay()) for board in boards]
    try:
        await until(lambda: all(board.is_open for board in boards), 30)
        yield boards
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(reached: Callable[[], bool], within: float) -> float:
    """Wait, and tell how many seconds it took."""
    began = time.monotonic()
    while not reached():
        assert time.monotonic() - began < within, f"not within {within} s"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


def trusting(certificate: str) -> ssl.SSLContext:
    """A context that trusts this certificate alone."""
    return ssl.create_default_context(cafile=certificate)
