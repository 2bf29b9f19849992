"""The board's page beside 2,000 live calls: its main thread, its paints and its memory, by Chromium's own counters."""

import multiprocessing
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import uvloop

from bench import page
from bench.cases import Case, Size, Suite
from bench.load import Load, LoadFailed, Target, measure
from bench.load.figures import OK, Figures
from bench.load.posting import Poster, now
from bench.load.words import RUN_DIGITS
from bench.product import Product
from bench.running import running
from bench.suites.common import SHORT

HELD, RATE = 2000, 100
TALKING = 2
"""The stage of a held call: a talking one is not lost track of for two hours, a ringing one is after minutes."""
FURTHER = 1_000_000
"""Held calls are numbered from here on, so that none has a customer in common with the load's."""
SETTLE = 60
"""Seconds that are not counted: the page loads, its code is compiled."""


def cases(size: Size) -> list[Case]:
    seconds = 4 if size.short else 60 * size.minutes
    held = SHORT.calls if size.short else HELD
    calls = max(1, round(seconds * RATE / 4))
    load = Load(calls=calls, rate=RATE, boards=1, observers=1, active=12 if size.short else 200, seconds=seconds + 60)
    asked = page.Watch("", "", pictures=os.environ.get("BENCH_PICTURES", ""))
    if size.short:
        asked = replace(asked, every=0.5, sweep=1)
    return [Case(PAGE, watched(held, load, asked, 0 if size.short else SETTLE), why_not=page.why_no_page())]


def watched(held: int, load: Load, asked: page.Watch, settle: float) -> Callable[[], Figures]:
    """The figures of a page that somebody who sees all calls looks at, while the load lasts."""

    def take() -> Figures:
        with running(Product()) as at_work:
            target = at_work.target
            uvloop.run(hold(target, held))
            here = replace(asked, url=f"http://{urlsplit(target.webhook).netloc}", cookie=target.cookies[-1])
            with beside(here) as told:
                found = measure(load, target, at_work.meters)
                seen = told()
        found |= page.figures_of(seen, settle, asked.every)
        return found | {"lost": found["lost"] + seen.off}

    return take


@contextmanager
def beside(asked: page.Watch) -> Iterator[Callable[[], page.Seen]]:
    """A page in a process of its own, whole. Called, it says what it saw: the load is over."""
    context = multiprocessing.get_context("spawn")
    pipe, theirs = context.Pipe()
    process = context.Process(target=page.watch, args=(asked, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        heard(pipe)

        def told() -> page.Seen:
            pipe.send("over")
            return heard(pipe)

        yield told
    finally:
        process.join(10)
        process.terminate()


def heard(pipe: Any) -> Any:
    if not pipe.poll(3 * page.PATIENCE):
        raise LoadFailed("The page did not answer.")
    try:
        return pipe.recv()
    except EOFError:
        raise LoadFailed("The page's process ended by itself.") from None


async def hold(target: Target, calls: int) -> None:
    """Make so many calls live that stay so. Raises LoadFailed when one is refused."""
    poster = Poster(Load(retries=20), target, secrets.token_hex(RUN_DIGITS // 2))
    poster.connections = [await poster.connect() for _ in range(poster.load.connections)]
    await poster.drive([(call, TALKING) for call in range(FURTHER, FURTHER + calls)], 0, now() + page.PATIENCE)
    for connection in poster.connections:
        connection.transport.close()
    if len(poster.sent) != 5 * calls or any(status != OK for status in poster.sent[4::5]):
        raise LoadFailed("The held calls were not taken.")


PAGE = f"{HELD:,} live, {RATE}/s"
SUITE = Suite(
    "browser",
    f"The board in Chromium at 1440x900, {HELD:,} calls held live and {RATE} deliveries a second on top (SQLite, "
    "uvicorn). Main thread in % of the time, from the second minute on. Growth: after garbage collection, the last "
    "tenth beside the third.",
    {
        "busy": "busy %",
        "busy_worst": "worst minute",
        "cpu": "of which CPU %",
        "script": "script %",
        "layout": "style and layout %",
        "paints_per_s": "paints/s",
        "most_paints_per_s": "most in a minute",
        "rows": "rows in the page",
        "heap_mb": "JS heap MB",
        "heap_growth": "heap growth",
        "nodes": "nodes",
        "nodes_growth": "nodes growth",
        "listeners": "listeners",
        "messages": "messages",
        "watched_minutes": "minutes",
        "off": "calls wrong at the end",
        "complaints": "complaints",
        "lost": "lost",
    },
    cases,
)
