"""The goals, as data: what the figures are asked to be. They are reported, and never decide an exit code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.load.figures import Figures

REACHED, MISSED, UNKNOWN = "reached", "not reached", "not measured"
TICKS_PER_SECOND = 62.5
"""A tick lasts 16 ms at least."""
HEARTBEATS_PER_SECOND = 1 / 3


@dataclass(frozen=True)
class Goal:
    """`figure` of the case `of`, divided by that of the case `beside` where there is one, must keep to a bound.

    `per` divides further: what a board costs is a difference between two cases over their boards.
    """

    says: str
    suite: str
    figure: str
    of: str
    beside: str = ""
    less: str = ""
    per: float = 1
    at_least: float | None = None
    at_most: float | None = None

    def value(self, measured: Mapping[str, Figures]) -> float | None:
        """What it came to, or None where a case or its figure is missing. `measured` is {case: medians}."""
        wanted = [name for name in (self.of, self.beside, self.less) if name]
        found = {name: measured.get(name, {}).get(self.figure) for name in wanted}
        if any(value is None for value in found.values()) or (self.beside and not found[self.beside]):
            return None
        value = float(found[self.of]) - float(found[self.less] if self.less else 0)
        return value / (float(found[self.beside]) if self.beside else 1) / self.per

    def verdict(self, measured: Mapping[str, Figures]) -> str:
        value = self.value(measured)
        if value is None:
            return UNKNOWN
        enough = self.at_least is None or value >= self.at_least
        return REACHED if enough and (self.at_most is None or value <= self.at_most) else MISSED

    @property
    def bound(self) -> str:
        return f"at least {self.at_least:.3g}" if self.at_least is not None else f"at most {self.at_most:.4g}"


QUIET, BUSY, CROWDED = "20/s, 100 boards", "200/s, 100 boards", "150/s, 2,000 live, 50 boards"
PRODUCT = "product uvicorn sqlite"
STORES = ("sqlite", "postgres")
PAGES = ("admin_ms", "filter_ms", "number_ms", "ref_ms", "deliveries_ms", "api_ms")
PICTURES = ("picture_ms", "page_ms")
HOURS = ", business hours"
SPLITS = ("in all", *(f"by {split}" for split in ("group", "source", "day", "weekday", "hour", "hour of the week")))
READINGS = (*SPLITS, *(f"{split}{HOURS}" for split in SPLITS), "by agent", "by line")
FIGURES_PAGES = (
    *(f"page by {split}" for split in ("group", f"group{HOURS}", "agent", "hour of the week")),
    *("inspector", f"inspector{HOURS}"),
)


def _speed() -> Iterator[Goal]:
    for says, of, beside, times in (
        ("uvicorn, times the tutorial peer", PRODUCT, "tutorial uvicorn sqlite", 40),
        ("daphne, times the tutorial peer", "product daphne sqlite", "tutorial daphne sqlite", 15),
        ("uvicorn, times FastAPI's peer", PRODUCT, "fastapi sqlite", 5),
        ("uvicorn, times Node's peer", PRODUCT, "node sqlite", 3),
    ):
        yield Goal(f"acked/s, {says}", "ingest", "acked_per_s", of, beside, at_least=times)
    says = "CPU a delivery, of the tutorial peer's"
    yield Goal(says, "ingest", "cpu_ms", PRODUCT, "tutorial uvicorn sqlite", at_most=1 / 40)


def _latency() -> Iterator[Goal]:
    for says, at, figure, most in (
        ("POST to screen p50, ms", QUIET, "screen_p50_ms", 10),
        ("POST to screen p99, ms", QUIET, "screen_p99_ms", 30),
        ("POST to screen p99, ms", BUSY, "screen_p99_ms", 60),
        ("POST p99, ms", BUSY, "post_p99_ms", 20),
        ("frames a second and board", BUSY, "frames_per_s", TICKS_PER_SECOND + HEARTBEATS_PER_SECOND),
        ("POST to screen p99, ms", CROWDED, "screen_p99_ms", 150),
    ):
        yield Goal(f"{says}, {at}", "latency", figure, f"{at}: product", at_most=most)


def _live_calls() -> Iterator[Goal]:
    for store in STORES:
        for live in ("2,000", "20,000"):
            says, of, beside = f"CPU a delivery, {live} live", f"{live} live, {store}", f"20 live, {store}"
            yield Goal(f"{says}, times that with 20, {store}", "live", "cpu_ms", of, beside, at_most=1.2)


def _history() -> Iterator[Goal]:
    for store in STORES:
        many, few = f"5,000,000 calls, {store}", f"10,000 calls, {store}"
        yield Goal(f"acked/s, {many}, times that with 10,000", "history", "acked_per_s", many, few, at_least=0.7)
        for page in (*PICTURES, *PAGES):
            yield Goal(f"{page[:-3]}, {many}, times that with 10,000", "history", page, many, few, at_most=2)
        for page in PAGES:
            yield Goal(f"{page[:-3]}, ms, {many}", "history", page, many, at_most=300)


def _figures() -> Iterator[Goal]:
    for store in STORES:
        says = "oldest change that is not in the figures, ms, 500/s"
        yield Goal(f"{says}, {store}", "projections", "behind_most_ms", f"500/s, {store}", at_most=1_000)
        beside = f"catching up beside 100/s, {store}"
        # Five million in ten minutes.
        yield Goal(f"calls a second, {beside}", "projections", "caught_per_s", beside, at_least=8_333)


def _reading() -> Iterator[Goal]:
    for store in STORES:
        for name, most in (*((name, 300) for name in READINGS), *((name, 500) for name in FIGURES_PAGES)):
            of = f"5,000,000 calls, {store}: {name}"
            yield Goal(f"slowest of all spans, ms, {of}", "figures", "most_ms", of, at_most=most)


def _memory() -> Iterator[Goal]:
    few, many = "50 boards", "500 boards"
    yield Goal("kB a connected board", "boards", "end_mb", many, less=few, per=450 / 1024, at_most=60)
    reading, never = "20 boards, and a load", "20 boards, 20 never read"
    yield Goal("kB a board that never reads", "boards", "peak_mb", never, less=reading, per=20 / 1024, at_most=1024)
    yield Goal("memory at an hour's end, times that at its third tenth", "soak", "growth", SOAK, at_most=1.05)


def _page() -> Iterator[Goal]:
    for says, figure, most in (
        ("busy main thread, %", "busy", 20),
        ("paints of data a second", "paints_per_s", 4),
        ("rows in the page, of both lists", "rows", 60),
        ("JS heap at the end, times that at its third tenth", "heap_growth", 1.05),
        ("nodes at the end, times those at its third tenth", "nodes_growth", 1.05),
        ("live calls wrong on the page at the end", "off", 0),
        ("what the browser complained of", "complaints", 0),
    ):
        yield Goal(f"{says}, {PAGE}", "browser", figure, PAGE, at_most=most)


def _nothing_lost() -> Iterator[Goal]:
    for suite, of in (
        ("ingest", PRODUCT),
        ("ingest", "product daphne sqlite"),
        ("ingest", "product uvicorn postgres"),
        ("latency", f"{BUSY}: product"),
        ("latency", f"{CROWDED}: product"),
        ("live", "20,000 live, sqlite"),
        ("boards", "20 boards, 20 never read"),
        ("soak", SOAK),
        ("browser", PAGE),
    ):
        yield Goal(f"last states lost, {suite}: {of}", suite, "lost", of, at_most=0)


SOAK = "60 minutes at 100/s"
PAGE = "2,000 live, 100/s"
GOALS = [
    *_speed(),
    *_latency(),
    *_live_calls(),
    *_history(),
    *_figures(),
    *_reading(),
    *_memory(),
    *_page(),
    *_nothing_lost(),
]
