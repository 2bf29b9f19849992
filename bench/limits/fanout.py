"""The fan-out limit of an ASGI server: one frame to every socket, again as soon as all have taken it."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from bench.limits.empty import lifespan

TEXT = json.dumps(
    {
        "type": "changed",
        "seq": 1,
        "calls": [
            {"ref": f"CA{call * 7919:032x}", "state": "ringing", "agent": f"agent-{call}", "number": f"+1415{call:07d}"}
            for call in range(14)
        ],
    }
)
"""About 1.6 kB, as a frame of the product with three changed calls."""
MESSAGE = {"type": "websocket.send", "text": TEXT}
LATEST_ROUND_SECONDS = 2


class Round:
    """Lets every socket send once, then again."""

    def __init__(self) -> None:
        self.sockets: set[Any] = set()
        self.task: asyncio.Task[None] | None = None

    async def take(self, send: Any) -> None:
        self.sockets.add(send)
        self.task = self.task or asyncio.create_task(self.go())

    async def go(self) -> None:
        while True:
            sends = [asyncio.ensure_future(send(MESSAGE)) for send in self.sockets]
            if sends:
                await asyncio.wait(sends, timeout=LATEST_ROUND_SECONDS)
            await asyncio.sleep(0)


rounds = Round()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    await rounds.take(send)
    with suppress(asyncio.CancelledError):
        while (await receive())["type"] != "websocket.disconnect":
            pass
    rounds.sockets.discard(send)
