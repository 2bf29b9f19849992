"""How tasks are ended for good."""

import asyncio
from collections.abc import Iterable
from typing import Any

BETWEEN_CANCELS_SECONDS = 0.2


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel until each has ended, and raise nothing of theirs.

    One cancel is not enough: a client that waits for Redis may take it for a failed answer, and its task goes on
    waiting. The server would then never end.
    """
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        ended, waiting = await asyncio.wait(waiting, timeout=BETWEEN_CANCELS_SECONDS)
        for task in ended:
            _ = task.cancelled() or task.exception()  # asked for, so that it is not complained of
