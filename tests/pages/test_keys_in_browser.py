"""Keys in real Chromium: arrows in menus, g and a letter, Ctrl+K, and no key of one letter where they are off."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.pages.test_board_in_browser import PATIENCE, browser, chromium, signed_in, site  # noqa: F401

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]

FOCUSED = "document.activeElement.textContent.trim()"


async def test_arrows_walk_an_open_menu_and_not_the_list_behind_it(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "keys.1", SourceNumber="9000000801")
    page = await signed_in(browser, site)
    await page.keyboard.press("f")
    await page.keyboard.press("ArrowDown")
    assert (await page.evaluate(FOCUSED)).startswith("Waiting")
    await page.keyboard.press("End")
    assert (await page.evaluate(FOCUSED)).startswith("Lost track")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/?state=talking", timeout=PATIENCE)
    assert await page.locator("#live").get_attribute("aria-activedescendant") is None
    # Leaving a menu closes it.
    await page.keyboard.press("End")
    await page.keyboard.press("Tab")
    await expect(page.locator("details.menu[open]")).to_have_count(0)


async def test_an_arrow_right_behind_the_key_that_opens_a_menu_is_in_time(site, browser):  # noqa: F811
    """As from quick fingers on a slow machine: nothing else happens between the two."""
    page = await signed_in(browser, site)
    pressed = """(summary, key) => {
        summary.focus();
        summary.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
        return document.activeElement.textContent.trim();
    }"""
    summary = page.locator("[data-facet=state] > summary")
    assert (await summary.evaluate(pressed, "ArrowDown")).startswith("Waiting")


async def test_g_goes_and_the_palette_finds(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "keys.2", SourceNumber="9000000802", call_group="Night desk")
    page = await signed_in(browser, site)
    await page.keyboard.press("g")
    await page.keyboard.press("s")
    await page.wait_for_url("**/admin/", timeout=PATIENCE)
    found = page.locator("#palette [role=option]")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("failed")
    await expect(found.first).to_contain_text("Failed sign-ins", timeout=PATIENCE)
    await page.locator("#palette input").fill("night")
    await expect(found.first).to_contain_text("Night desk", timeout=PATIENCE)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/?group=Night+desk", timeout=PATIENCE)
    await page.keyboard.press("Control+k")
    await page.keyboard.type("90000 00802")
    await page.keyboard.press("Enter")
    await expect(found.first).to_contain_text("+919000000802", timeout=PATIENCE)
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel")).to_contain_text("90000", timeout=PATIENCE)
    assert page.complaints == []


async def test_a_chart_of_the_strip_is_one_stop_and_arrows_walk_its_bars(site, browser):  # noqa: F811
    for at in range(2):
        await asyncio.to_thread(site.reports, f"bars.{at}", call_group="Bars")
    page = await signed_in(browser, site, viewport={"width": 1440, "height": 900})
    await page.goto("/?group=Bars")
    await expect(page.locator("#line")).to_have_attribute("data-truth", "live", timeout=PATIENCE)
    tile = page.locator("[data-tile=answered]")
    bars = tile.locator(".trend-bars a")
    numbers = await bars.locator("title").all_text_contents()
    shown = tile.locator(".trend-said")

    await tile.locator("h2 a").focus()
    await page.keyboard.press("Tab")
    await expect(bars.last).to_be_focused()
    for key, at in (("ArrowLeft", 3), ("ArrowLeft", 2), ("ArrowRight", 3), ("Home", 0), ("ArrowLeft", 0), ("End", 4)):
        await page.keyboard.press(key)
        await expect(bars.nth(at)).to_be_focused()
        await expect(shown).to_have_text(numbers[at])
        assert await tile.get_by_role("link", name=numbers[at], exact=True).count() == 1, "that is how it is called"
    assert await page.locator("#live").get_attribute("aria-activedescendant") is None, "the list stays where it is"
    await page.keyboard.press("Tab")
    await expect(page.locator("[data-tile=lost] h2 a")).to_be_focused()
    await expect(shown).to_be_hidden()
    await page.keyboard.press("Shift+Tab")
    await expect(bars.last).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Answered")
    await expect(page.locator(".fig-value")).to_have_text(numbers[-1].split()[-1])


async def test_keys_of_one_letter_can_be_switched_off_for_good(site, browser):  # noqa: F811
    page = await signed_in(browser, site)
    await page.keyboard.press("?")
    await page.locator("[data-single-keys]").uncheck()
    await page.keyboard.press("Escape")
    for _load in range(2):
        for key in ("v", "/", "f", "?", " "):
            await page.keyboard.press(key)
        assert await page.locator("#board").get_attribute("data-view") == "calls"
        assert await page.locator("dialog[open], details[open], #board[data-frozen]").count() == 0
        await page.keyboard.press("g")
        await page.keyboard.press("s")
        assert re.search(r"^https?://[^/]+/$", page.url), page.url
        await page.keyboard.press("Control+k")
        await expect(page.locator("#palette")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.reload()
        await expect(page.locator("#line")).to_have_attribute("data-truth", "live", timeout=PATIENCE)


async def test_admins_are_told_what_is_set_aside_and_others_are_not(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "keys.3", Status="Astonished")
    page = await signed_in(browser, site)
    await expect(page.locator("#set-aside-pill")).to_contain_text("1")
    await asyncio.to_thread(site.says, "keys.4", Status="Bewildered")
    await page.clock.install()
    await page.reload()
    await page.clock.fast_forward(31_000)
    await expect(page.locator("#set-aside-pill [data-count]")).to_have_text("2", timeout=PATIENCE)
    other = await signed_in(browser, site, "mira")
    assert await other.locator("#set-aside-pill").count() == 0
