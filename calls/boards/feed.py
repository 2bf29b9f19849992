"""The feed: one in each process. It follows the numbers of the changes and serves the viewers.

Commits of this process tell it what they changed, other processes nudge it, and it looks by itself once a second:
whenever a number is missing it reads, so what got lost costs a second and nothing else. What it learns changes its
picture; each view then makes one frame of the difference, whatever the number of changes and viewers.
Anything in doubt (another epoch, numbers that went back, an error) is answered by loading everything again.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic, thread_time
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from calls.boards import reader as reading
from calls.boards.audience import Snapshot, View
from calls.boards.bus import Bus, make_bus
from calls.boards.viewer import RESTART, TOO_MANY, TOO_SLOW, Send, Viewer
from calls.database.numbering import Changes
from calls.days import day_of
from calls.live.clock import ClockWatch
from calls.live.picture import Change, Picture
from calls.models.access import Scope
from calls.people.rights import Claim, Refusal, verdicts

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
TICK_SECONDS = 0.02
"""Under load. The first change after a quiet moment does not wait."""
LONGEST_TICK_SECONDS = 0.05
MANY_CHANGES = 1_000
"""A second. With more a tick becomes longer: fewer frames, and calls that changed twice are told once."""
SHARE = 3
"""A tick lasts at least this many times as long as its fan-out took: the rest of the process has the rest."""
HEARTBEAT_SECONDS = 3
RIGHTS_SECONDS = 4
SILENCE_SECONDS = 5
"""With nothing read for so long there are no heartbeats: boards shall say that they do not know."""
LOADING_SECONDS = 20
INLINE_ROWS = 500
MANY_COMMITS = 1_000
LARGEST_FRAME = 512 * 1024
"""Half of what daphne sends: a larger message it drops, without a word to anybody."""
SOCKETS = 1000
SOCKETS_PER_USER = 20


class Feed:
    """Follows the changes and keeps every board of this process up to date. Belongs to one event loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reset()

    def _reset(self) -> None:
        self.picture: Picture | None = None
        self._views: dict[Scope, View] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._arrivals: dict[Claim, asyncio.Future[Scope | Refusal]] = {}
        self._looking_up: asyncio.Task[None] | None = None
        self._loaded = asyncio.Event()
        self._nudged = asyncio.Event()
        self._told: list[Changes] = []
        self._names_due = False
        self._clock = ClockWatch()
        self._clock_was_set = False
        self._pause = TICK_SECONDS
        self._read_at = -float("inf")
        self._complained = False

    # For intake and entry points

    def start(self) -> None:
        """Begin to follow, unless it does already. Call it on the event loop."""
        loop = asyncio.get_running_loop()
        if self._loop is loop and self._tasks:
            return
        self._reset()
        self._loop = loop
        self._reader = reading.Reader()
        self._bus: Bus = make_bus()
        self._bus.start(self._nudged_by_another)
        self._tasks = [loop.create_task(work()) for work in (self._follow, self._beat, self._watch_rights)]

    def nudge(self) -> None:
        """Say that there is news. Call it on the event loop; costs next to nothing."""
        self._nudged.set()

    def tell(self, changes: Changes) -> None:
        """Say what this process has committed. Call it on the event loop, in the order of the commits."""
        self._told.append(changes)
        if len(self._told) > MANY_COMMITS:
            self._told.clear()  # nobody listens: the database can be read later
        self._nudged.set()

    def tell_from_thread(self, changes: Changes) -> None:
        """The same from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.tell, changes)

    async def admit(self, user: "AbstractBaseUser | AnonymousUser", session_key: str | None, send: Send) -> Viewer:
        """Show the board to this person through `send` (an ASGI send of an accepted socket).

        Gives the viewer in any case; one who may not see it is `closed`, with a code that says why.
        """
        self.start()
        claim = Claim(user.pk, session_key, getattr(user, "password", ""))
        viewer = Viewer(claim, send, self.snapshot_of)
        verdict: Scope | int
        try:
            verdict = await self._verdict(claim)
        except (DatabaseError, InterfaceError):
            verdict = RESTART
        if not isinstance(verdict, Scope):
            viewer.close(verdict)
            return viewer
        with suppress(TimeoutError):
            await asyncio.wait_for(self._loaded.wait(), LOADING_SECONDS)
        if self.picture is None or self._too_many(claim):
            viewer.close(TOO_MANY if self.picture else RESTART)
        else:
            viewer.look_at(self._view(verdict, self.picture))
        return viewer

    async def stop(self) -> None:
        """Close every board with 1012 and end."""
        for viewer in self.viewers():
            viewer.close(RESTART)
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if tasks:
            await self._bus.stop()
            await self._reader.stop()

    def viewers(self) -> list[Viewer]:
        return [viewer for view in self._views.values() for viewer in view.viewers]

    # Coming in

    def _too_many(self, claim: Claim) -> bool:
        viewers = self.viewers()
        own = sum(viewer.claim.user_id == claim.user_id for viewer in viewers)
        return len(viewers) >= SOCKETS or own >= getattr(settings, "CALLBOARD_SOCKETS_PER_USER", SOCKETS_PER_USER)

    async def _verdict(self, claim: Claim) -> Scope | Refusal:
        """Whoever comes while others are being looked up is looked up with the next ones, all at once."""
        if claim.user_id is None or not claim.session_key:
            return Refusal.SIGNED_OUT
        if claim not in self._arrivals:
            self._arrivals[claim] = asyncio.get_running_loop().create_future()
        arrival = self._arrivals[claim]
        if self._looking_up is None or self._looking_up.done():
            self._looking_up = asyncio.create_task(self._look_up())
        return await asyncio.shield(arrival)

    async def _look_up(self) -> None:
        while self._arrivals:
            arrivals, self._arrivals = self._arrivals, {}
            try:
                found = await self._reader.run(verdicts, arrivals)
            except Exception as error:
                for arrival in arrivals.values():
                    arrival.set_exception(error)
            else:
                for claim, arrival in arrivals.items():
                    arrival.set_result(found[claim])

    def _view(self, scope: Scope, picture: Picture) -> View:
        if scope not in self._views:
            self._views[scope] = View(scope, picture)
        return self._views[scope]

    async def snapshot_of(self, view: View, newest: bool) -> Snapshot:
        """A snapshot of a view and what came since: made once for all newcomers of a second.

        The `newest` is for those who were shown more already: nobody is taken back in time.
        """
        while True:
            snapshot = view.snapshot
            if snapshot is None or not snapshot.fresh or (newest and snapshot.since):
                snapshot = view.snapshot = Snapshot(view.picture.epoch)
                snapshot.made = asyncio.ensure_future(self._make(view, snapshot))
            if snapshot.made is not None:
                await asyncio.shield(snapshot.made)
            if view.snapshot is snapshot:  # else it was void before it was ready
                return snapshot

    async def _make(self, view: View, snapshot: Snapshot) -> None:
        parts = view.parts_of(view.rows(), timezone.now())
        try:
            snapshot.parts = parts.make() if len(parts.rows) <= INLINE_ROWS else await asyncio.to_thread(parts.make)
        except BaseException:
            view.snapshot = None
            raise

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
        try:
            if self.picture is None or self._clock_was_set:
                await self._load()
            else:
                await self._step(self.picture)
        except (DatabaseError, InterfaceError) as error:
            if not self._complained:
                log.warning("The database cannot be read; boards wait for it: %r", error)
            self._complained = True
            await asyncio.sleep(POLL_SECONDS)
        except Exception:
            log.exception("The feed stumbled and loads everything again.")
            self.picture = None
            await asyncio.sleep(POLL_SECONDS)
        else:
            self._read_at, self._complained = monotonic(), False

    def _look_at_clock(self) -> None:
        step = self._clock.look(timezone.now(), steady_seconds())
        if step is not None:
            log.warning("The server's clock was set by %+d s; boards load everything again.", step)
            self._clock_was_set = True

    async def _load(self) -> None:
        """Everything anew, for the feed and for all boards."""
        picture = await self._reader.run(reading.load)
        self.picture = picture
        self._clock_was_set = False  # a step during the reading is seen at the next look
        for view in self._views.values():
            view.start_over(picture)
            for viewer in view.viewers:
                viewer.start_over()
        self._loaded.set()

    async def _step(self, picture: Picture) -> None:
        names_too, self._names_due = self._names_due, False
        told, self._told = self._told, []
        calls = reading.told(picture, told) if told and not names_too else None
        news = await self._reader.run(reading.news, picture, names_too) if calls is None else reading.News(calls)
        if news is None:
            await self._load()
            return
        now = timezone.now()
        earlier = picture.pass_time(now)
        if news.names is not None:
            earlier += picture.rename(news.names, news.renamed)
        changes = picture.take(news.calls, now)
        if earlier:
            changes = merged([*earlier, *changes])
        if told:
            self._bus.tell(picture.epoch, picture.seq)
        await self._show(changes)
        await self._complete(picture)

    async def _complete(self, picture: Picture) -> None:
        """What the change needs besides: successors where completed calls ran out, and a new day's figures."""
        now = timezone.now()
        if short := picture.short_groups():
            for group_id, calls in (await self._reader.run(reading.latest_of, short, now)).items():
                await self._show(picture.refill(group_id, calls, now))
        if (day := day_of(now)) != picture.day:
            picture.begin_day(day, await self._reader.run(reading.tally, day, picture.seq))
            await self._show([])

    async def _show(self, changes: list[Change]) -> None:
        """One frame for each view, to all its viewers; the next tick is as far away as this was laborious.

        A call is among the changes once.
        """
        now, began = timezone.now(), thread_time()
        for view in self._views.values():
            frame = view.frame(changes, now)
            if frame is not None:
                for viewer in view.viewers:
                    if frame.size <= LARGEST_FRAME:
                        viewer.offer(frame)
                    else:
                        viewer.start_over()  # too much for one message: a snapshot comes in parts
        await asyncio.sleep(0)  # the viewers' tasks send now
        crowd = min(LONGEST_TICK_SECONDS, len(changes) / MANY_CHANGES)
        self._pause = max(TICK_SECONDS, crowd, SHARE * (thread_time() - began))

    def _nudged_by_another(self, epoch: str, seq: int) -> None:
        if self.picture is None or epoch != self.picture.epoch or seq > self.picture.seq:
            self._nudged.set()

    # By the clock

    async def _beat(self) -> None:
        """Once a second: part with who takes nothing. Every third time: a heartbeat to all others."""
        beats = 0
        while True:
            await asyncio.sleep(1)
            beats += 1
            for viewer in self.viewers():
                if viewer.stuck(monotonic()):
                    viewer.close(TOO_SLOW)
            self._tidy()
            if beats % HEARTBEAT_SECONDS == 0 and monotonic() - self._read_at < SILENCE_SECONDS:
                now, step = timezone.now(), self._clock.step_to_report(steady_seconds())
                for view in self._views.values():
                    frame = view.heartbeat(now, step)
                    for viewer in view.viewers:
                        viewer.offer(frame)

    def _tidy(self) -> None:
        self._views = {scope: view for scope, view in self._views.items() if view.viewers}
        for view in self._views.values():
            if view.snapshot is not None and view.snapshot.parts and not view.snapshot.fresh:
                view.snapshot = None

    async def _watch_rights(self) -> None:
        """Look up the rights of all who have a board open, and have the directory's names looked up."""
        while True:
            await asyncio.sleep(RIGHTS_SECONDS)
            self._names_due = True
            # Rights that cannot be looked up now are looked up next time; without a database nothing is sent anyway.
            with suppress(DatabaseError, InterfaceError):
                await self._reader.renew()
                found = await self._reader.run(verdicts, [viewer.claim for viewer in self.viewers()])
                for viewer in self.viewers():
                    self._judge(viewer, found.get(viewer.claim))

    def _judge(self, viewer: Viewer, verdict: Scope | Refusal | None) -> None:
        if isinstance(verdict, Refusal):
            viewer.close(verdict)
        elif verdict is not None and viewer.view is not None and verdict != viewer.view.scope:
            viewer.look_at(self._view(verdict, viewer.view.picture))


def steady_seconds() -> float:
    """A clock that nobody can set. It goes on while the machine sleeps, where the system has such a clock: after
    a sleep the wall clock is right, and only a clock that stood still meanwhile would say otherwise."""
    boot_clock = getattr(time, "CLOCK_BOOTTIME", None)
    return monotonic() if boot_clock is None else time.clock_gettime(boot_clock)


def merged(changes: Iterable[Change]) -> list[Change]:
    """One change for each call: what was there first, and what is there last."""
    by_call: dict[int, Change] = {}
    for old, new in changes:
        row = old or new
        if row is not None:
            call_id = row.call.id
            by_call[call_id] = (by_call[call_id][0] if call_id in by_call else old, new)
    return list(by_call.values())


feed = Feed()
"""The feed of this process."""
