"""A line to a server that may fall silent: connections stay open, and nothing passes any more, either way."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.running import unused_port


class SilentLine:
    """Passes on what comes to its `port`, on an event loop of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._far = (host, port)
        self.port = unused_port()

    def fall_silent(self) -> None:
        self._loop.call_soon_threadsafe(self._passes.clear)

    def speak_again(self) -> None:
        """What was said meanwhile arrives now."""
        self._loop.call_soon_threadsafe(self._passes.set)

    async def work(self, ready: threading.Event) -> None:
        self._loop, self._passes, self._ended = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        self._passes.set()
        await asyncio.start_server(self._join, "127.0.0.1", self.port)
        ready.set()
        await self._ended.wait()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)

    async def _join(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            far, there = await asyncio.open_connection(*self._far)
            await asyncio.gather(self._pass_on(near, there), self._pass_on(far, back))
        back.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while said := await reader.read(65536):
                await self._passes.wait()
                writer.write(said)
        writer.close()


@contextmanager
def silent_line(host: str, port: int) -> Iterator[SilentLine]:
    line, ready = SilentLine(host, port), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(line.work(ready)), daemon=True)
    thread.start()
    ready.wait(5)
    try:
        yield line
    finally:
        line.end()
        thread.join(5)
