"""The feed: one in each process. It drives the following of the changes, and serves all open boards.

Commits of this process notify it of what they changed, other processes nudge it, and it looks by itself once a
second: whenever a seq is missing it reads, so what got lost costs a second and nothing else. Each audience then makes
one frame of the difference, whatever the number of changes and boards.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from time import monotonic, thread_time
from typing import TYPE_CHECKING

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from calls.boards.admission import Admission, too_many
from calls.boards.audience import Audience
from calls.boards.bus import Bus, make_bus
from calls.boards.closing import RESTART, TOO_MANY, TOO_SLOW, Send
from calls.boards.ending import end
from calls.boards.reader import Reader
from calls.boards.site import SiteWatch
from calls.boards.viewer import Viewer
from calls.database.numbering import Changes
from calls.live.following import Following, Step
from calls.live.picture import Picture
from calls.live.shown_call import Change
from calls.models.access import Scope
from calls.people.rights import Claim, Refusal, verdicts

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
TICK_SECONDS = 0.02
"""Between two steps, under load. The first change after a quiet moment does not wait."""
LONGEST_TICK_SECONDS = 0.05
CHANGES_A_SECOND = 1_000
"""With more a tick becomes longer: fewer frames, and calls that changed twice are sent once."""
TICK_FAN_OUTS = 3
"""A tick lasts at least this many times as long as its fan-out took: the rest of the process has the rest."""
HEARTBEAT_SECONDS = 3
RIGHTS_SECONDS = 4
SITE_SECONDS = 4
UNREAD_SECONDS = 5
"""With nothing read for so long there are no heartbeats: boards shall say that they do not know."""
LOADING_SECONDS = 20
LARGEST_FRAME_BYTES = 512 * 1024
"""Half of what daphne sends: a larger message it drops, without a word to anybody."""


class Feed:
    """Follows the changes and keeps every board of this process up to date. Belongs to one event loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reset()

    def _reset(self) -> None:
        self._following = Following(self, timezone.now)
        self._audiences: dict[Scope, Audience] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._loaded = asyncio.Event()
        self._nudged = asyncio.Event()
        self._unpublished: Changes | None = None
        self._names_due = False
        self._beats = 0
        self._pause = TICK_SECONDS
        self._read_at = -float("inf")
        self._complained = False

    @property
    def picture(self) -> Picture | None:
        return self._following.picture

    # For intake and entry points

    def start(self) -> None:
        """Begin to follow, unless it does already. Call it on the event loop."""
        loop = asyncio.get_running_loop()
        if self._loop is loop and self._tasks:
            return
        self._reset()
        self._loop = loop
        self._reader = Reader()
        self._admission = Admission(self._reader)
        self._site = SiteWatch()
        self._bus: Bus = make_bus()
        self._bus.start(self._nudged_by_another)
        works = (
            self._follow(),
            self._repeat(self._beat, lambda: 1),
            self._repeat(self._watch_rights, lambda: RIGHTS_SECONDS),
            self._repeat(self._watch_site, lambda: SITE_SECONDS),
        )
        self._tasks = [loop.create_task(work) for work in works]

    def nudge(self) -> None:
        """Say that there is news. Call it on the event loop; costs next to nothing."""
        self._nudged.set()

    def notify(self, changes: Changes) -> None:
        """Say what this process has committed. Call it on the event loop, in the order of the commits."""
        self._following.notify(changes)
        self._unpublished = changes
        self._nudged.set()

    def notify_from_thread(self, changes: Changes) -> None:
        """The same from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.notify, changes)

    async def admit(self, user: "AbstractBaseUser | AnonymousUser", session_key: str | None, send: Send) -> Viewer:
        """Show the board to this person through `send` (an ASGI send of an accepted socket).

        Gives the viewer in any case; one who may not see it is `closed`, with a code that says why.
        """
        self.start()
        claim = Claim(user.pk, session_key, getattr(user, "password", ""))
        viewer = Viewer(claim, send)
        verdict: Scope | int
        try:
            verdict = await self._admission.verdict(claim)
        except (DatabaseError, InterfaceError):
            verdict = RESTART
        if not isinstance(verdict, Scope):
            viewer.close(verdict)
            return viewer
        with suppress(TimeoutError):
            await asyncio.wait_for(self._loaded.wait(), LOADING_SECONDS)
        if self.picture is None:
            viewer.close(RESTART)
        elif too_many(self.viewers(), claim):
            viewer.close(TOO_MANY)
        else:
            viewer.join(self._audience(verdict, self.picture))
        return viewer

    async def stop(self) -> None:
        """Close every board with 1012 and end."""
        for viewer in self.viewers():
            viewer.close(RESTART)
        tasks, self._tasks = self._tasks, []
        await end(tasks)
        if tasks:
            await self._bus.stop()
            await self._reader.stop()
            await self._site.stop()

    def viewers(self) -> list[Viewer]:
        return [viewer for audience in self._audiences.values() for viewer in audience.viewers]

    def _audience(self, scope: Scope, picture: Picture) -> Audience:
        if scope not in self._audiences:
            self._audiences[scope] = Audience(scope, picture)
        return self._audiences[scope]

    # Following

    async def _follow(self) -> None:
        while True:
            if self.picture is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._nudged.wait()
            self._nudged.clear()
            began = monotonic()
            await self._step_or_recover()
            await asyncio.sleep(max(0.0, began + self._pause - monotonic()))

    async def _step_or_recover(self) -> None:
        self._look_at_clock()
        self._publish()
        names_too, self._names_due = self._names_due, False
        try:
            await self._drive(self._following.step(names_too))
        except (DatabaseError, InterfaceError) as error:
            if not self._complained:
                log.warning("The database cannot be read; boards wait for it: %r", error)
            self._complained = True
            await asyncio.sleep(POLL_SECONDS)
        except Exception:
            log.exception("The feed stumbled and loads everything again.")
            self._following.forget()
            await asyncio.sleep(POLL_SECONDS)
        else:
            if self._complained:
                log.warning("The database can be read again.")
            self._read_at, self._complained = monotonic(), False

    async def _drive(self, step: Step) -> None:
        """Carry out a step, with its reading in the feed's own thread."""
        found = None
        while True:
            try:
                reading = step.send(found)
            except StopIteration:
                break
            found = await self._reader.run(reading)
        await asyncio.sleep(0)  # the viewers' tasks send now

    def _look_at_clock(self) -> None:
        step = self._site.clock_step(timezone.now())
        if step is not None:
            log.warning("The server's clock was set by %+d s; boards load everything again.", step)
            self._following.reload()

    def _publish(self) -> None:
        """Tell the other processes of what this one has committed."""
        changes, self._unpublished = self._unpublished, None
        if changes is not None:
            self._bus.notify(changes.epoch, changes.last)

    def _nudged_by_another(self, epoch: str, seq: int) -> None:
        if self.picture is None or epoch != self.picture.epoch or seq > self.picture.seq:
            self._nudged.set()

    # What the following shows

    def rebuild(self, picture: Picture) -> None:
        """Everything anew, for all boards."""
        for audience in self._audiences.values():
            audience.rebuild(picture)
            for viewer in audience.viewers:
                viewer.resend_all()
        self._loaded.set()

    def show(self, changes: list[Change], now: datetime) -> None:
        """One frame for each audience, to all its boards; the next tick is as far away as this was laborious."""
        began = thread_time()
        for audience in self._audiences.values():
            frame = audience.frame(changes, now)
            if frame is not None:
                for viewer in audience.viewers:
                    if frame.size <= LARGEST_FRAME_BYTES:
                        viewer.offer(frame)
                    else:
                        viewer.resend_all()  # too much for one message: a snapshot comes in parts
        crowd = min(LONGEST_TICK_SECONDS, len(changes) / CHANGES_A_SECOND)
        self._pause = max(TICK_SECONDS, crowd, TICK_FAN_OUTS * (thread_time() - began))

    # By the clock

    async def _repeat(self, work: Callable[[], Awaitable[None]], pause: Callable[[], float]) -> None:
        """Do this again and again, whatever fails: without it boards would go stale, or people keep their rights."""
        while True:
            await asyncio.sleep(pause())
            try:
                await work()
            except (DatabaseError, InterfaceError):
                pass  # what cannot be read now is read next time; the following says that the database is away
            except Exception:
                log.exception("The feed stumbled; it goes on.")

    async def _beat(self) -> None:
        """Once a second: part with who takes nothing. Every third time: a heartbeat to all others."""
        self._beats += 1
        for viewer in self.viewers():
            if viewer.stuck(monotonic()):
                viewer.close(TOO_SLOW)
        self._tidy()
        if self._beats % HEARTBEAT_SECONDS == 0 and monotonic() - self._read_at < UNREAD_SECONDS:
            self._send_heartbeats(timezone.now())

    def _send_heartbeats(self, now: datetime) -> None:
        heard_at = max(self.picture.heard_at.values(), default=None) if self.picture is not None else None
        site = self._site.state(now, heard_at)
        for audience in self._audiences.values():
            frame = audience.heartbeat(now, site)
            for viewer in audience.viewers:
                viewer.offer(frame)

    def _tidy(self) -> None:
        self._audiences = {scope: audience for scope, audience in self._audiences.items() if audience.viewers}
        for audience in self._audiences.values():
            audience.tidy()

    async def _watch_rights(self) -> None:
        """Look up the rights of all who have a board open, and have the directory's names looked up."""
        self._names_due = True
        await self._reader.renew()
        found = await self._reader.run(verdicts, [viewer.claim for viewer in self.viewers()])
        for viewer in self.viewers():
            self._judge(viewer, found.get(viewer.claim))

    async def _watch_site(self) -> None:
        await self._site.look(timezone.now())

    def _judge(self, viewer: Viewer, verdict: Scope | Refusal | None) -> None:
        if isinstance(verdict, Refusal):
            viewer.close(verdict)
        elif verdict is not None and self.picture is not None and verdict != viewer.scope:
            viewer.join(self._audience(verdict, self.picture))


feed = Feed()
"""The feed of this process."""
