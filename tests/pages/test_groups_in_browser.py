"""The day of each group on the board in real Chromium: true, linked, calm, and readable on a phone."""

import asyncio
import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import expect

from tests.pages.test_board_in_browser import PATIENCE, browser, chromium, signed_in, site  # noqa: F401
from tests.support.provider import india

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]

WIDE = {"width": 1440, "height": 900}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LONG = "ग्राहक सहायता एवं शिकायत निवारण विभाग उत्तर प्रदेश"


def answers(site, name, count, group):  # noqa: F811
    for at in range(count):
        site.reports(f"{name}.{at}", call_group=group, SourceNumber=f"90000007{at:02}")


def day_of(page, group):
    return page.locator(f'#groups tr[data-group="{group}"] td.day a')


async def groups_of(browser, site, query="", **options):  # noqa: F811
    page = await signed_in(browser, site, **options)
    await page.goto(f"/?view=groups{query}")
    await expect(page.locator("#line")).to_have_attribute("data-truth", "live", timeout=PATIENCE)
    return page


async def test_the_day_of_a_group_follows_and_each_number_leads_to_its_inspector(site, browser):  # noqa: F811
    await asyncio.to_thread(answers, site, "day", 3, "Day")
    now = {"StartTime": india(datetime.now(UTC)), "Status": "Picked"}
    await asyncio.to_thread(site.says, "day.live", call_group="Day", **now)
    page = await signed_in(browser, site, viewport=WIDE)
    await page.locator("[data-show=groups]").click()
    await expect(day_of(page, "Day")).to_have_text(["4 of 4", "3", "0"], timeout=PATIENCE)
    await asyncio.to_thread(site.reports, "day.more", call_group="Day", Status="NOANSWER", TalkDuration="0")
    await expect(day_of(page, "Day").last).to_have_text("1", timeout=PATIENCE)
    texts = await day_of(page, "Day").all_inner_texts()
    for at, text in enumerate(texts):
        async with page.expect_navigation():
            await day_of(page, "Day").nth(at).click()
        assert "/figures/" in page.url
        assert await page.locator(".fig-value").inner_text() == text
        await expect(page.locator("h1")).to_have_text(re.compile("Service level|Answered|Lost"))
        await page.go_back()
        await expect(page.locator("#board")).to_have_attribute("data-view", "groups")
        await expect(day_of(page, "Day").first).to_have_text(texts[0], timeout=PATIENCE)
    # The rest of the row leads to the calls of the group, as before.
    await page.locator("#groups tr[data-group=Day] td.waiting").click()
    await expect(page.locator("#board")).to_have_attribute("data-view", "calls")
    assert page.url.endswith("?group=Day")
    assert page.complaints == []


async def test_quiet_groups_and_chosen_ones_keep_their_row_and_the_sum_is_never_that_of_a_part(site, browser):  # noqa: F811
    for group in ("Early", "Late"):
        await asyncio.to_thread(answers, site, group, 2, group)
    await asyncio.to_thread(site.says, "loud.live", call_group="Loud")
    page = await groups_of(browser, site, viewport=WIDE)
    await expect(page.locator("#groups tr.is-quiet[data-group=Early]")).to_be_visible(timeout=PATIENCE)
    total = page.locator("#groups tfoot td.day a")
    strip = await page.locator("[data-figure=answered]").inner_text()
    await expect(total.nth(1)).to_have_text(strip, timeout=PATIENCE)
    await page.goto("/?view=groups&group=Early&group=Late")
    await expect(page.locator("#groups tbody tr")).to_have_count(2, timeout=PATIENCE)
    assert not await page.locator("#empty-filtered").is_visible()
    await expect(total).to_have_text(["4 of 4", "4", "0"], timeout=PATIENCE)
    await page.goto("/?view=groups&state=ringing")
    await expect(page.locator("#groups tr[data-group=Loud]")).to_be_visible(timeout=PATIENCE)
    assert await page.locator("#groups tr[data-group=Early]").count() == 0
    assert set(await total.all_inner_texts()) <= {"–"}
    assert await total.first.get_attribute("href") is None


async def test_without_an_answer_no_figure_stands_as_if_it_were_true(site, browser):  # noqa: F811
    await asyncio.to_thread(answers, site, "gone", 2, "Gone")
    page = await groups_of(browser, site, viewport=WIDE)
    await expect(day_of(page, "Gone").nth(1)).to_have_text("2", timeout=PATIENCE)
    await page.route("**/figures/now/**", lambda route: route.abort())
    await expect(day_of(page, "Gone").nth(1)).to_have_text("…", timeout=30_000)
    assert await day_of(page, "Gone").nth(1).get_attribute("href") is None
    await page.unroute("**/figures/now/**")
    await expect(day_of(page, "Gone").nth(1)).to_have_text("2", timeout=PATIENCE)


async def test_a_phone_shows_the_day_on_a_line_of_its_own(site, browser):  # noqa: F811
    await asyncio.to_thread(answers, site, "hindi", 12, LONG)
    page = await groups_of(browser, site, **PHONE)
    row = page.locator(f'#groups tr[data-group="{LONG}"]')
    await expect(row.locator("td.day").nth(1)).to_have_text("12answered", timeout=PATIENCE)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    boxes = [await each.bounding_box() for each in await row.locator("th, td:visible").all()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    name, *_, lost = boxes
    assert lost["y"] >= name["y"] + name["height"] - 1, "below the name"
    fits = "(all) => all.every((each) => each.scrollWidth <= each.clientWidth + 1)"
    assert await page.locator("#groups :is(th, td):visible").evaluate_all(fits)


@pytest.mark.parametrize("width", [1024, 1280, 1440, 1700, 2560])
async def test_no_cell_of_a_group_is_cut_or_lies_over_another(site, browser, width):  # noqa: F811
    await asyncio.to_thread(answers, site, f"wide.{width}", 12, LONG)
    page = await groups_of(browser, site, viewport={"width": width, "height": 900})
    row = page.locator(f'#groups tr[data-group="{LONG}"]')
    await expect(row.locator("td.day--level .level")).to_be_visible(timeout=PATIENCE)
    assert await page.locator("#groups").evaluate("(list) => list.scrollWidth <= list.clientWidth")
    cells = row.locator("td:visible")
    fits = "(all) => all.every((each) => each.scrollWidth <= each.clientWidth + 1)"
    assert await cells.evaluate_all(fits)
    assert await row.locator("button .cut").evaluate("(name) => name.clientWidth") >= 96
