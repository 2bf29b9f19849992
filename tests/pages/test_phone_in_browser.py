"""The board on phones, as phones have it: touch, no hover, and a glass that nothing may be wider than."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.pages.test_board_in_browser import PATIENCE, browser, chromium, row, signed_in, site  # noqa: F401

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]

FACETS = ("direction", "state", "agent", "outcome")
LONG = {"call_group": "बिक्री और ग्राहक सेवा विभाग", "receiver_name": "वेंकटनरसिम्हा राजुवरिपेटा"}


def phone(width):
    return {"viewport": {"width": width, "height": 780}, "is_mobile": True, "has_touch": True}


async def width_of(page):
    return await page.evaluate("[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]")


@pytest.mark.parametrize("width", [390, 360])
async def test_after_every_tap_the_page_is_as_wide_as_the_glass(site, browser, width):  # noqa: F811
    await asyncio.to_thread(site.reports, "glass.done", **LONG)
    await asyncio.to_thread(site.says, "glass.live", SourceNumber="9000000701", **LONG)
    page = await signed_in(browser, site, **phone(width))
    first = row(page, "live", "00701").first
    await expect(first).to_be_visible(timeout=PATIENCE)
    menus = [page.locator(f"[data-facet={facet}] > summary") for facet in FACETS]
    menus.append(page.locator("#scope > summary"))
    taps = [each for menu in menus for each in (menu, page.locator("#line"))]
    taps += [
        page.locator(each) for each in ("button[data-tab=completed]", "button[data-tab=live]", "#freeze", "#freeze")
    ]
    taps += [page.locator("[data-show=groups]"), page.locator("[data-show=calls]")]
    taps += [first, page.locator("#panel [title^=Close]"), page.locator("#user-menu > summary")]
    for each in taps:
        await each.scroll_into_view_if_needed()
        # Beside an open menu something else lies over the element, so the tap goes to the point.
        box = await each.bounding_box()
        await page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert await width_of(page) == [width] * 3, await each.evaluate("(node) => node.outerHTML")


async def test_the_header_keeps_to_the_glass_while_it_warns(site, browser):  # noqa: F811
    width = 360
    page = await signed_in(browser, site, **phone(width))
    for note in ("no delivery for 15 min", "clock set forward 15 min"):
        await page.locator("#line").evaluate(
            """(line, note) => {
                line.dataset.feed = "quiet";
                line.querySelector("[data-heard]").textContent = note;
            }""",
            note,
        )
        heard = await page.locator("#line [data-heard]").bounding_box()
        person = await page.locator("#user-menu").bounding_box()
        assert await page.locator("#line [data-heard]").evaluate("(node) => node.scrollWidth <= node.clientWidth")
        assert heard["x"] > 0 and person["x"] + person["width"] <= width
        assert await width_of(page) == [width] * 3


async def test_a_menu_darkens_what_lies_behind_and_closes_by_a_tap_beside_it(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "scrim.1")
    page = await signed_in(browser, site, **phone(390))
    menu = page.locator("[data-facet=state]")
    await menu.locator("summary").tap()
    await expect(menu).to_have_attribute("open", "")
    before = "getComputedStyle(document.querySelector('[data-facet=state] > summary'), '::before')"
    scrim = await page.evaluate(f"[{before}.position, {before}.backgroundColor]")
    assert scrim[0] == "fixed" and scrim[1] not in ("rgba(0, 0, 0, 0)", "transparent")
    await page.touchscreen.tap(200, 250)
    await expect(menu).not_to_have_attribute("open", "")
    assert "call=" not in page.url, "the tap went to the row behind"


@pytest.mark.parametrize("which", ["live", "completed"])
async def test_a_row_of_a_phone_shows_which_way_the_call_goes(site, browser, which):  # noqa: F811
    await asyncio.to_thread(site.says, "way.live", SourceNumber="9000000702")
    await asyncio.to_thread(site.reports, "way.done", SourceNumber="9000000703")
    page = await signed_in(browser, site, **phone(390))
    await page.locator(f"button[data-tab={which}]").tap()
    shown = row(page, which, "00702" if which == "live" else "00703").first
    await expect(shown.locator(".direction svg")).to_be_visible(timeout=PATIENCE)
    await expect(shown.locator(".direction")).to_have_attribute("title", "Incoming")


async def test_the_tabs_of_a_phone_count_their_lists(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "tabs.live")
    await asyncio.to_thread(site.reports, "tabs.done")
    page = await signed_in(browser, site, **phone(390))
    for which in ("live", "completed"):
        count = await page.locator(f"#{which}").evaluate("(list) => list.getAttribute('aria-rowcount') - 1")
        await expect(page.locator(f"button[data-tab={which}] .count")).to_have_text(str(count))
