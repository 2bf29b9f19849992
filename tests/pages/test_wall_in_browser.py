"""A screen on a wall, in real Chromium: an hour of it, through restarts and a line that falls silent, in a minute.

The page's clock is turned, step by step. What the server says is passed on with the moment of that clock.
"""

import asyncio
import itertools
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from playwright.async_api import Error, expect

from tests.pages.test_board_in_browser import browser, chromium, site  # noqa: F401
from tests.support.provider import india
from tests.support.running import manage
from tests.support.silent_line import silent_line

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(300)),
    pytest.mark.asyncio(loop_scope="module"),
]

BEGIN = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
STEP_MS = 2_000
MORE_AT_MOST = {"nodes": 20, "listeners": 0, "bytes": 300_000}
HOUR_OF_STEPS = 3_600_000 // STEP_MS
# Timers of the browser itself are not turned; and there is no screen that a browser without one could keep on.
OWN_TIMERS = """
  AbortSignal.timeout = (ms) => {
    const aborting = new AbortController();
    setTimeout(() => aborting.abort(), ms);
    return aborting.signal;
  };
  window.locks = [];
  let hidden = false;
  Object.defineProperty(document, "hidden", { get: () => hidden });
  window.hide = (now) => {
    hidden = now;
    if (hidden) for (const lock of window.locks) lock.released = true;
    document.dispatchEvent(new Event("visibilitychange"));
  };
  const request = async (kind) => window.locks[window.locks.push({ kind, released: false }) - 1];
  Object.defineProperty(navigator, "wakeLock", { value: { request } });
"""


class Screen:
    """The page of a screen whose clock only moves when it is told to; `answered` is set with each end of a request."""

    def __init__(self, page):
        self.page, self.passed_ms, self.version, self.asked = page, 0, None, 0
        self.ended = asyncio.Event()
        for end in ("requestfinished", "requestfailed"):
            page.on(end, lambda request: request.url.endswith("/figures/") and self.ended.set())

    @property
    def now(self):
        return BEGIN + timedelta(milliseconds=self.passed_ms)

    async def open(self, address):
        await self.page.clock.install(time=BEGIN - timedelta(minutes=1))
        await self.page.clock.pause_at(BEGIN)
        await self.page.add_init_script(OWN_TIMERS)
        await self.page.route("**/wall/**", self.pass_on)
        await self.page.goto(address)
        await expect(self.page.locator("[data-say=clock]")).not_to_be_empty()

    async def pass_on(self, route):
        """What the server says, as if its clock were the page's."""
        self.asked += 1
        try:
            answer = await route.fetch()
            told = self.retold(await answer.text())
            await route.fulfill(response=answer, body=told)
        except Error:
            await self.give_up(route)

    async def give_up(self, route):
        with suppress(Error):  # The page had given up before.
            await route.abort()

    def retold(self, text):
        moment = self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        text = re.sub(r'"now": ?"[^"]*"', f'"now": "{moment}"', text)
        return re.sub(r'"page": ?"[^"]*"', f'"page": "{self.version}"', text) if self.version else text

    async def step(self, answered=True):
        """Let 2 s pass, and wait for the end of the request that the page makes then."""
        self.ended.clear()
        self.passed_ms += STEP_MS
        await self.page.clock.run_for(STEP_MS)
        if answered:
            async with asyncio.timeout(20):
                await self.ended.wait()

    async def shows(self):
        return await self.page.evaluate(
            """() => ({
                truth: document.querySelector("#wall").dataset.truth,
                clock: document.querySelector('[data-say="clock"]').textContent,
                waiting: document.querySelector('[data-say="waiting"]').textContent,
                longest: document.querySelector('[data-say="longest"]').textContent,
                dead: document.querySelector('[data-say="dead"]').textContent,
                place: document.querySelector("#wall").style.translate,
                nodes: document.querySelectorAll("*").length,
                locks: window.locks.length,
            })"""
        )

    async def steps(self, count, answered=True):
        for _ in range(count):
            await self.step(answered)
        return await self.shows()

    async def memory(self):
        """Nodes and bytes that the page holds when what nobody needs is gone."""
        devtools = await self.page.context.new_cdp_session(self.page)
        await devtools.send("HeapProfiler.enable")
        await devtools.send("HeapProfiler.collectGarbage")
        await devtools.send("Performance.enable")
        said = (await devtools.send("Performance.getMetrics"))["metrics"]
        await devtools.detach()
        found = {each["name"]: each["value"] for each in said}
        return found["Nodes"], found["JSEventListeners"], found["JSHeapUsedSize"]


def clock_of(moment):
    return (moment + timedelta(hours=5, minutes=30)).strftime("%H:%M:%S")


@pytest.fixture(scope="module")
def address(site):  # noqa: F811
    make = "from calls.models import Kiosk; print(Kiosk.objects.create(name='Hall', all_groups=True).new_token())"
    said = manage("shell", "-v", "0", "-c", make, CALLBOARD_DATA_DIR=str(site.folder)).stdout
    return f"/wall/{said.split()[-1]}/"


@pytest_asyncio.fixture(loop_scope="module")
async def screen(site, browser, address):  # noqa: F811
    with silent_line("127.0.0.1", site.server.port) as line:
        context = await browser.new_context(
            base_url=f"http://127.0.0.1:{line.port}", viewport={"width": 1920, "height": 1080}
        )
        screen = Screen(await context.new_page())
        screen.line = line
        await screen.open(address)
        yield screen
        line.speak_again()
        await screen.page.unroute_all(behavior="ignoreErrors")


async def test_an_hour_through_restarts_and_a_silent_line(site, screen):  # noqa: F811
    shown = await screen.steps(5)
    assert (shown["truth"], shown["clock"], shown["waiting"]) == ("live", clock_of(screen.now), "0")
    await asyncio.to_thread(site.says, "wall.1", StartTime=india(datetime.now(UTC)))
    before, nodes, places, waiting = None, shown["nodes"], set(), set()

    for at in itertools.count():
        if at == 60:
            before = await screen.memory()
        if at in (80, 260):
            await restart(site, screen)
        elif at in (140, 200):
            await fall_silent(screen)
        elif screen.passed_ms >= HOUR_OF_STEPS * STEP_MS:
            break
        else:
            shown = await screen.steps(5)
            assert (shown["truth"], shown["clock"], shown["nodes"]) == ("live", clock_of(screen.now), nodes)
            places.add(shown["place"])
            waiting.add(shown["waiting"])

    # On a slow machine the server, whose clock is not turned, has lost track of the call before the hour is over.
    assert "1" in waiting
    assert len(places) == 9, "in each minute the picture stands a few px aside"
    after = await screen.memory()
    for name, (then, now) in zip(("nodes", "listeners", "bytes"), zip(before, after, strict=True), strict=True):
        assert now <= then + MORE_AT_MOST[name], f"{name} after ten minutes and after an hour"
    assert screen.asked < HOUR_OF_STEPS + 10


async def restart(site, screen):  # noqa: F811
    """Killed, the screen says so after 10 s; the first answer of the next server makes it live again."""
    await asyncio.to_thread(site.kill)
    last = screen.now
    shown = await screen.steps(4)
    assert shown["truth"] == "live", "for some seconds nobody is alarmed"
    shown = await screen.steps(2)
    await says_not_live(screen, shown, last)
    await asyncio.to_thread(site.start_again)
    shown = await screen.steps(1)
    assert (shown["truth"], shown["clock"]) == ("live", clock_of(screen.now))


async def fall_silent(screen):
    """The line stays open and nothing comes: the page gives up each request after 8 s, and asks again."""
    screen.line.fall_silent()
    last = screen.now
    shown = await screen.steps(30, answered=False)
    await says_not_live(screen, shown, last)
    screen.line.speak_again()
    for _ in range(6):
        shown = await screen.steps(1, answered=False)
        await asyncio.sleep(0.2)
    await expect(screen.page.locator("#wall")).to_have_attribute("data-truth", "live")
    # From here on the steps are again those of the page's questions.
    screen.ended.clear()
    await screen.step()


async def says_not_live(screen, shown, last):
    assert shown["truth"] == "dead"
    assert clock_of(last) in shown["dead"]
    assert shown["clock"] == clock_of(screen.now), "the clock goes on"
    await expect(screen.page.get_by_text("NOT LIVE")).to_be_visible()


async def test_the_screen_is_kept_on_and_again_after_it_was_hidden_or_let_go(screen):
    assert await screen.page.evaluate("window.locks.map((lock) => lock.kind)") == ["screen"]
    assert (await screen.steps(40))["locks"] == 1, "one is enough while it is held"

    await screen.page.evaluate("window.hide(true)")
    assert (await screen.steps(40))["locks"] == 1, "a hidden page may not ask"
    await screen.page.evaluate("window.hide(false)")
    assert (await screen.shows())["locks"] == 2

    await screen.page.evaluate("window.locks[1].released = true")
    assert (await screen.steps(31))["locks"] == 3, "the system let go of it: asked again within a minute"


async def test_a_new_version_of_the_page_is_loaded_and_not_again_and_again(screen):
    loads = []
    screen.page.on("load", lambda _: loads.append(screen.now))
    screen.version = "another"
    for _ in range(35):
        await screen.step(answered=False)
        await asyncio.sleep(0.03)
    await expect(screen.page.locator("#wall")).to_have_attribute("data-truth", "live")

    assert 1 <= len(loads) <= 2, "once a minute at most"


async def test_a_revoked_screen_says_so_and_shows_no_figure(site, screen):  # noqa: F811
    await screen.steps(2)
    revoke = "from calls.models import Kiosk; Kiosk.objects.get().revoke()"
    await asyncio.to_thread(manage, "shell", "-v", "0", "-c", revoke, CALLBOARD_DATA_DIR=str(site.folder))
    shown = await screen.steps(2)

    await expect(screen.page.get_by_text("This screen was switched off")).to_be_visible()
    assert (shown["waiting"], shown["longest"]) == ("–", "–")
