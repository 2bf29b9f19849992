"""How many deliveries a second are acknowledged, durably, while 20 boards follow; and what each costs."""

from dataclasses import replace
from functools import partial

from bench.cases import Case, Size, Suite, loaded
from bench.limits.groupcommit import commit_in_batches
from bench.load import Load
from bench.product import Product
from bench.stores import POSTGRES, SQLITE
from bench.subjects import Empty, FastApi, Node, Tutorial
from bench.suites.common import PEER_LOAD, SHORT, TUTORIAL_LOAD, node_is_missing, why_not

UVICORN, DAPHNE = "uvicorn", "daphne"
# The peers gain nothing from more connections than theirs.
PRODUCT_LOAD = {
    UVICORN: Load(calls=7500, boards=20, active=1000, connections=128),
    DAPHNE: Load(calls=1500, boards=20, active=500, connections=32),
}
EMPTY_LOAD = {UVICORN: Load(calls=5000, connections=128), DAPHNE: Load(calls=500, connections=32)}
LARGEST_BATCH = 256
PEERS = ("fastapi", "node")


def cases(size: Size) -> list[Case]:
    found = [*on(SQLITE, size), *on(POSTGRES, size), *(empty(server, size) for server in EMPTY_LOAD)]
    if not size.short:
        return found
    # The short form of `limits` takes the others.
    paths = ("product", "tutorial uvicorn", *PEERS)
    return [case for case in found if case.name.startswith(paths) and not case.name.endswith("full")]


def empty(server: str, size: Size) -> Case:
    take = loaded(Empty(server), short_or(EMPTY_LOAD[server], size))
    return Case(f"empty app {server}", take, f"tutorial {server} {SQLITE}")


def on(store: str, size: Size) -> list[Case]:
    missing = why_not(store)
    beside = f"tutorial {UVICORN} {store}"
    node = missing or node_is_missing(size.short)
    found = []
    for server in (UVICORN, DAPHNE):
        name = f"{server} {store}"
        tutorial = loaded(Tutorial(server, store), short_or(TUTORIAL_LOAD, size))
        product = short_or(PRODUCT_LOAD[server], size)
        form = replace(product, format="form")
        found += [
            Case(f"tutorial {name}", tutorial, why_not=missing, may_lose=True),
            Case(f"product {name}", loaded(Product(server, store), product), f"tutorial {name}", missing),
            Case(f"product {name}, forms", loaded(Product(server, store), form), f"tutorial {name}", missing),
        ]
    peer = short_or(PEER_LOAD, size)
    durable = []
    if store == SQLITE:
        durable = [
            Case(f"fastapi {store}, full", loaded(FastApi(store=store, synchronous="full"), peer), beside, missing),
            Case(f"node {store}, full", loaded(Node(store=store, synchronous="full"), peer), beside, node),
        ]
    commits = partial(commit_in_batches, store, LARGEST_BATCH, 512 if size.short else 20_000)
    return [
        *found,
        Case(f"fastapi {store}", loaded(FastApi(store=store), peer), beside, missing),
        Case(f"node {store}", loaded(Node(store=store), peer), beside, node),
        *durable,
        Case(f"raw commits {store}", commits, beside, missing),
    ]


def short_or(load: Load, size: Size) -> Load:
    return replace(SHORT, boards=min(SHORT.boards, load.boards)) if size.short else load


SUITE = Suite(
    "ingest",
    "Acknowledged deliveries, as fast as they go, 20 boards connected. In brackets: beside the tutorial peer on the "
    "same server and store. Raw limits: the server with an empty application, and commits of 256 from a bare loop. "
    "A board that cannot be sent all that changes starts over with a snapshot.",
    {
        "acked_per_s": "acked/s",
        "cpu_ms": "CPU ms",
        "pg_ms": "PG ms",
        "post_p50_ms": "POST p50 ms",
        "post_p99_ms": "p99",
        "screen_p50_ms": "screen p50 ms",
        "screen_p99_ms": "p99",
        "frames": "frames a board",
        "starts": "starts over a board",
        "lost": "lost",
        "rest_mb": "MB at rest",
        "end_mb": "MB after",
    },
    cases,
)
