"""One thread with one database connection, in which the feed reads.

Not in the thread that Channels shares between all consumers of a process: one slow query there stops everybody.
The thread keeps its connection; `renew` lets go of it now and then, so that a database file put in the place of
the old one, or a server that came back, is noticed.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections

from calls.database.connecting import keep_own_connection, reconnect

P = ParamSpec("P")
T = TypeVar("T")


class Reader:
    """One thread with one database connection."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feed", initializer=keep_own_connection)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: _reading(function, *args, **kwargs))

    async def renew(self) -> None:
        await self.run(_let_go)

    async def stop(self) -> None:
        await self.run(_let_go)
        self._thread.shutdown(wait=False)


def _let_go() -> None:
    connections[DEFAULT_DB_ALIAS].close()


def _reading(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return function(*args, **kwargs)
    except (DatabaseError, InterfaceError):
        reconnect()
        raise
