"""The bus: how the processes of one site tell each other that there is news. It carries a nudge, never data.

Every bus may lose what it is given: each feed also looks by itself once a second. A bus has three methods. That of a
single process does nothing; with PostgreSQL alone the commit itself notifies (`calls.commit`), and the bus listens;
where Redis is configured the channel layer carries the nudge.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from calls.boards.ending import end
from calls.database.numbering import CHANNEL

log = logging.getLogger(__name__)

GROUP = "board"
SEND_SECONDS = 0.2
REJOIN_SECONDS = 60
"""Layers forget who joined a group: at a restart, after a day, and where one message lay for too long."""

Nudge = Callable[[str, int], None]


class Bus(Protocol):
    """What a feed needs of a bus."""

    def start(self, nudge: Nudge) -> None:
        """Call `nudge(epoch, seq)` on this loop whenever another process has news."""

    def notify(self, epoch: str, seq: int) -> None:
        """Say that there is news up to `seq`; returns at once and never raises."""

    async def stop(self) -> None:
        """End what `start` began."""


class NoBus:
    """One process: there is nobody to notify."""

    def start(self, nudge: Nudge) -> None:
        pass

    def notify(self, epoch: str, seq: int) -> None:
        pass

    async def stop(self) -> None:
        pass


class LayerBus:
    """The channel layer, with one channel for each process and none for each board."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._news: tuple[str, int] | None = None
        self._changed = asyncio.Event()
        self._quiet = False

    def start(self, nudge: Nudge) -> None:
        self._tasks = [asyncio.create_task(self._listen(nudge)), asyncio.create_task(self._send_newest())]

    def notify(self, epoch: str, seq: int) -> None:
        self._news = (epoch, seq)
        self._changed.set()

    async def stop(self) -> None:
        await end(self._tasks)

    async def _send_newest(self) -> None:
        """One task says what is newest: a slow layer delays neither commit nor board, and never gets a backlog."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._news is not None:
                epoch, seq = self._news
                await self._send({"type": "board.nudge", "epoch": epoch, "seq": seq})

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await get_channel_layer().group_send(GROUP, message)
        except Exception as error:
            self._complain(error)
        else:
            self._quiet = False

    async def _listen(self, nudge: Nudge) -> None:
        while True:
            try:
                await self._receive(get_channel_layer(), nudge)
            except Exception as error:
                self._complain(error)
                await asyncio.sleep(1)

    async def _receive(self, layer: Any, nudge: Nudge) -> None:
        channel = await layer.new_channel()
        joined_at = -float("inf")
        try:
            while True:
                now = asyncio.get_running_loop().time()
                if now - joined_at >= REJOIN_SECONDS:
                    await layer.group_add(GROUP, channel)
                    joined_at = now
                with suppress(TimeoutError):
                    async with asyncio.timeout(REJOIN_SECONDS):
                        message = await layer.receive(channel)
                        nudge(str(message.get("epoch")), int(message.get("seq") or 0))
        finally:
            # A member that is gone would be sent every nudge for a day.
            with suppress(Exception):
                async with asyncio.timeout(SEND_SECONDS):
                    await layer.group_discard(GROUP, channel)

    def _complain(self, error: Exception) -> None:
        """Once for each outage: the feeds go on without, a second later than with it."""
        if not self._quiet:
            log.warning("The channel layer is not reachable; boards follow the database instead: %r", error)
            self._quiet = True


class NotifyBus:
    """PostgreSQL's own: commits notify in their transaction, each process listens on one connection."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._quiet = False

    def start(self, nudge: Nudge) -> None:
        self._task = asyncio.create_task(self._listen(nudge))

    def notify(self, epoch: str, seq: int) -> None:
        """The commit has done so."""

    async def stop(self) -> None:
        await end([self._task] if self._task is not None else [])

    async def _listen(self, nudge: Nudge) -> None:
        while True:
            try:
                await self._receive(nudge)
            except Exception as error:
                if not self._quiet:
                    log.warning("PostgreSQL does not notify; boards look by themselves instead: %r", error)
                self._quiet = True
                await asyncio.sleep(1)

    async def _receive(self, nudge: Nudge) -> None:
        import psycopg

        # A connection of its own, outside Django's pool: one that listens is never given back.
        params = connections[DEFAULT_DB_ALIAS].get_connection_params()
        wanted = {name: value for name, value in params.items() if name not in _FOR_DJANGO}
        async with await psycopg.AsyncConnection.connect(autocommit=True, **wanted) as listening:
            await listening.execute(f"LISTEN {CHANNEL}")
            self._quiet = False
            async for notice in listening.notifies():
                epoch, _, seq = notice.payload.partition(" ")
                nudge(epoch, int(seq or 0))


_FOR_DJANGO = ("cursor_factory", "context", "prepare_threshold")


def make_bus() -> Bus:
    if getattr(settings, "REDIS_URL", None):
        return LayerBus()
    return NotifyBus() if connections[DEFAULT_DB_ALIAS].vendor == "postgresql" else NoBus()
