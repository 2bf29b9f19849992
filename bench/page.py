"""The board's page in real Chromium, and what the browser's own counters say of it (CDP, `Performance.getMetrics`)."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from bench.load.figures import Figures
from bench.load.measure import growth

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZE = {"width": 1440, "height": 900}
PATIENCE = 60
"""Seconds for the page to be whole, and to come to rest at the end."""
COUNTING = """
// Data is painted in frames that the page asks for (painter.js); the timers that tick each second ask for none.
window.bench = { paints: 0, messages: 0 };
const frame = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (deed) => frame((at) => { window.bench.paints += 1; deed(at); });
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", () => { window.bench.messages += 1; });
  }
};
"""
SHOWN = """() => ({
  text: document.querySelector("#live-count").textContent,
  ids: [...document.querySelectorAll("#live .row")].map((row) => row.callId),
  rows: document.querySelectorAll(".row").length,
  ...window.bench,
})"""


@cache
def why_no_page() -> str:
    if find_spec("playwright") is None:
        return "Playwright is not installed (python3 run.py prepare test)"
    return "" if chromium() else "there is no Chromium (TEST_CHROMIUM)"


def chromium() -> str | None:
    return os.environ.get("TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass(frozen=True)
class Watch:
    """Which page to watch, as whom, and how: `every` so many seconds, its memory each `sweep` seconds."""

    url: str
    cookie: str
    every: float = 10
    sweep: float = 60
    pictures: str = ""
    """A folder for screenshots of the start and the end."""


class Reading(NamedTuple):
    """The counters at a moment. Seconds are those of the main thread since the page began: `busy` on the clock,
    `cpu` on the processor, of which other programs take nothing."""

    at: float
    busy: float
    cpu: float
    script: float
    layout: float
    paints: int
    messages: int
    rows: int


class Swept(NamedTuple):
    """What was in the page after its garbage was collected."""

    heap_mb: float
    nodes: int
    listeners: int


@dataclass
class Seen:
    """What became of the page: stretches between two readings, sweeps, and the truth at the end."""

    stretches: list[tuple[Reading, Reading]]
    sweeps: list[Swept]
    off: int
    """Live calls that it showed too many or too few of, and rows of calls that were no longer live."""
    complaints: list[str]


def watch(asked: Watch, pipe: Any) -> None:
    """The process: says "ready" when the page is whole, and, when it is told that the load is over, what it saw."""
    with opened(asked) as page:
        page.picture("start")
        pipe.send("ready")
        stretches, sweeps, swept = [], [page.swept()], time.monotonic()
        before = page.reading()
        over = False
        while not over:
            over = pipe.poll(asked.every)
            after = page.reading()
            stretches.append((before, after))
            if over or time.monotonic() - swept > asked.sweep - asked.every / 2:
                sweeps.append(page.swept())
                swept = time.monotonic()
                after = page.reading()  # collecting garbage for us is no work of the page's
            before = after
        off = page.at_rest()
        page.picture("end")
        pipe.send(Seen(stretches, sweeps, off, page.complaints))


class Page:
    """An open board."""

    def __init__(self, page: Any, asked: Watch) -> None:
        self.page, self.asked = page, asked
        self.complaints: list[str] = []
        page.on("console", lambda said: said.type == "error" and self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("Performance.enable")
        self.cdp.send("HeapProfiler.enable")

    def open(self) -> None:
        self.page.goto(self.asked.url)
        self.page.wait_for_selector('#board[data-truth="live"]', timeout=1e3 * PATIENCE)
        if off := self.at_rest():
            raise RuntimeError(f"The page never showed what is live: {off} calls are wrong.")

    def reading(self) -> Reading:
        shown = self.page.evaluate(SHOWN)
        found = self.metrics()
        layout = found["LayoutDuration"] + found["RecalcStyleDuration"]
        seconds = (found["TaskDuration"], found["ThreadTime"], found["ScriptDuration"], layout)
        return Reading(found["Timestamp"], *seconds, shown["paints"], shown["messages"], shown["rows"])

    def swept(self) -> Swept:
        """The least of three collections: what arrives between collecting and reading is not kept."""
        found = []
        for _ in range(3):
            self.cdp.send("HeapProfiler.collectGarbage")
            metrics = self.metrics()
            found.append(
                Swept(metrics["JSHeapUsedSize"] / 1e6, int(metrics["Nodes"]), int(metrics["JSEventListeners"]))
            )
        return min(found)

    def metrics(self) -> dict[str, float]:
        return {each["name"]: each["value"] for each in self.cdp.send("Performance.getMetrics")["metrics"]}

    def at_rest(self) -> int:
        """How many calls are wrong on the page, once it has had the time to follow."""
        deadline = time.monotonic() + PATIENCE
        while (off := self.off()) and time.monotonic() < deadline:
            time.sleep(0.5)
        return off

    def off(self) -> int:
        shown = self.page.evaluate(SHOWN)
        live = self.live()
        digits = "".join(filter(str.isdigit, shown["text"]))
        return abs(int(digits or 0) - len(live)) + len(set(shown["ids"]) - live)

    def live(self) -> set[int]:
        """The ids of the live calls, by the programming interface."""
        found: set[int] = set()
        asked: dict[str, Any] = {"state": "live", "limit": 200}
        while True:
            answer = self.page.request.get(f"{self.asked.url}/api/calls/", params=asked).json()
            found |= {call["id"] for call in answer["calls"]}
            if answer["next"] is None:
                return found
            asked["cursor"] = answer["next"]

    def picture(self, name: str) -> None:
        if self.asked.pictures:
            self.page.screenshot(path=Path(self.asked.pictures) / f"board-{name}.png")


@contextmanager
def opened(asked: Watch) -> Iterator[Page]:
    """The board in a Chromium of its own, whole."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = browser.new_context(viewport=SIZE)
        name, value = asked.cookie.split("=", 1)
        context.add_cookies([{"name": name, "value": value, "url": asked.url}])
        context.add_init_script(COUNTING)
        page = Page(context.new_page(), asked)
        page.open()
        yield page
        browser.close()


# Figures


def figures_of(seen: Seen, settle: float, every: float) -> Figures:
    """Shares of the main thread in percent, after the page's first `settle` seconds."""
    began = seen.stretches[0][0].at
    settled = [each for each in seen.stretches if each[0].at >= began + settle] or seen.stretches
    minutes = [settled[at : at + max(1, round(60 / every))] for at in range(len(settled))]
    whole = [each for each in minutes if len(each) == len(minutes[0])]
    heaps = [each.heap_mb for each in seen.sweeps]
    return {
        "busy": share(settled, "busy"),
        "busy_worst": max(share(each, "busy") for each in whole),
        "cpu": share(settled, "cpu"),
        "cpu_worst": max(share(each, "cpu") for each in whole),
        "script": share(settled, "script"),
        "layout": share(settled, "layout"),
        "paints_per_s": round(total(settled, "paints") / total(settled, "at"), 3),
        "most_paints_per_s": max(round(total(each, "paints") / total(each, "at"), 3) for each in whole),
        "messages": seen.stretches[-1][1].messages,
        "rows": max(after.rows for _, after in seen.stretches),
        "heap_mb": round(heaps[-1], 2),
        "heap_most_mb": round(max(heaps), 2),
        "heap_growth": growth(heaps),
        "nodes": seen.sweeps[-1].nodes,
        "nodes_growth": growth([each.nodes for each in seen.sweeps]),
        "listeners": seen.sweeps[-1].listeners,
        "watched_minutes": round((seen.stretches[-1][1].at - began) / 60, 1),
        "off": seen.off,
        "complaints": len(seen.complaints),
    }


Stretches = list[tuple[Reading, Reading]]


def total(stretches: Stretches, name: str) -> float:
    return sum(getattr(after, name) - getattr(before, name) for before, after in stretches)


def share(stretches: Stretches, name: str) -> float:
    return round(100 * total(stretches, name) / total(stretches, "at"), 2)
