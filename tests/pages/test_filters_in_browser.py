"""Filters and the choice of groups in real Chromium: what they narrow, and how one leaves them."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.pages.test_board_in_browser import PATIENCE, browser, chromium, row, signed_in, site  # noqa: F401

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]


async def figure(page, name):
    return (await page.locator(f"[data-figure={name}]").text_content()).strip()


async def test_the_strip_follows_the_groups_and_every_choice_is_a_link(site, browser):  # noqa: F811
    for at, group in enumerate(["Blue", "Blue", "Green"]):
        await asyncio.to_thread(site.says, f"scope.{at}", call_group=group, SourceNumber=f"900000071{at}")
    missed = {"Status": "CANCEL", "TalkDuration": "0", "receiver_name": ""}
    await asyncio.to_thread(site.reports, "scope.done", call_group="Blue", **missed)
    page = await signed_in(browser, site)
    whole = await figure(page, "waiting")
    await page.locator("#scope summary").click()
    await page.locator("#scope [data-group=Blue]").click()
    await page.wait_for_url("**/?group=Blue", timeout=PATIENCE)
    await expect(page.locator("[data-figure=waiting]")).to_have_text("2", timeout=PATIENCE)
    await expect(page.locator("#scope [data-scope-word]")).to_have_text("Blue")
    assert (await page.locator(".header nav a").first.get_attribute("href")).endswith("/?group=Blue")
    await expect(page.locator("[data-glance=lost]")).to_have_text("1", timeout=PATIENCE)
    # What happens in a group moves its strip at once.
    await asyncio.to_thread(site.reports, "scope.0", call_group="Blue", SourceNumber="9000000710")
    await expect(page.locator("[data-figure=answered]")).to_have_text("1", timeout=PATIENCE)
    await expect(page.locator("[data-figure=waiting]")).to_have_text("1", timeout=PATIENCE)
    # A figure of the strip is a link to what it counts, within the groups.
    await page.locator("#strip").get_by_role("link", name="Waiting").click()
    await page.wait_for_url("**/?group=Blue&state=waiting", timeout=PATIENCE)
    await expect(page.locator("#live [role=row][id]")).to_have_count(1, timeout=PATIENCE)
    await page.locator("#scope summary").click()
    await page.locator("#scope [data-group='']").click()
    await expect(page.locator("[data-figure=waiting]")).to_have_text(str(int(whole) - 1), timeout=PATIENCE)
    assert page.complaints == []


async def test_menus_and_search_say_what_there_is_and_let_go(site, browser):  # noqa: F811
    for at in range(60):
        await asyncio.to_thread(
            site.says, f"many.{at}", DialWhomNumber=f"80000007{at:02}", SourceNumber=f"90000007{at:02}"
        )
    page = await signed_in(browser, site)
    await page.wait_for_function("Number(document.querySelector('[data-figure=waiting]').textContent) >= 60")
    where = await page.locator("#live-part").bounding_box()
    await page.locator("[data-facet=state] summary").click()
    assert (await page.locator("[data-facet=state] .choice-list button").first.text_content()).startswith("Waiting")
    await page.keyboard.press("Escape")
    await page.locator("[data-facet=agent] summary").click()
    options = page.locator("[data-facet=agent] .choice-list button")
    await expect(options).to_have_count(50)
    await page.keyboard.type("8000000737")
    await expect(options).to_have_count(1)
    await options.first.click()
    await page.keyboard.press("Escape")
    await expect(options).to_have_count(0)
    await expect(page.locator("#live [role=row][id]")).to_have_count(1, timeout=PATIENCE)
    # Nothing below moves because something is chosen.
    assert await page.locator("#live-part").bounding_box() == where
    await page.locator("[data-clear]").click()
    # Escape first clears the search, then leaves it.
    await page.keyboard.press("/")
    await page.keyboard.type("no such thing")
    await expect(page.locator("#empty-filtered")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#filters [name=q]")).to_have_value("")
    await expect(page.locator("#filters [name=q]")).to_be_focused()
    await page.wait_for_url("**/", timeout=PATIENCE)
    await page.keyboard.press("Escape")
    await expect(page.locator("#filters [name=q]")).not_to_be_focused()
    assert page.complaints == []


async def test_a_figure_of_now_narrows_the_list_and_says_beside_it_how_it_is_counted(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "now.1", call_group="Now", SourceNumber="9000000351")
    await asyncio.to_thread(site.says, "now.2", call_group="Now", SourceNumber="9000000352", Status="Picked")
    page = await signed_in(browser, site)
    await page.goto("/?group=Now")
    tile = page.locator("[data-tile=waiting]")
    await expect(row(page, "live", "00352").first).to_be_visible(timeout=PATIENCE)

    await tile.locator(".figure").click(force=True)
    await page.wait_for_url("**/?group=Now&state=waiting", timeout=PATIENCE)
    await expect(row(page, "live", "00352")).to_have_count(0)
    await tile.get_by_role("link", name="How those who wait are counted").click()
    await page.wait_for_url("**/figures/now/waiting/?group=Now", timeout=PATIENCE)
    await expect(page.locator(".fig-value")).to_have_text("1")
    await expect(page.locator(".grid--calls tbody tr")).to_have_count(1)
    await page.get_by_role("link", name="Left out").click()
    await expect(page.locator(".grid--calls tbody tr")).to_contain_text("Talking")

    await page.get_by_role("link", name="Board", exact=True).last.click()
    await tile.locator(".tile-note a").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Longest wait")
    await page.goto("/?group=Now")
    await page.locator("[data-tile=live] .figure").click(force=True)
    await expect(page.locator(".fig-value")).to_have_text("2")


async def test_the_bars_of_the_last_hour_are_told_and_follow_the_calls(site, browser):  # noqa: F811
    await asyncio.to_thread(site.reports, "bars.1", call_group="Bars", SourceNumber="9000000341")
    page = await signed_in(browser, site)
    await page.goto("/?group=Bars")
    chart = page.get_by_role("group", name="Answered by quarter of an hour")
    # Calls of a few seconds ago may have begun in the quarter before.
    number = "Number(said.textContent.split(' ').pop())"
    answered = f"(chart) => [...chart.querySelectorAll('title')].reduce((sum, said) => sum + {number}, 0)"
    assert await chart.evaluate(answered) == 1
    before = await chart.text_content()
    await asyncio.to_thread(site.reports, "bars.2", call_group="Bars", SourceNumber="9000000342")
    await expect(chart).not_to_have_text(before, timeout=PATIENCE)
    assert await chart.evaluate(answered) == 2
    bars = page.locator("[data-trend=answered] a")
    height = "(bars) => bars.map((bar) => Number(bar.lastChild.getAttribute('height')))"
    highest = (heights := await bars.evaluate_all(height)).index(100)
    said = await bars.nth(highest).locator("title").text_content()
    await bars.nth(highest).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Answered")
    await expect(page.locator(".fig-value")).to_have_text(said.split()[-1])
    assert max(heights) == 100
