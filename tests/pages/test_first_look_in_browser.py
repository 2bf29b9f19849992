"""What the board tells whoever sees it for the first time in a browser."""

import pytest
from playwright.async_api import expect

from tests.pages.test_board_in_browser import browser, chromium, sign_in, site  # noqa: F401

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]


async def test_three_things_are_told_once_over_nothing_and_gone_after_one_click(site, browser):  # noqa: F811
    page = await (await browser.new_context(base_url=site.server.url)).new_page()
    await sign_in(page, "asha")
    told = page.get_by_role("complementary", name="For your first look")
    await expect(told).to_be_visible()
    assert await told.get_by_role("listitem").count() == 3
    below = await told.evaluate("(node) => node.getBoundingClientRect().bottom")
    assert (await page.locator(".columns").bounding_box())["y"] >= below, "it lies over nothing"
    await page.emulate_media(media="print")
    await expect(told).to_be_hidden()
    await page.emulate_media(media="screen")
    await told.get_by_role("button", name="Got it").click()
    await expect(told).to_be_hidden()
    await page.reload()
    await expect(page.locator("#line")).to_have_attribute("data-truth", "live", timeout=20_000)
    await expect(page.locator("#coach")).to_be_hidden()


async def test_on_a_phone_no_keys_are_told(site, browser):  # noqa: F811
    context = await browser.new_context(
        base_url=site.server.url, viewport={"width": 390, "height": 780}, is_mobile=True, has_touch=True
    )
    page = await context.new_page()
    await sign_in(page, "asha")
    told = page.locator("#coach")
    await expect(told.locator("li:visible")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("part", ["newcomers", "palette"])
async def test_a_part_that_the_page_lacks_is_named(site, browser, part):  # noqa: F811
    page = await (await browser.new_context(base_url=site.server.url)).new_page()
    await sign_in(page, "asha")
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    async def without(route):
        answer = await route.fetch()
        await route.fulfill(response=answer, body=(await answer.text()).replace(f'id="{part}"', 'id="others"'))

    await page.route("**/", without)
    async with page.expect_event("pageerror"):
        await page.goto("/")
    assert errors == [f"the page has no #{part}"]
