"""The board at the widths that people have: on a busy day nothing is cut, and nothing lies over another thing."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.pages.test_board_in_browser import browser, chromium, signed_in, site  # noqa: F401

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]

LONG_GROUP = "Customer care of the northern region"
WIDTHS = [1920, 1440, 1280, 1024, 768, 390, 360]

BUSY_DAY = """() => {
    const busy = {
        answered: "1,244", "answered-note": "of 1,488 offered · 477 outgoing", "live-note": "12 talking · 2 ringing",
        waiting: "12", longest: "12:34", "waiting-level": "too long", word: "far below goal", lately: "71.6 %",
        trend: "↓", "level-note": "today 75.7 % · goal 80 %", lost: "243", "lost-note": "190 abandoned · 53 missed",
    };
    for (const [name, text] of Object.entries(busy)) {
        const key = document.querySelector(`#strip [data-glance="${name}"]`) ? "glance" : "figure";
        document.querySelector(`#strip [data-${key}="${name}"]`).textContent = text;
    }
    document.querySelector("#strip [data-lost]").hidden = false;
    document.querySelector("#strip [data-figure=lost]").textContent = "120";
}"""

# The text itself is measured: whole pixels of a box would hide what is half a letter too long.
CUT = """(selector) => [...document.querySelectorAll(selector)].filter((node) => {
    const text = document.createRange();
    text.selectNodeContents(node);
    return node.checkVisibility() && text.getBoundingClientRect().width > node.getBoundingClientRect().width + 0.5;
}).map((node) => node.textContent.trim())"""

OVERLAPS = """(tile) => {
    const texts = [...tile.querySelectorAll("h2, .how, .level, .figure, .tile-note")].map((node) => {
        const text = document.createRange();
        text.selectNodeContents(node);
        return text.getBoundingClientRect();
    });
    const bars = tile.querySelector(".trend-bars")?.getBoundingClientRect();
    const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    return Boolean(bars) && texts.some((text) => meets(text, bars));
}"""

HEADER = """() => {
    document.querySelector("#set-aside-pill").hidden = false;
    const demo = document.createElement("p");
    demo.id = demo.className = "demo";
    demo.innerHTML = "Demo<span>: made-up calls</span>";
    document.querySelector(".header nav").after(demo);
}"""


def glass(width):
    phone = {"is_mobile": True, "has_touch": True} if width < 600 else {}
    return {"viewport": {"width": width, "height": 780}, **phone}


async def opened(browser, site, width):  # noqa: F811
    page = await signed_in(browser, site, **glass(width))
    # The figures of the day are asked for again and again; the test has its own.
    await page.route("**/figures/now/**", lambda route: route.abort())
    await page.wait_for_function("document.querySelector('[data-glance=lately]').textContent")
    return page


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_strip_of_a_busy_day_is_whole_and_no_bar_lies_over_its_words(site, browser, width):  # noqa: F811
    page = await opened(browser, site, width)
    await page.evaluate(BUSY_DAY)
    assert await page.evaluate(CUT, "#strip :is(h2, .figure, .tile-note, .level)") == []
    for tile in await page.locator("#strip .tile").all():
        assert not await tile.evaluate(OVERLAPS), await tile.inner_text()


async def test_the_states_of_thousands_of_calls_stand_above_each_other_and_move_no_figure(site, browser):  # noqa: F811
    page = await opened(browser, site, 1440)
    await page.evaluate(BUSY_DAY)
    note, number = (page.locator(f"#strip [data-figure={name}]") for name in ("live-note", "live"))
    await number.evaluate("(number) => { number.textContent = '1,978'; }")
    place = await number.bounding_box()
    await note.evaluate("(note) => { note.textContent = '1,521 talking · 457 ringing'; }")

    assert await note.evaluate("(note) => note.scrollHeight <= note.clientHeight + 1")
    assert (await note.bounding_box())["height"] > 30, "two lines"
    assert abs((await number.bounding_box())["y"] - place["y"]) <= 1


async def test_a_row_under_a_pointer_says_that_it_opens(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "opens.1", SourceNumber="9000000707")
    page = await opened(browser, site, 1440)
    call = page.locator("#live .row").filter(has_text="00707")
    arrow = "(row) => getComputedStyle(row, '::after').content"
    assert await call.evaluate(arrow) == "none"
    await call.hover()
    assert await call.evaluate(arrow) == '""'


# Beyond the row that it stands in, or beside the box of its own.
OUT_OF_SIGHT = """(selector) => [...document.querySelectorAll(selector)].filter((node) => {
    const text = document.createRange();
    text.selectNodeContents(node);
    const [said, row] = [text, node.closest(".row")].map((each) => each.getBoundingClientRect());
    return node.checkVisibility() && (said.top < row.top || said.bottom > row.bottom);
}).map((node) => node.textContent.trim())"""


@pytest.mark.parametrize("width", [*WIDTHS, 1700, 1399])
async def test_a_number_of_somebody_unnamed_is_whole(site, browser, width):  # noqa: F811
    numbers = ("+442079460958", "+971501234567", "+918000000708")
    for at, number in enumerate(numbers):
        for phone in ("8000000709", number):
            live = {"SourceNumber": f"900000071{at}", "DestinationNumber": number, "call_group": LONG_GROUP}
            await asyncio.to_thread(site.says, f"unnamed.{at}", DialWhomNumber=phone, **live)
        done = {"receiver_name": "", "DialWhomNumber": number, "call_group": LONG_GROUP}
        await asyncio.to_thread(site.reports, f"unnamed.done.{at}", **done)
    page = await opened(browser, site, width)
    last = page.locator("#live .row").filter(has_text="00712")
    await expect(last.locator(".ordinal")).to_have_text("2nd")
    for tab in ("live", "completed"):
        await page.evaluate(f"document.querySelector('button[data-tab={tab}]').click()")
        shown = page.locator(f"#{tab} .row .number").filter(has_text="+971", visible=True)
        await expect(shown.last).to_be_visible()
        for measure in (CUT, OUT_OF_SIGHT):
            assert await page.evaluate(measure, f"#{tab} .row .number") == []


QUIET = """() => {
    const line = document.querySelector("#line");
    line.dataset.feed = "quiet";
    line.querySelector("[data-heard]").textContent = "no delivery for 15 min";
}"""


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_header_shows_all_places_whatever_stands_beside_them(site, browser, width):  # noqa: F811
    page = await opened(browser, site, width)
    await page.evaluate(HEADER)
    for said in ("() => null", QUIET):
        await page.evaluate(said)
        assert await page.locator(".header nav").evaluate("(nav) => nav.scrollWidth <= nav.clientWidth")
        assert await page.evaluate(CUT, ".header :is(.demo, [data-heard], .pill)") == []
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        assert await page.evaluate("document.documentElement.scrollHeight") <= 780, "the board is as high as before"


@pytest.mark.parametrize("width", WIDTHS)
async def test_no_filter_and_no_column_ends_beyond_the_edge(site, browser, width):  # noqa: F811
    await asyncio.to_thread(site.says, "edge.1", SourceNumber="9000000704")
    page = await opened(browser, site, width)
    rights = (
        "(nodes) => nodes.filter((node) => node.checkVisibility()).map((node) => node.getBoundingClientRect().right)"
    )
    assert max(await page.locator("#filters summary").evaluate_all(rights)) <= width
    edge = await page.locator("#live").evaluate("(list) => list.getBoundingClientRect().right")
    assert max(await page.locator("#live .live-grid > *").evaluate_all(rights)) <= edge - 8


async def test_the_search_of_a_phone_opens_under_a_finger_and_stays_while_it_holds_words(site, browser):  # noqa: F811
    page = await opened(browser, site, 390)
    search = page.locator("#filters .search")

    async def width():
        return (await search.bounding_box())["width"]

    assert await width() == 44
    await search.tap()
    await page.keyboard.type("00704")
    assert await width() > 200
    await page.locator("h2", has_text="Waiting").evaluate("() => document.activeElement.blur()")
    assert await width() > 200


async def test_in_colours_of_a_persons_own_what_is_chosen_has_a_line_and_a_dot_its_shape(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "forced.1", SourceNumber="9000000705")
    page = await signed_in(browser, site, forced_colors="active", viewport={"width": 1440, "height": 900})
    style = "(node) => [getComputedStyle(node).outlineStyle, getComputedStyle(node).forcedColorAdjust]"
    call = page.locator("#live .row").filter(has_text="00705")
    await call.click()
    assert (await call.evaluate(style))[0] == "solid"
    assert (await page.locator("[data-show=calls]").first.evaluate(style))[0] == "solid"
    for shape in (".signal-shape", "#strip .level-shape", "#live .dot"):
        assert (await page.locator(shape).first.evaluate(style))[1] == "none"
    for path in ("/", "/figures/", "/figures/lost/"):
        await page.goto(path)
        here = page.locator(".header nav [aria-current]")
        assert [(await each.evaluate(style))[0] for each in await here.all()] == ["solid"], path


@pytest.mark.parametrize("width", [1280, 1440])
async def test_that_a_customer_called_before_has_room_beside_the_number(site, browser, width):  # noqa: F811
    await asyncio.to_thread(site.reports, "before.1", SourceNumber="9000000706")
    await asyncio.to_thread(site.says, "before.2", SourceNumber="9000000706")
    page = await opened(browser, site, width)
    badge = page.locator("#live .row").filter(has_text="00706").locator(".badge").first
    # What finds no room wraps out of sight.
    assert await badge.evaluate("""(badge) => {
        const [own, cell] = [badge, badge.parentElement].map((node) => node.getBoundingClientRect());
        return own.top < cell.bottom && own.right <= cell.right;
    }""")
