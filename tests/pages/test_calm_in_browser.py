"""Nothing moves under a hand, in real Chromium: pointer, keys, finger, scrolled lists and the frozen board."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import async_playwright, expect

from tests.pages.test_board_in_browser import FLAGS, PATIENCE, browser, chromium, row, signed_in, site  # noqa: F401
from tests.support.provider import india

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]

WIDE = {"width": 1440, "height": 900}
ENDING = 20
UNDER = """([x, y]) => {
    const row = document.elementFromPoint(x, y).closest(".row, tr");
    return row && [row.callId ?? row.dataset.group, row.getBoundingClientRect().top];
}"""


def begin(site, name, calls=ENDING, **fields):  # noqa: F811
    """So many calls that go on; the first of them is the longest."""

    def one(at):
        began = india(datetime.now(UTC) - timedelta(seconds=60 + calls - at))
        site.says(f"{name}.{at}", StartTime=began, SourceNumber=f"90001{at:05}", **fields)

    at_once(one, calls)


def end(site, name, calls=ENDING, **fields):  # noqa: F811
    at_once(lambda at: site.reports(f"{name}.{at}", SourceNumber=f"90001{at:05}", **fields), calls)


def at_once(deed, calls):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(deed, range(calls)))


async def middle_of(locator):
    box = await locator.bounding_box()
    return [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]


@pytest.mark.parametrize("which", ["live", "completed"])
async def test_the_row_under_the_pointer_stays_while_twenty_calls_end(site, browser, which):  # noqa: F811
    await asyncio.to_thread(begin, site, f"ends.{which}")
    await asyncio.to_thread(begin, site, f"before.{which}", 8)
    await asyncio.to_thread(end, site, f"before.{which}", 8)
    page = await signed_in(browser, site, viewport=WIDE)
    rows = page.locator(f"#{which} .rows > .row")
    await expect(rows.nth(6)).to_be_visible(timeout=PATIENCE)
    point = await middle_of(rows.nth(4))
    await page.mouse.move(*point)
    before = await page.evaluate(UNDER, point)
    await asyncio.to_thread(end, site, f"ends.{which}")
    waits = "20 moves pending" if which == "live" else "20 more ended"
    pill = page.locator("#moves" if which == "live" else "#more")
    await expect(pill).to_have_text(waits, timeout=PATIENCE)
    assert await page.evaluate(UNDER, point) == before
    await pill.click()
    await expect(pill).to_be_hidden()
    assert await page.evaluate(UNDER, point) != before


IN_PAGE_AND_IN_VIEW = """() => {
    const list = document.querySelector("#live");
    const rows = [...list.querySelectorAll(".rows > .row")];
    const { top, bottom } = list.getBoundingClientRect();
    const seen = rows.map((row) => row.getBoundingClientRect()).filter((box) => box.bottom > top && box.top < bottom);
    return [rows.length, seen.length, Math.min(...seen.map((box) => box.top)) - top];
}"""


async def test_the_page_holds_the_rows_in_view_and_few_more(site, browser):  # noqa: F811
    await asyncio.to_thread(begin, site, "in.view", 40)
    page = await signed_in(browser, site, viewport=WIDE)
    await expect(page.locator("#live .rows > .row").nth(12)).to_be_visible(timeout=PATIENCE)
    for top, more in ((0, 6), (20 * 44, 10), (10**6, 6)):
        await page.evaluate(f"document.querySelector('#live').scrollTop = {top}")
        await page.wait_for_timeout(300)
        held, seen, gap = await page.evaluate(IN_PAGE_AND_IN_VIEW)
        assert gap <= 34 and seen >= 13, "no hole"
        assert held - seen <= more
    await asyncio.to_thread(end, site, "in.view", 40)


async def test_the_group_under_the_pointer_stays_while_its_calls_end(site, browser):  # noqa: F811
    for at, group in enumerate(("Calm A", "Calm B", "Calm C")):
        began = india(datetime.now(UTC) - timedelta(seconds=170 - at))
        await asyncio.to_thread(begin, site, group, 3, call_group=group)
        await asyncio.to_thread(site.says, f"{group}.wait", call_group=group, StartTime=began)
    page = await signed_in(browser, site, viewport=WIDE)
    await page.locator("[data-show=groups]").click()
    shown = page.locator("#groups tr[data-group]")
    await expect(shown.first).to_have_attribute("data-group", "Calm A", timeout=PATIENCE)
    point = await middle_of(shown.first)
    await page.mouse.move(*point)
    before = await page.evaluate(UNDER, point)
    await asyncio.to_thread(end, site, "Calm A", 3, call_group="Calm A")
    await asyncio.to_thread(site.reports, "Calm A.wait", call_group="Calm A")
    await expect(shown.first.locator("td:not(.day)").last).to_have_text("0", timeout=PATIENCE)
    assert await page.evaluate(UNDER, point) == before
    await page.mouse.move(5, 5)
    await expect(shown.first).to_have_attribute("data-group", "Calm B")
    await expect(page.locator("#groups tr.is-quiet[data-group='Calm A']")).to_be_visible()


async def test_a_list_walked_by_the_keys_holds_still_and_tells_who_waits(site, browser):  # noqa: F811
    await asyncio.to_thread(begin, site, "keys", 3, call_group="Keys", Status="Picked")
    page = await signed_in(browser, site, viewport=WIDE)
    await page.goto("/?group=Keys")
    # The rows are there before the scripts that listen to keys.
    await expect(page.locator("#line")).to_have_attribute("data-truth", "live", timeout=PATIENCE)
    rows = page.locator("#live .rows > .row")
    await expect(rows).to_have_count(3, timeout=PATIENCE)
    await page.keyboard.press("j")
    await expect(page.locator("#live")).to_have_attribute("aria-activedescendant", re.compile("live-"))
    ids = "[...document.querySelectorAll('#live .rows > .row')].map((row) => row.callId)"
    before = await page.evaluate(ids)
    await asyncio.to_thread(site.says, "keys.new", call_group="Keys", SourceNumber="9000000654")
    band = page.locator("#newcomers")
    await expect(band).to_contain_text("1 new caller waiting", timeout=PATIENCE)
    assert "654" in await band.inner_text() and await page.locator("#line").is_visible()
    assert (await page.evaluate(ids))[:3] == before
    heads = await page.locator("#live .heads").bounding_box()
    assert (await band.bounding_box())["height"] <= heads["height"], "it covers the heads, and no row"
    await band.get_by_role("button", name="1 new caller waiting").click()
    await expect(band).to_be_hidden()
    await expect(rows.first).to_contain_text("00654")


async def test_a_finger_holds_the_list_and_a_scrolled_one_keeps_its_place(site, browser):  # noqa: F811
    phone = {"viewport": {"width": 390, "height": 700}, "is_mobile": True, "has_touch": True}
    await asyncio.to_thread(begin, site, "finger", 14)
    page = await signed_in(browser, site, **phone)
    first = page.locator("#live .rows > .row").first
    await expect(first).to_be_visible(timeout=PATIENCE)
    point = await middle_of(first)
    before = await page.evaluate(UNDER, point)
    touch = await page.context.new_cdp_session(page)
    await touch.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": point[0], "y": point[1]}]}
    )
    await asyncio.to_thread(end, site, "finger", 14)
    await expect(page.locator("#moves")).to_have_text("14 moves pending", timeout=PATIENCE)
    assert await page.evaluate(UNDER, point) == before
    await touch.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
    await page.locator("[data-tab=completed]").tap()
    await page.locator("#completed").evaluate("(list) => { list.scrollTop = 300; }")
    point = [200, 500]
    await asyncio.sleep(0.1)
    before = await page.evaluate(UNDER, point)
    await asyncio.to_thread(begin, site, "scrolled", 5)
    await asyncio.to_thread(end, site, "scrolled", 5)
    await expect(page.locator("#more")).to_have_text("5 more ended", timeout=PATIENCE)
    assert await page.evaluate(UNDER, point) == before
    await page.locator("#more").tap()
    assert await page.locator("#completed").evaluate("(list) => list.scrollTop") == 0


async def test_a_frozen_board_says_so_and_holds_all_lists(site, browser):  # noqa: F811
    await asyncio.to_thread(begin, site, "thawed", 1)
    await asyncio.to_thread(end, site, "thawed", 1)
    page = await signed_in(browser, site, viewport=WIDE)
    await page.mouse.move(5, 5)
    await page.keyboard.press("Space")
    freeze = page.locator("#freeze")
    await expect(freeze).to_contain_text("Frozen 0:0")
    completed = page.locator("#completed .rows > .row").first
    await expect(completed).to_be_visible(timeout=PATIENCE)
    before = await completed.get_attribute("id")
    await asyncio.to_thread(begin, site, "frozen", 1)
    await asyncio.to_thread(end, site, "frozen", 1)
    await expect(page.locator("#more")).to_have_text("1 more ended", timeout=PATIENCE)
    assert await completed.get_attribute("id") == before
    await freeze.click()
    await expect(freeze).to_have_text("Freeze")
    await expect(page.locator("#more")).to_be_hidden()


TINTS = """() => {
    window.tinted = [];
    const animate = Element.prototype.animate;
    Element.prototype.animate = function (frames, how) {
        if (frames[0].backgroundColor) window.tinted.push([this.closest(".list")?.id, this.textContent]);
        return animate.call(this, frames, how);
    };
}"""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
async def test_a_row_that_arrives_among_the_completed_is_tinted_once(site, browser, motion):  # noqa: F811
    page = await signed_in(browser, site, viewport=WIDE, reduced_motion=motion)
    await page.mouse.move(5, 5)
    await page.evaluate(TINTS)
    number = f"90000{74000 + len(motion)}"
    await asyncio.to_thread(site.says, f"tint.{motion}", SourceNumber=number)
    await asyncio.to_thread(site.reports, f"tint.{motion}", SourceNumber=number)
    await expect(row(page, "completed", number[5:]).first).to_be_visible(timeout=PATIENCE)
    await page.wait_for_timeout(300)  # a second tint would have come with the next painting
    arrived = [text for which, text in await page.evaluate("window.tinted") if which == "completed"]
    assert [number[5:] in text for text in arrived] == ([True] if motion == "no-preference" else [])


async def test_a_desktop_with_scrollbars_shows_none_but_those_of_the_lists(site, chromium_path):  # noqa: F811
    await asyncio.to_thread(begin, site, "bars", 30)
    async with async_playwright() as playwright:
        shown = await playwright.chromium.launch(
            executable_path=chromium_path, args=FLAGS, ignore_default_args=["--hide-scrollbars"]
        )
        page = await signed_in(shown, site, viewport=WIDE)
        page_bars = (
            "((root) => [innerWidth - root.clientWidth, innerHeight - root.clientHeight])(document.documentElement)"
        )
        list_bar = "(list) => list.offsetWidth - list.clientWidth"
        for act in (None, "[data-show=groups]", "[data-show=calls]", "#freeze", "#user-menu > summary"):
            if act:
                await page.locator(act).click()
            assert await page.evaluate(page_bars) == [0, 0], act
        assert await page.locator("#live").evaluate(list_bar) > 2, "the list's own bar is shown: the test can see bars"
        await shown.close()
