"""A viewer: one open board, what it has been sent, and what it says.

A board is sent no more than it can take. Frames wait in a short queue that one task empties; a board that falls
behind loses its queue and gets a fresh snapshot when it catches up. Starting and recovering are the same act.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import orjson

from calls.boards.audience import Frame, Snapshot, View
from calls.people.rights import Claim

log = logging.getLogger(__name__)

Send = Callable[[dict[str, Any]], Awaitable[None]]

BAD_FRAME, TOO_SLOW, TOO_MANY, RESTART = 4400, 4408, 4429, 1012

FRAMES_AHEAD = 256
BYTES_QUEUED = 1024 * 1024
BYTES_AHEAD = 2 * 1024 * 1024
"""Sent and not acknowledged: more than a second of the busiest hour, since boards acknowledge by the clock."""
BYTES_WAITING = 4 * 1024 * 1024
"""What may wait while a snapshot is on its way: these frames are shared by all viewers of the view."""
PATIENCE_SECONDS = 10
INBOUND_BYTES = 4096
INBOUND_A_SECOND, INBOUND_BURST = 5, 20


class Gone(Exception):
    """Sending failed: nobody is there any more. The server tells the consumer of it."""


class Viewer:
    """One open board. `view` is what it looks at; None: not admitted yet."""

    __slots__ = (
        "_acked",
        "_ahead",
        "_ahead_bytes",
        "_behind",
        "_epoch",
        "_heard_at",
        "_progress_at",
        "_queue",
        "_queued_bytes",
        "_send",
        "_sending",
        "_sent",
        "_snapshot_of",
        "_starting_over",
        "_task",
        "_tokens",
        "_wake",
        "_whole",
        "claim",
        "closed",
        "view",
    )

    def __init__(self, claim: Claim, send: Send, snapshot_of: Callable[[View, bool], Awaitable[Snapshot]]) -> None:
        self.claim = claim
        self.view: View | None = None
        self.closed = False
        self._send = send
        self._snapshot_of = snapshot_of
        self._queue: deque[Frame] = deque()
        self._queued_bytes = 0
        self._ahead: deque[tuple[int, int]] = deque()  # sent and not acknowledged: number and size
        self._ahead_bytes = 0
        self._acked = self._sent = -1
        self._epoch = ""
        self._behind = False
        self._starting_over = True
        self._whole = False  # whether the last snapshot, and what came during it, is all sent
        self._sending = False
        self._progress_at = self._heard_at = monotonic()
        self._tokens = float(INBOUND_BURST)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # What the feed does with it

    def look_at(self, view: View) -> None:
        """Show this view from now on, beginning with a snapshot."""
        if self.view is not None:
            self.view.viewers.discard(self)
        self.view = view
        view.viewers.add(self)
        self.start_over()
        if self._task is None:
            self._task = asyncio.create_task(self._pump())

    def start_over(self) -> None:
        self._clear()
        self._behind = False
        self._starting_over = True
        self._wake.set()

    def offer(self, frame: Frame) -> None:
        """Send this when there is time; what a board cannot take is dropped, and a snapshot stands for it."""
        if self._behind or self._starting_over:
            return
        self._queue.append(frame)
        self._queued_bytes += frame.size
        if self._too_far_behind():
            self._behind = True
            self._progress_at = monotonic()
            self._clear()
        self._wake.set()

    def _too_far_behind(self) -> bool:
        if not self._whole:
            return self._queued_bytes > BYTES_WAITING
        frames = len(self._queue) + len(self._ahead)
        too_large = self._queued_bytes > BYTES_QUEUED or self._ahead_bytes > BYTES_AHEAD
        return frames > FRAMES_AHEAD or (too_large and frames > 1)

    def _clear(self) -> None:
        self._queue.clear()
        self._queued_bytes = 0

    def stuck(self, now: float) -> bool:
        """Whether it has taken nothing for too long (`now` is monotonic, in seconds)."""
        return (self._behind or self._sending) and now - self._progress_at > PATIENCE_SECONDS

    def close(self, code: int) -> None:
        """Say goodbye with this code, and send nothing any more."""
        if not self.closed:
            self.leave()
            goodbyes.add(task := asyncio.create_task(_goodbye(self._send, code)))
            task.add_done_callback(goodbyes.discard)

    def leave(self) -> None:
        self.closed = True
        self._clear()
        if self.view is not None:
            self.view.viewers.discard(self)
        if self._task is not None:
            self._task.cancel()

    # The way out

    async def _pump(self) -> None:
        try:
            while True:
                if self._starting_over and self.view is not None:
                    await self._show_all(self.view)
                elif self._queue:
                    await self._show_next()
                else:
                    self._whole = True
                    self._wake.clear()
                    await self._wake.wait()
        except Gone:
            self.leave()
        except Exception:
            log.exception("A board could not be shown; it is asked to come again.")
            self.close(RESTART)

    async def _show_all(self, view: View) -> None:
        snapshot = await self._snapshot_of(view, self._sent >= 0)
        if view is not self.view:
            return
        self._starting_over = self._whole = False
        self._queue.extend(snapshot.since)
        self._queued_bytes = sum(frame.size for frame in snapshot.since)
        if snapshot.epoch != self._epoch:
            self._epoch, self._acked, self._sent = snapshot.epoch, -1, -1
            self._ahead.clear()
            self._ahead_bytes = 0
        for part in snapshot.parts:
            if not self._starting_over:
                await self._put(part)

    async def _show_next(self) -> None:
        frame = self._queue.popleft()
        self._queued_bytes -= frame.size
        if frame.seq > self._acked:
            self._ahead.append((frame.seq, frame.size))
            self._ahead_bytes += frame.size
        await self._put(frame)
        self._recover()

    async def _put(self, frame: Frame) -> None:
        self._sent = max(self._sent, frame.seq)
        self._progress_at = monotonic()
        self._sending = True
        try:
            await self._send(frame.message)
        except Exception as error:
            raise Gone from error
        self._sending = False

    def _recover(self) -> None:
        if self._behind and not self._ahead and not self._sending:
            self.start_over()

    # What it says

    def hear(self, text: str | None) -> None:
        """One frame of the board: `sync` or `ack`; None is a frame that was not text."""
        if self.closed:
            return
        if not self._in_time():
            self.close(TOO_MANY)
        elif not self._understand(text):
            self.close(BAD_FRAME)

    def _in_time(self) -> bool:
        now = monotonic()
        self._tokens = min(INBOUND_BURST, self._tokens + (now - self._heard_at) * INBOUND_A_SECOND) - 1
        self._heard_at = now
        return self._tokens >= 0

    def _understand(self, text: str | None) -> bool:
        if text is None or len(text) > INBOUND_BYTES or len(text.encode("utf-8", "replace")) > INBOUND_BYTES:
            return False
        try:
            said = orjson.loads(text)
        except orjson.JSONDecodeError:
            return False
        if not isinstance(said, dict):
            return False
        if said.get("type") == "sync":
            self.start_over()
            return True
        return said.get("type") == "ack" and self._acknowledge(said.get("seq"))

    def _acknowledge(self, seq: Any) -> bool:
        if type(seq) is not int or seq < 0:
            return False
        seq = min(seq, self._sent)
        if seq > self._acked:
            self._acked = seq
            self._progress_at = monotonic()
            while self._ahead and self._ahead[0][0] <= seq:
                self._ahead_bytes -= self._ahead.popleft()[1]
            self._recover()
        return True


goodbyes: set[asyncio.Task[None]] = set()


async def _goodbye(send: Send, code: int) -> None:
    """Close, and cut off who does not even take that: its full buffers would stay for as long as it likes."""
    with suppress(Exception):
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await _close(send, code)
        except TimeoutError:
            # ASGI has no word for it; uvicorn's `send` is a method of the protocol that holds the transport.
            transport = getattr(getattr(send, "__self__", None), "transport", None)
            if transport is not None:
                transport.abort()


async def _close(send: Send, code: int) -> None:
    try:
        await send({"type": "websocket.close", "code": int(code)})
    except Exception:
        # daphne's WebSocket refuses the standard's own codes but 1000: this one too means "come again".
        await send({"type": "websocket.close", "code": TOO_SLOW})
