"""From POST to screen at the rates of an ordinary day, of a busy one, and with many live calls."""

from dataclasses import replace

from bench.cases import Case, Size, Suite, loaded
from bench.load import Load
from bench.product import Product
from bench.stores import POSTGRES, SQLITE
from bench.subjects import FastApi, Node, Tutorial
from bench.suites.common import SHORT, node_is_missing, why_not

QUIET = Load(calls=100, rate=20, boards=100, active=60)
BUSY = Load(calls=600, rate=200, boards=100, active=150)
CROWDED = Load(calls=450, rate=150, boards=50, active=150, held=1850)
SHORT_RATE = 40


def cases(size: Size) -> list[Case]:
    def at(load: Load) -> Load:
        held = 20 if load.held else 0
        return replace(SHORT, rate=SHORT_RATE, calls=20, held=held) if size.short else load

    quiet, busy, crowded = "20/s, 100 boards", "200/s, 100 boards", "150/s, 2,000 live, 50 boards"
    found = [
        Case(f"{quiet}: tutorial", loaded(Tutorial(), at(QUIET)), may_lose=True),
        Case(f"{quiet}: product", loaded(Product(), at(QUIET)), f"{quiet}: tutorial"),
        Case(f"{busy}: fastapi", loaded(FastApi(), at(BUSY))),
        Case(f"{busy}: node", loaded(Node(), at(BUSY)), f"{busy}: fastapi", node_is_missing(size.short)),
        Case(f"{busy}: product", loaded(Product(), at(BUSY)), f"{busy}: fastapi"),
        Case(f"{busy}: product, daphne", loaded(Product("daphne"), at(BUSY)), f"{busy}: fastapi"),
        postgres(f"{busy}: product, PostgreSQL", at(BUSY), f"{busy}: fastapi"),
        Case(f"{crowded}: fastapi", loaded(FastApi(), at(CROWDED))),
        Case(f"{crowded}: product", loaded(Product(), at(CROWDED)), f"{crowded}: fastapi"),
        postgres(f"{crowded}: product, PostgreSQL", at(CROWDED), f"{crowded}: fastapi"),
    ]
    return found if not size.short else [case for case in found if "product" in case.name]


def postgres(name: str, load: Load, beside: str) -> Case:
    return Case(name, loaded(Product(store=POSTGRES), load), beside, why_not(POSTGRES))


SUITE = Suite(
    "latency",
    f"From POST to screen at fixed rates, {SQLITE} and uvicorn where nothing else is said. In brackets: beside the "
    "peer at the same rate. The peers send a frame for each delivery and board, at once; a late delivery's time counts "
    "from when it was due.",
    {
        "screen_p50_ms": "screen p50 ms",
        "screen_p99_ms": "p99",
        "post_p50_ms": "POST p50 ms",
        "post_p99_ms": "p99",
        "frames": "frames a board",
        "starts": "starts over a board",
        "frames_per_s": "frames/s a board",
        "kb": "kB a board",
        "cpu_ms": "CPU ms",
        "pg_ms": "PG ms",
        "frame_us": "CPU us a frame",
        "lost": "lost",
        "acked_per_s": "acked/s",
    },
    cases,
)
