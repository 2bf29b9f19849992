"""What a delivery costs with 20, 2,000 and 20,000 live calls on the board."""

from dataclasses import replace

from bench.cases import Case, Size, Suite, loaded
from bench.load import Load
from bench.product import Product
from bench.stores import POSTGRES, SQLITE
from bench.suites.common import SHORT, why_not

ACTIVE = 20
LOAD = Load(calls=750, rate=300, boards=50, active=ACTIVE)


def cases(size: Size) -> list[Case]:
    counts = (20, 20_000) if size.short else (20, 2000, 20_000)
    return [case(store, live, size) for store in (SQLITE, POSTGRES) for live in counts]


def case(store: str, live: int, size: Size) -> Case:
    load = replace(LOAD, held=live - ACTIVE)
    if size.short:
        load = replace(SHORT, rate=60, held=live // 100)
    beside = f"20 live, {store}" if live > ACTIVE else ""
    return Case(f"{live:,} live, {store}", loaded(Product(store=store), load), beside, why_not(store))


SUITE = Suite(
    "live",
    "300 deliveries a second, 50 boards, more and more live calls. In brackets: beside 20 live calls. The cost of "
    "making them live is not in it.",
    {
        "cpu_ms": "CPU ms",
        "pg_ms": "PG ms",
        "screen_p50_ms": "screen p50 ms",
        "screen_p99_ms": "p99",
        "post_p99_ms": "POST p99 ms",
        "kb": "kB a board",
        "lost": "lost",
        "end_mb": "MB after",
    },
    cases,
)
