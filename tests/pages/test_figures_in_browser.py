"""Figures, their inspectors and screens in real Chromium, with long names of many scripts: nothing is cut."""

import asyncio

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.pages.test_attention_in_browser import ago
from tests.pages.test_board_in_browser import PATIENCE, browser, chromium, signed_in, site  # noqa: F401
from tests.support.running import manage

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]

ARABIC = "قسم خدمة العملاء والدعم الفني للمنطقة الشرقية والغربية الكبرى"
GROUPS = (
    "बिक्री एवं ग्राहक सेवा विभाग (उत्तर प्रदेश, उत्तराखंड और मध्य प्रदेश क्षेत्र)",
    ARABIC,
    "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauskunftsstelle",
)
AGENT = "श्रीमती सुरेश कुमारी अन्नपूर्णा विश्वेश्वरैया चतुर्वेदी"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK = {"viewport": {"width": 1440, "height": 900}}
PAGES = (
    "/figures/?span=7d",
    "/figures/?span=7d&by=agent",
    "/figures/?span=7d&by=week_hour",
    "/figures/close/?span=7d",
    "/figures/close/callers/?span=7d",
    "/figures/close/rings-not-taken/?span=7d",
    "/figures/service-level/?span=7d",
    "/figures/now/waiting/",
    "/figures/now/live/?side=out",
)
# What reaches beyond its own box, or is cut by it. A box that scrolls, or that cuts on purpose, may.
BEYOND = """(among) => [...document.querySelectorAll(among)]
    .filter((node) => node.scrollWidth > node.clientWidth + 1)
    .map((node) => node.outerHTML.slice(0, 200))"""

# Columns whose head stands elsewhere than what is below it.
ASKEW = """() => [...document.querySelectorAll(".grid")].flatMap(({ tHead, tBodies }) => {
    const below = tBodies[0].rows[0].cells;
    const side = (cell) => cell && getComputedStyle(cell).textAlign;
    return [...tHead.rows[0].cells].filter((head, at) => below[at]?.colSpan === 1 && side(head) !== side(below[at]));
}).map((head) => head.textContent)"""


@pytest.fixture(scope="module")
def busy(site):  # noqa: F811
    for at, group in enumerate(GROUPS):
        site.says(f"figures.{at}.3", call_group=group, StartTime=ago(780))  # a ring that nobody took
        for n in range(4):
            times = {"StartTime": ago(600 + 60 * n), "EndTime": ago(500 + 60 * n)}
            lost = {"Status": "NO ANSWER", "TalkDuration": "0"} if n == 3 else {}
            site.reports(f"figures.{at}.{n}", call_group=group, receiver_name=AGENT, **times, **lost)
        site.says(f"figures.{at}.live", call_group=group, StartTime=ago(100), SourceNumber=f"90000{at}0987")
    return site


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_long_names_stay_in_their_cells_and_axe_finds_nothing(busy, browser, size, scheme):  # noqa: F811
    page = await signed_in(browser, busy, color_scheme=scheme, **size)
    for path in PAGES:
        await page.goto(path)
        await page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert await page.evaluate(BEYOND, "th, td, .fig, .side") == [], path
        assert await page.evaluate(ASKEW) == [], path
        beside = "(text) => text.offsetWidth / text.parentElement.offsetWidth"
        assert all(wide > 0.5 for wide in await page.locator(".formula").evaluate_all(f"(all) => all.map({beside})"))
        names = page.locator(".sheet-part > .scrolls > .grid tbody th")
        narrow = "(names) => names.filter((name) => name.clientWidth < 60).length"
        assert await names.evaluate_all(narrow) == 0, "a name is not written letter below letter"
        heights = "(hours) => hours.map((hour) => hour.offsetHeight).filter((height) => height > 40)"
        assert await page.locator(".grid--times tbody th").evaluate_all(heights) == [], "an hour stands on one line"
        assert (await Axe().run(page)).response["violations"] == [], path
    assert page.complaints == []


@pytest.mark.parametrize("width", [1440, 1100, 700, 390])
async def test_however_many_tiles_a_closer_look_has_they_leave_no_gap(busy, browser, width):  # noqa: F811
    page = await signed_in(browser, busy, viewport={"width": width, "height": 900})
    await page.goto("/figures/close/?span=7d")
    ends = """(tiles) => {
        const rows = new Map();
        for (const tile of tiles.children) {
            const { top, right } = tile.getBoundingClientRect();
            rows.set(top, Math.max(right, rows.get(top) ?? 0));
        }
        return [...rows.values()].map((right) => Math.round(tiles.getBoundingClientRect().right - right));
    }"""
    tiles = page.locator(".tiles--close")
    assert await tiles.locator("> *").count() > 8
    while await tiles.locator("> *").count() > 1:
        found = await tiles.evaluate(ends)
        assert max(found) <= 1, "the last tile of each row ends where the border is"
        if await tiles.locator("> *").count() > 8:
            assert len(found) > 1, "several rows"
        await tiles.evaluate("(tiles) => tiles.lastElementChild.remove()")


async def test_no_column_is_cut_on_paper(busy, browser):  # noqa: F811
    page = await signed_in(browser, busy, viewport={"width": 718, "height": 1047})  # A4 within its margins
    await page.emulate_media(media="print")
    for path in PAGES:
        await page.goto(path)
        beyond = "(parts) => parts.map((part) => part.getBoundingClientRect().right).filter((at) => at > 719)"
        assert await page.locator("table, .tiles, .bars").evaluate_all(beyond) == [], path
        for only_on_glass in (".span-choice", ".header nav", ".header-end"):
            await expect(page.locator(only_on_glass)).to_be_hidden()
        await page.evaluate("document.documentElement.dataset.theme = 'dark'")
        scheme = await page.evaluate("getComputedStyle(document.documentElement).colorScheme")
        assert scheme == "light", "dark was chosen, and paper is light"


async def test_a_group_of_another_script_stays_in_its_line_of_the_attention_band(busy, browser):  # noqa: F811
    page = await signed_in(browser, busy, **DESK)
    group = page.locator(".attention-group").filter(has_text=ARABIC)
    await expect(group.first).to_be_visible(timeout=PATIENCE)

    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await group.first.evaluate("(node) => getComputedStyle(node).direction") == "rtl", "its first words are kept"
    inside = "(node) => node.getBoundingClientRect().height <= node.parentElement.getBoundingClientRect().height"
    assert await group.first.evaluate(inside)


@pytest.mark.parametrize("size", [(1440, 900), (1920, 1080), (1280, 1024), (390, 844), (1080, 1920)])
async def test_no_word_of_a_screen_is_cut(busy, browser, size):  # noqa: F811
    make = (
        "from calls.models import CallGroup, Kiosk;"
        "kiosk = Kiosk.objects.get_or_create(name='Hall of the second floor')[0];"
        "kiosk.groups.set(CallGroup.objects.all()); print(kiosk.new_token())"
    )
    said = await asyncio.to_thread(manage, "shell", "-v", "0", "-c", make, CALLBOARD_DATA_DIR=str(busy.folder))
    context = await browser.new_context(
        base_url=busy.server.url, viewport=dict(zip(("width", "height"), size, strict=True))
    )
    page = await context.new_page()
    await page.goto(f"/wall/{said.stdout.split()[-1]}/")
    await expect(page.locator("[data-say=clock]")).not_to_be_empty()
    await page.evaluate("document.querySelector('[data-say=level-word]').textContent = 'far below goal'")
    busiest = "'12 talking · 23 ringing · 9 in menu · 42 lost track'"
    await page.evaluate(f"document.querySelector('[data-say=live-note]').textContent = {busiest}")

    lines = "(whose) => whose.clientHeight / parseFloat(getComputedStyle(whose).lineHeight)"
    assert round(await page.locator(".wall-whose").evaluate(lines)) == 2, "long names have a second line"
    whole = ".wall-tile, .wall-tile h2, .wall-level, .wall-figure, .wall-head, .wall-clock"
    assert await page.evaluate(BEYOND, whole) == []
    third_line = "(notes) => notes.filter((note) => note.scrollHeight > 1.1 * note.clientHeight).length"
    assert await page.locator(".wall-note").evaluate_all(third_line) == 0
    over_another = """(tiles) => tiles
        .map((tile) => ["h2", ".wall-figure", ".wall-note"].map((of) => tile.querySelector(of).getBoundingClientRect()))
        .filter(([head, figure, note]) => head.bottom > figure.top + 1 || figure.bottom > note.top + 1).length"""
    assert await page.locator(".wall-tile").evaluate_all(over_another) == 0
    assert (await Axe().run(page)).response["violations"] == []
