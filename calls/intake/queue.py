"""Intake: deliveries wait in a queue, one writer commits those that wait as one batch, each is told the outcome.

There is no timer: a batch is whatever gathered while the one before it was committed. An idle system answers in
one commit's time, a busy one batches by itself.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from django.db import DatabaseError, IntegrityError, close_old_connections, connection
from django.db.utils import InterfaceError, OperationalError

from calls.commit.cache import Cache, cache
from calls.commit.received import Received
from calls.commit.settling import Settler
from calls.commit.transaction import commit
from calls.database.connecting import keep_own_connection, reconnect
from calls.database.numbering import Changes
from calls.database.readiness import watch, write_and_read
from calls.intake.counts import counts
from calls.intake.outage import outage
from calls.projections.runner import Runner

log = logging.getLogger("callboard.intake")

LARGEST_BATCH = 512
LONGEST_QUEUE = 5_000
PATIENCE_SECONDS = 1.4
"""A delivery that is not stored by then is answered 503: the provider asks again."""
IDLE_SECONDS = 1.0
TRIES = 3
PAUSE_SECONDS = 0.2
"""After a failure, before the database is asked again."""


class NotStored(Exception):
    """The bytes could not be stored; a retry helps."""


after_commit: list[Callable[[Changes], None]] = []
"""Called from the committing thread after every commit that changed something visibly."""


def store(batch: list[Received], cache: Cache = cache) -> None:
    """Commit these deliveries here and now, with all calls that each holds. Raises NotStored.

    Each has an outcome of its own: a delivery that makes the transaction fail is found by halving the batch, and
    quarantined as `failed`. Its neighbours do not suffer for it.
    """
    _store([call for received in batch for call in (received, *received.others)], cache)


def _store(batch: list[Received], cache: Cache) -> None:
    try:
        _tell(_commit_patiently(batch, cache))
        outage.over()
        watch.note(True)
    except (OperationalError, InterfaceError) as error:
        outage.failed(error, refused=len(batch))
        watch.note(False)
        raise NotStored from error
    except Exception as error:
        if len(batch) > 1:
            half = len(batch) // 2
            _store(batch[:half], cache)
            _store(batch[half:], cache)
            return
        log.exception("a delivery could not be applied")
        _quarantine(batch[0], cache, error)


def _tell(changes: Changes | None) -> None:
    """What is stored is stored, whoever fails to hear of it: boards look by themselves every second."""
    if changes is None:
        return
    for tell in after_commit:
        try:
            tell(changes)
        except Exception:
            log.exception("a listener failed after a commit")


def _commit_patiently(batch: list[Received], cache: Cache) -> Changes | None:
    """Deadlocks between processes end one of them: that one tries again.

    So does one whose cache named a row that another process has deleted meanwhile: what fails empties the cache.
    """
    for attempt in range(TRIES):
        try:
            return commit(batch, cache)
        except OperationalError as error:
            if attempt == TRIES - 1 or "deadlock" not in str(error):
                raise
        except IntegrityError:
            if attempt > 0:
                raise
    raise AssertionError("the last try commits or raises")


def _quarantine(received: Received, cache: Cache, error: Exception) -> None:
    received.quarantine("failed")
    try:
        commit([received], cache)
    except DatabaseError as again:
        raise NotStored from again
    log.error("quarantined as failed: %s", type(error).__name__)


Tell = Callable[[Exception | None], None]
"""Told how it went: None for stored."""


class Asker:
    """Who is to be told how a delivery went, once and on their event loop. `tell` is None when that was done."""

    __slots__ = ("loop", "tell")

    def __init__(self, loop: asyncio.AbstractEventLoop, tell: Tell) -> None:
        self.loop = loop
        self.tell: Tell | None = tell


def _answer(askers: list[Asker], failure: Exception | None) -> None:
    """Tell those who wait, on their loop. Whoever waited too long has had its answer."""
    for asker in askers:
        # Let go of at once: `Patience` knows them for longer, and so much kept alive keeps the garbage collector busy.
        tell, asker.tell = asker.tell, None
        if tell is not None:
            tell(failure)


def _answer_each(askers: list[Asker], failure: Exception | None) -> None:
    """Tell those who wait, from the writer's thread: each on the loop of its own."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Asker]] = {}
    for asker in askers:
        by_loop.setdefault(asker.loop, []).append(asker)
    for loop, theirs in by_loop.items():
        with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            loop.call_soon_threadsafe(_answer, theirs, failure)


class Patience:
    """Answers those of one event loop whose delivery is not stored in time.

    One timer for all, set for the oldest that was not answered when it last rang: a timer each costs more than that.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._waiting: deque[tuple[float, Asker]] = deque()

    def watch(self, asker: Asker) -> None:
        due = self.loop.time() + PATIENCE_SECONDS
        if not self._waiting:
            self.loop.call_at(due, self._look)
        self._waiting.append((due, asker))

    def _look(self) -> None:
        waiting, now = self._waiting, self.loop.time()
        while waiting and (waiting[0][0] <= now or waiting[0][1].tell is None):
            _answer([waiting.popleft()[1]], NotStored())
        if waiting:
            self.loop.call_at(waiting[0][0], self._look)


class Intake:
    """The queue and its one writer thread, which owns a database connection of its own."""

    def __init__(self, cache: Cache = cache) -> None:
        self.cache = cache
        self.settler = Settler(cache)
        self.projections = Runner()
        self._waiting: deque[tuple[Received, Asker]] = deque()
        self._patience: Patience | None = None
        self._wake = threading.Event()
        self._stopping = False
        self._kept_house = time.monotonic()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    @property
    def is_full(self) -> bool:
        """Whether deliveries must be turned away before their body is read."""
        return len(self._waiting) >= LONGEST_QUEUE

    async def submit(self, received: Received) -> None:
        """Wait until the delivery is committed. Raises NotStored when it is not, or not in time."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(failure: Exception | None) -> None:
            if stored.done():  # cancelled: nobody waits any more
                return
            if failure is None:
                stored.set_result(None)
            else:
                stored.set_exception(failure)

        self.take(received, tell)
        await stored

    def take(self, received: Received, tell: Tell) -> None:
        """Have the delivery committed. `tell` is called on this event loop, in time, whatever comes of it."""
        loop = asyncio.get_running_loop()
        self.start()
        asker = Asker(loop, tell)
        self._waiting.append((received, asker))
        if not self._wake.is_set():  # set() takes a lock; whoever has set it is followed by a look at the queue
            self._wake.set()
        patience = self._patience
        if patience is None or patience.loop is not loop:
            patience = self._patience = Patience(loop)
        patience.watch(asker)

    async def look_up(self, secret: str) -> None:
        """Learn a token that is unknown here, off the event loop."""
        await asyncio.get_running_loop().run_in_executor(None, self._look_up, secret)

    def _look_up(self, secret: str) -> None:
        try:
            self.cache.look_up(secret)
        finally:
            connection.close()

    def start(self) -> None:
        """Start the writer, once. Nothing depends on a server's start-up event, which daphne does not have."""
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None:
                self._stopping = False
                self._thread = threading.Thread(target=self._write, name="intake", daemon=True)
                self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Commit what waits, and end: in `timeout` seconds at most. What is submitted later starts a writer again."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)
            self._thread = None

    def _write(self) -> None:
        keep_own_connection()
        while not (self._stopping and not self._waiting):
            quiet = not (self._waiting or self._wake.wait(self.projections.patience))
            self._wake.clear()
            if self._waiting and not self._write_batch(self._take_waiting(LARGEST_BATCH)):
                time.sleep(PAUSE_SECONDS)
            # Asked after each batch: under load there is always a delivery that waits.
            if self.projections.is_due(quiet):
                self._look_after()
        connection.close()

    def _take_waiting(self, most: int) -> list[tuple[Received, Asker]]:
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), most))]

    def _write_batch(self, batch: list[tuple[Received, Asker]]) -> bool:
        """Commit a batch and answer it. Gives whether it could be stored.

        Where not, those who wait behind it are refused with it: the database is not asked once for each of them.
        """
        failure: Exception | None = None
        try:
            store([received for received, _ in batch], self.cache)
        except Exception as error:  # Nothing may end this thread: without it no delivery is stored any more.
            if not isinstance(error, NotStored):
                log.exception("a batch could not be stored")
            reconnect()
            failure = NotStored()
            behind = self._take_waiting(LONGEST_QUEUE)
            outage.refused(len(behind))
            batch += behind
        _answer_each([asker for _, asker in batch], failure)
        return failure is None

    def _look_after(self) -> None:
        """What is due behind the traffic: every second or so the housekeeping, more often the projections.

        Projections are followed here because this connection is the one that may write: on SQLite, another one's
        writing would make the live cache forget.
        """
        try:
            if time.monotonic() - self._kept_house >= IDLE_SECONDS:
                self._keep_house()
            with self.cache.live_cache.uncounted_writes():
                self.projections.look(self._others_wait)
                if outage.lasts:
                    # No delivery may come for long: whether the database is back must not wait for one.
                    write_and_read()
                    outage.over()
        except DatabaseError as error:
            outage.failed(error, refused=0)
            reconnect()
        except Exception:
            log.exception("looking after failed")
            reconnect()

    def _keep_house(self) -> None:
        """Keep the cache fresh, note token use, settle the directory."""
        self._kept_house = time.monotonic()
        close_old_connections()
        self.cache.refresh()
        with self.cache.live_cache.uncounted_writes():
            self.cache.note_use()
            counts.write()
        self.settler.settle(self._others_wait)

    def _others_wait(self) -> bool:
        return bool(self._waiting)


intake = Intake()
