"""What a connected board costs in memory, and one that never reads."""

from dataclasses import replace

from bench.cases import Case, Size, Suite, loaded
from bench.load import Load
from bench.product import Product
from bench.suites.common import SHORT

LOAD = Load(calls=250, rate=100, active=60, observers=2)
NEVER_READING = 20


def cases(size: Size) -> list[Case]:
    counts = (2, 6) if size.short else (50, 250, 500)
    found = [case(f"{count} boards", size, boards=count) for count in counts]
    few = 2 if size.short else 20
    # Long enough for the kernel's buffers to fill and for the server to lose patience.
    long = {} if size.short else {"calls": 1500, "rate": 300}
    return [
        *found,
        case(f"{few} boards, and a load", size, boards=few, **long),
        case(f"{few} boards, {NEVER_READING} never read", size, boards=few, never_reading=NEVER_READING, **long),
    ]


def case(name: str, size: Size, **changes: int) -> Case:
    load = replace(SHORT, rate=60, **changes) if size.short else replace(LOAD, **changes)
    return Case(name, loaded(Product(), load))


SUITE = Suite(
    "boards",
    "The server's memory with more and more boards (SQLite, uvicorn), and with boards that connect and never read. "
    "What one costs is the difference between two lines, divided by the boards.",
    {
        "rest_mb": "MB at rest",
        "before_mb": "MB connected",
        "end_mb": "MB after the load",
        "peak_mb": "MB at most",
        "screen_p99_ms": "screen p99 ms",
        "cpu_ms": "CPU ms",
        "frame_us": "CPU us a frame",
        "lost": "lost",
    },
    cases,
)
