"""Intake and pages with ten thousand, a million and five million stored calls and their deliveries."""

import asyncio
import http.client
import json
import re
import time
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any
from urllib.parse import quote

from picows import WSFrame, WSListener, WSTransport, ws_connect

from bench import stores
from bench.cases import Case, Size, Suite
from bench.fetching import milliseconds, page
from bench.load import Load, measure
from bench.load.figures import Figures
from bench.running import Running, running
from bench.subjects import ROOT
from bench.suites.common import SHORT, aged, why_no_history

TIMES = 7
LOAD = Load(calls=3000, boards=5, active=1000, connections=64)
PAGES = {
    "page_ms": "/",
    "admin_ms": "/admin/calls/call/",
    "filter_ms": "/admin/calls/call/?outcome=missed",
    "number_ms": "/admin/calls/call/?q={number}",
    "ref_ms": "/admin/calls/call/?q={ref}",
    "deliveries_ms": "/admin/calls/delivery/",
    "api_ms": "/api/calls/",
}
PART = re.compile(rb'"part": ?(\d+), ?"parts": ?(\d+)')


def cases(size: Size) -> list[Case]:
    counts = (500, 2000) if size.short else size.histories(10_000, 1_000_000, 5_000_000)
    return [case(store, calls, counts, size) for store in (stores.SQLITE, stores.POSTGRES) for calls in counts]


def case(store: str, calls: int, counts: tuple[int, ...], size: Size) -> Case:
    missing, fewest = why_no_history(store, size), counts[0]
    if not (ROOT / "calls" / "management" / "commands" / "seed.py").exists():
        missing = "there is no `manage.py seed` yet"
    load = replace(SHORT, boards=2) if size.short else LOAD

    def take() -> Figures:
        subject = aged(store, calls, counts, size)
        if store == stores.POSTGRES:
            stores.administer("VACUUM ANALYZE", subject.prepared.database_url)
        with running(subject) as at_work:
            found = pages(at_work) | {"picture_ms": first_picture(at_work), "seed_s": subject.prepared.seed_seconds}
            return found | measure(load, at_work.target, at_work.meters)

    return Case(f"{calls:,} calls, {store}", take, f"{fewest:,} calls, {store}" if calls > fewest else "", missing)


def pages(at_work: Running) -> Figures:
    """Milliseconds for each page, as the administrator gets it."""
    connection = http.client.HTTPConnection("127.0.0.1", at_work.place.port, timeout=120)
    headers = at_work.target.headers(0)
    said = json.loads(page(connection, "/api/calls/?limit=200", headers))
    # The oldest of the newest page: what a search finds should not be the first row of an index.
    call = (said.get("results") or said.get("calls"))[-1]
    words = {"number": quote(call["customer_number"] or ""), "ref": quote(call["ref"])}
    found = {}
    for name, path in PAGES.items():
        page(connection, path.format(**words), headers)
        again = partial(page, connection, path.format(**words), headers)
        found[name] = median(milliseconds(again) for _ in range(TIMES))
    connection.close()
    return found


def first_picture(at_work: Running) -> float:
    """Milliseconds from opening a board to its whole first picture."""
    return median(asyncio.run(_picture(at_work)) for _ in range(TIMES))


async def _picture(at_work: Running) -> float:
    whole = asyncio.get_running_loop().create_future()

    class Board(WSListener):
        def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
            part = PART.search(frame.get_payload_as_bytes()[:500])
            if part and part[1] == part[2] and not whole.done():
                whole.set_result(None)

    began = time.perf_counter()
    socket: Any = (await ws_connect(Board, at_work.target.socket, extra_headers=at_work.target.headers(0)))[0]
    async with asyncio.timeout(60):
        await whole
    passed = time.perf_counter() - began
    socket.disconnect()
    return round(1e3 * passed, 2)


SUITE = Suite(
    "history",
    "The same installation with more and more stored calls and their deliveries. In brackets: beside the fewest. Pages "
    "are whole answers to an administrator, the picture is from opening a board's socket to its last row.",
    {
        "acked_per_s": "acked/s",
        "cpu_ms": "CPU ms",
        "picture_ms": "picture ms",
        "page_ms": "board page ms",
        "admin_ms": "admin list ms",
        "filter_ms": "filtered ms",
        "number_ms": "by number ms",
        "ref_ms": "by id ms",
        "deliveries_ms": "deliveries ms",
        "api_ms": "API list ms",
        "lost": "lost",
        "seed_s": "seeded in s",
    },
    cases,
)
