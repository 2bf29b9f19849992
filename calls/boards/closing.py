"""How a board's socket is closed: the codes of docs/events.md, and the goodbye itself."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]
"""What an ASGI server gives to send messages with."""

BAD_FRAME, TOO_SLOW, TOO_MANY, RESTART = 4400, 4408, 4429, 1012

GOODBYE_SECONDS = 10

_goodbyes: set[asyncio.Task[None]] = set()


def close(send: Send, code: int) -> None:
    """Close in a task of its own; a board that does not even take that is cut off."""
    _goodbyes.add(task := asyncio.create_task(_goodbye(send, code)))
    task.add_done_callback(_goodbyes.discard)


async def _goodbye(send: Send, code: int) -> None:
    with suppress(Exception):
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await _close(send, code)
        except TimeoutError:
            # Its full buffers would stay for as long as it likes. ASGI has no word for that; uvicorn's `send` is a
            # method of the protocol that holds the transport.
            transport = getattr(getattr(send, "__self__", None), "transport", None)
            if transport is not None:
                transport.abort()


async def _close(send: Send, code: int) -> None:
    try:
        await send({"type": "websocket.close", "code": int(code)})
    except Exception:
        # daphne's WebSocket refuses the standard's own codes but 1000: this one too means "come again".
        await send({"type": "websocket.close", "code": TOO_SLOW})
