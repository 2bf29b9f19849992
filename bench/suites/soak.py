"""A long even load: memory stays flat, and no last state is missing at its end."""

from bench.cases import Case, Size, Suite, loaded
from bench.load import Load
from bench.product import Product
from bench.suites.common import SHORT

RATE = 100


def cases(size: Size) -> list[Case]:
    seconds = 60 * size.minutes
    calls = max(SHORT.calls, round(seconds * RATE / 4))
    load = Load(calls=calls, rate=RATE, boards=100, active=200, observers=2, seconds=seconds + 60)
    return [Case(f"{size.minutes:g} minutes at {RATE}/s", loaded(Product(), load))]


SUITE = Suite(
    "soak",
    f"{RATE} deliveries a second to 100 boards (SQLite, uvicorn). Growth: memory in the last tenth beside the third.",
    {
        "before_mb": "MB connected",
        "end_mb": "MB at the end",
        "peak_mb": "MB at most",
        "growth": "growth",
        "screen_p99_ms": "screen p99 ms",
        "post_p99_ms": "POST p99 ms",
        "cpu_ms": "CPU ms",
        "closed": "boards closed",
        "lost": "lost",
    },
    cases,
)
