"""A viewer: one open board. One task sends what its flow lets through. Starting and recovering are the same act."""

import asyncio
import logging
from time import monotonic
from typing import Protocol

from calls.boards.closing import BAD_FRAME, RESTART, TOO_MANY, Send, close
from calls.boards.flow import Flow
from calls.boards.frames import Frame, Snapshot
from calls.boards.inbound import Allowance, BadFrame, acknowledged
from calls.models.access import Scope
from calls.people.rights import Claim

log = logging.getLogger(__name__)


class Gone(Exception):
    """Sending failed: nobody is there any more. The server tells the consumer of it."""


class LookedAt(Protocol):
    """What a viewer needs of its audience."""

    scope: Scope
    viewers: set["Viewer"]

    async def snapshot(self, newest: bool) -> Snapshot:
        """A snapshot and what came since."""


class Viewer:
    """One open board. `audience` is the one that it belongs to; None: it is not admitted yet."""

    __slots__ = ("_allowance", "_flow", "_send", "_task", "_wake", "audience", "claim", "closed")

    def __init__(self, claim: Claim, send: Send) -> None:
        self.claim = claim
        self.audience: LookedAt | None = None
        self.closed = False
        self._send = send
        self._flow = Flow(monotonic())
        self._allowance = Allowance(monotonic())
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # What the feed does with it

    def join(self, audience: LookedAt) -> None:
        """Belong to this audience from now on, beginning with a snapshot."""
        if self.audience is not None:
            self.audience.viewers.discard(self)
        self.audience = audience
        audience.viewers.add(self)
        self.resend_all()
        if self._task is None:
            self._task = asyncio.create_task(self._pump())

    def resend_all(self) -> None:
        """Send a snapshot in place of all that waits."""
        self._flow.resend_all()
        self._wake.set()

    def offer(self, frame: Frame) -> None:
        """Send this when there is time; what the board cannot take is dropped, and a snapshot stands for it."""
        self._flow.offer(frame, monotonic())
        self._wake.set()

    @property
    def scope(self) -> Scope | None:
        """What it shows; None: it is not admitted yet."""
        return None if self.audience is None else self.audience.scope

    @property
    def left_out(self) -> int:
        """How many live calls the last snapshot did not hold."""
        return self._flow.left_out

    def stuck(self, now: float) -> bool:
        """Whether it has taken nothing for too long (`now` in monotonic seconds)."""
        return self._flow.stuck(now)

    def close(self, code: int) -> None:
        """Say goodbye with this code, and send nothing any more."""
        if not self.closed:
            self.leave()
            close(self._send, code)

    def leave(self) -> None:
        self.closed = True
        self._flow.clear()
        if self.audience is not None:
            self.audience.viewers.discard(self)
        if self._task is not None:
            self._task.cancel()

    # The way out

    async def _pump(self) -> None:
        try:
            while True:
                if self._flow.resend_due and self.audience is not None:
                    await self._send_all(self.audience)
                elif frame := self._flow.next_frame():
                    await self._send_frame(frame)
                    self._recover()
                else:
                    self._wake.clear()
                    await self._wake.wait()
        except Gone:
            self.leave()
        except Exception:
            log.exception("A board could not be shown; it is asked to come again.")
            self.close(RESTART)

    async def _send_all(self, audience: LookedAt) -> None:
        snapshot = await audience.snapshot(newest=self._flow.was_sent_any)
        if audience is not self.audience:
            return
        self._flow.begin(snapshot)
        for part in snapshot.parts:
            if not self._flow.resend_due:
                await self._send_frame(part)

    async def _send_frame(self, frame: Frame) -> None:
        self._flow.sending(frame, monotonic())
        try:
            await self._send(frame.message)
        except Exception as error:
            raise Gone from error
        self._flow.sent()

    def _recover(self) -> None:
        if self._flow.recovered:
            self.resend_all()

    # The way in

    def receive(self, text: str | None) -> None:
        """One frame of the board; None is a frame that was not text."""
        if self.closed:
            return
        if not self._allowance.spend(monotonic()):
            self.close(TOO_MANY)
            return
        try:
            seq = acknowledged(text)
        except BadFrame:
            self.close(BAD_FRAME)
            return
        if seq is None:
            self.resend_all()
        else:
            self._flow.acknowledge(seq, monotonic())
            self._recover()
