"""The raw limits: a server with nothing behind it, a loop that only commits, sockets that only take frames."""

from functools import partial

from bench.cases import Case, Size, Suite, loaded
from bench.limits.fanning import frames_reached
from bench.limits.groupcommit import commit_in_batches
from bench.load.figures import Figures
from bench.running import running
from bench.stores import POSTGRES, SQLITE
from bench.subjects import Empty, Fanout
from bench.suites.common import why_not
from bench.suites.ingest import EMPTY_LOAD, short_or

BATCHES = (1, 64, 256)


def cases(size: Size) -> list[Case]:
    return [*servers(size), *(case for store in (SQLITE, POSTGRES) for case in commits(store, size)), *frames(size)]


def servers(size: Size) -> list[Case]:
    return [
        Case(f"empty app {server}", loaded(Empty(server), short_or(load, size)), "empty app uvicorn")
        for server, load in EMPTY_LOAD.items()
    ]


def commits(store: str, size: Size) -> list[Case]:
    found = []
    for batch in BATCHES:
        count = 512 if size.short else 20_000 if batch > 1 else 3_000
        take = partial(commit_in_batches, store, batch, count)
        found.append(Case(f"commits of {batch}, {store}", take, f"commits of {BATCHES[0]}, {store}", why_not(store)))
    return found


def frames(size: Size) -> list[Case]:
    boards, seconds = (5, 0.5) if size.short else (100, 3)

    def case(name: str, server: str) -> Case:
        def take() -> Figures:
            with running(Fanout(server), warm=False) as at_work:
                return frames_reached(at_work, boards, seconds)

        return Case(f"{name}, {boards} boards", take, f"one frame to every socket, {boards} boards")

    return [case("one frame to every socket", "raw"), case("frames through uvicorn", "uvicorn")]


SUITE = Suite(
    "limits",
    "What is possible without an application. In brackets: beside the first of its kind.",
    {
        "acked_per_s": "deliveries/s",
        "cpu_ms": "CPU ms",
        "pg_ms": "PG ms",
        "frames_per_s": "frames/s",
        "frame_us": "CPU us a frame",
    },
    cases,
)
