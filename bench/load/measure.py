"""One measurement: boards open, calls held live, deliveries sent, and what came of each."""

import array
import ipaddress
import multiprocessing
import queue
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from bench.load.board import Watched
from bench.load.figures import Figures, figures_of
from bench.load.posting import FIELDS, now, poster
from bench.load.watching import never_reading, watcher
from bench.load.words import RUN_DIGITS
from bench.machine import Usage

LONGEST_DRAIN = 20.0


class LoadFailed(Exception):
    """The load could not be put on the server at all."""


@dataclass(frozen=True)
class Load:
    """What is sent and who watches. Each call is four deliveries."""

    calls: int = 500
    boards: int = 0
    observers: int = 4
    active: int = 500
    """Calls under way at once."""
    held: int = 0
    """Further calls made live before the measurement, and left so."""
    rate: float = 0
    """Deliveries a second; 0: as fast as the connections allow."""
    connections: int = 32
    format: str = "json"
    never_reading: int = 0
    """Further boards that connect and never read."""
    seconds: float = 120
    drain: float = 1.5
    """The load is over when boards have shown nothing new for so long."""
    expects_pictures: bool = True
    retries: int = 0
    """How often a delivery that was answered 503 is sent again, as providers do."""


@dataclass(frozen=True)
class Target:
    """Where deliveries go and where boards connect. Loopback only."""

    webhook: str
    socket: str = ""
    shape: str = "generic"
    acks: bool = False
    cookies: tuple[str, ...] = ()
    boards_a_cookie: int = 15

    def __post_init__(self) -> None:
        for url in filter(None, (self.webhook, self.socket)):
            if not ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback:
                raise LoadFailed("Loopback addresses only.")

    def headers(self, place: int) -> dict[str, str]:
        """What the board at this place says of itself: our own page's origin, and who is signed in."""
        headers = {"Origin": f"http://{urlsplit(self.webhook).netloc}"}
        if self.cookies:
            headers["Cookie"] = self.cookies[place // self.boards_a_cookie % len(self.cookies)]
        return headers


Meter = Callable[[], Usage]


def measure(load: Load, target: Target, meters: dict[str, Meter]) -> Figures:
    """Put the load on the target. `meters` read CPU and memory of the processes at work, the server's first.

    Raises LoadFailed when boards or held calls are refused.
    """
    return _Measurement(load, target, meters).run()


class _Measurement:
    """The steps, in their order: boards, held calls, the measured deliveries, the rest of the frames."""

    def __init__(self, load: Load, target: Target, meters: dict[str, Meter]) -> None:
        self.load, self.target, self.meters = load, target, meters
        context = multiprocessing.get_context("fork")
        self.process: Any = context.Process
        self.ready, self.out = context.Semaphore(0), context.Queue()
        self.start, self.reset, self.stop = context.Event(), context.Event(), context.Event()
        self.last_shown = context.Value("d", 0.0)
        self.run_digits = secrets.token_hex(RUN_DIGITS // 2)
        self.children: list[Any] = []
        self.memory: list[float] = []

    def run(self) -> Figures:
        try:
            return self.steps()
        finally:
            self.stop.set()
            for child in self.children:
                child.join(5)
                if child.is_alive():
                    child.terminate()

    def steps(self) -> Figures:
        at_rest = self.read()
        if self.load.boards:
            shared = (self.load, self.target, self.run_digits, self.last_shown)
            self.spawn(watcher, *shared, self.ready, self.reset, self.stop, self.out)
            self.await_ready(120, "The boards could not connect.")
        stuck = never_reading(self.load, self.target)
        self.spawn(poster, self.load, self.target, self.run_digits, self.ready, self.start, self.out)
        self.await_ready(600, "The held calls were not taken.")
        time.sleep(1 if self.load.held else 0.1)
        before = self.read()
        self.reset.set()
        self.start.set()
        sent, post_cpu = self.posted()
        self.drain()
        after = self.read()
        self.stop.set()
        boards, watch_cpu = self.watched()
        for board in stuck:
            board.close()
        found = figures_of(sent, boards, expects_pictures=self.load.expects_pictures)
        return (
            found
            | self.costs(at_rest, before, after, max(1, found["acked"]), found.get("all_frames", 0))
            | {"load_cpu_s": round(post_cpu + watch_cpu, 2)}
        )

    def spawn(self, work: Callable[..., None], *arguments: Any) -> None:
        child = self.process(target=work, args=arguments, daemon=True)
        child.start()
        self.children.append(child)

    def await_ready(self, seconds: float, otherwise: str) -> None:
        deadline = now() + seconds
        while not self.ready.acquire(timeout=0.2):
            if now() > deadline or not self.children[-1].is_alive():
                raise LoadFailed(otherwise)

    def read(self) -> dict[str, Usage]:
        return {name: meter() for name, meter in self.meters.items()}

    def posted(self) -> tuple[list[tuple[float, ...]], float]:
        """Wait for the poster, with an eye on the server's memory."""
        deadline = now() + self.load.seconds + 60
        while (now() < deadline and self.children[-1].is_alive()) or not self.out.empty():
            with suppress(queue.Empty):
                _, data, cpu = self.out.get(timeout=1)
                flat = array.array("d")
                flat.frombytes(data)
                return list(zip(*[iter(flat)] * FIELDS, strict=True)), cpu
            self.note_memory()
        raise LoadFailed("The load did not end.")

    def note_memory(self) -> None:
        if self.meters:
            self.memory.append(next(iter(self.meters.values()))().memory_mb)

    def drain(self) -> None:
        """Until boards have shown nothing new for a while."""
        ended, quiet = now(), self.load.drain if self.load.boards else 0.2
        while now() - max(ended, self.last_shown.value) < quiet and now() - ended < LONGEST_DRAIN:
            time.sleep(0.05)
        self.note_memory()

    def watched(self) -> tuple[list[Watched], float]:
        if not self.load.boards:
            return [], 0.0
        _, boards, cpu = self.out.get(timeout=60)
        return boards, cpu

    def costs(
        self, at_rest: dict[str, Usage], before: dict[str, Usage], after: dict[str, Usage], acked: int, frames: int
    ) -> Figures:
        """CPU of the measured part alone (setting up boards and held calls is not in it), and memory."""
        if not self.meters:
            return {}
        seconds = {name: after[name].cpu_seconds - before[name].cpu_seconds for name in self.meters}
        server = next(iter(self.meters))
        found: Figures = {
            "cpu_ms": round(1e3 * seconds[server] / acked, 4),
            "rest_mb": round(at_rest[server].memory_mb, 2),
            "before_mb": round(before[server].memory_mb, 2),
            "end_mb": round(after[server].memory_mb, 2),
            "peak_mb": round(max([*self.memory, after[server].memory_mb]), 2),
            "growth": growth(self.memory),
        }
        if frames:
            found["frame_us"] = round(1e6 * seconds[server] / frames, 2)
        return found | {f"{name}_ms": round(1e3 * seconds[name] / acked, 4) for name in self.meters if name != server}


def growth(memory: list[float]) -> float:
    """The last tenth of a load beside its third: by then caches and pools are filled."""
    tenth = max(1, len(memory) // 10)
    early, late = memory[2 * tenth : 3 * tenth] or memory[:1], memory[-tenth:]
    return round(median(late) / median(early), 3) if memory and median(early) else 1.0
