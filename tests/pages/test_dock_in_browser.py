"""The dock in real Chromium: an open call stands beside the lists, over them, or alone, by the width of the screen."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from playwright.async_api import expect

from tests.display.test_every_field import OTHERS, REPORT
from tests.pages.test_board_in_browser import PATIENCE, browser, chromium, row, signed_in, site  # noqa: F401
from tests.support.provider import india

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]

WIDE = {"width": 1440, "height": 900}


async def box(page, selector):
    return await page.locator(selector).first.bounding_box()


async def test_the_dock_takes_the_side_column_and_covers_nothing(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "dock.1", SourceNumber="9000000601")
    page = await signed_in(browser, site, viewport=WIDE)
    before = {each: await box(page, each) for each in ("#strip", "#live-part")}
    await row(page, "live", "00601").first.click()
    await expect(page.locator("#panel")).to_be_visible()
    assert {each: await box(page, each) for each in before} == before
    dock = await box(page, "#panel")
    assert dock["x"] >= before["#live-part"]["x"] + before["#live-part"]["width"]
    assert dock["y"] >= before["#strip"]["y"] + before["#strip"]["height"]
    assert not await page.locator("#completed-part").is_visible()
    # The completed calls wait one click away, and so does the call behind them.
    await page.locator("#panel").get_by_role("button", name="Completed").click()
    await expect(page.locator("#completed-part")).to_be_visible()
    await page.get_by_role("button", name="Back to the call").click()
    await expect(page.locator("#panel")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#completed-part")).to_be_visible()


@pytest.mark.parametrize("width", [1700, 1800, 1920])
async def test_on_a_wide_window_an_open_call_takes_the_place_of_nothing(site, browser, width):  # noqa: F811
    await asyncio.to_thread(site.says, "wide.1", SourceNumber="9000000604")
    await asyncio.to_thread(site.reports, "wide.2", SourceNumber="9000000605")
    page = await signed_in(browser, site, viewport={"width": width, "height": 900})
    await row(page, "live", "00604").first.click()
    await expect(page.locator("#panel")).to_be_visible()
    boxes = [await box(page, each) for each in ("#live", "#completed", "#panel")]
    for left, right in pairwise(boxes):
        assert left["x"] + left["width"] < right["x"]
    assert boxes[-1]["x"] + boxes[-1]["width"] <= width
    cells = "(nodes) => Math.max(...nodes.map((node) => node.getBoundingClientRect().right))"
    assert await page.locator("#live .live-grid > *").evaluate_all(cells) <= boxes[0]["x"] + boxes[0]["width"] - 8
    for name in ("Completed", "Back to the call"):
        assert not await page.get_by_role("button", name=name, exact=True).is_visible(), "nothing to come back to"
    # A completed call is opened beside the list it stands in.
    await row(page, "completed", "00605").first.click()
    await expect(page.locator("#panel .panel-title")).to_contain_text("00605")
    await expect(page.locator("#completed")).to_be_visible()


async def test_j_and_k_walk_the_list_that_the_call_came_from(site, browser):  # noqa: F811
    for sid in ("a", "b", "c"):
        await asyncio.to_thread(site.says, f"walk.live.{sid}")
        await asyncio.to_thread(site.reports, f"walk.done.{sid}")
    page = await signed_in(browser, site, viewport=WIDE)
    ids = "[...document.querySelectorAll('#{} [role=row]')].map((r) => r.callId).filter(Boolean)"
    completed = await page.evaluate(ids.format("completed"))
    await page.locator("#completed [role=row]").nth(0).click()
    for steps, key in ((1, "j"), (2, "j"), (1, "k")):
        await page.keyboard.press(key)
        await page.wait_for_url(f"**/?call={completed[steps]}", timeout=PATIENCE)
    assert await page.locator("#panel").is_visible()
    await page.keyboard.press("Escape")
    live = await page.evaluate(ids.format("live"))
    await page.locator("#live [role=row][id]").nth(0).click()
    await page.keyboard.press("j")
    await page.wait_for_url(f"**/?call={live[1]}", timeout=PATIENCE)


async def test_what_is_marked_in_the_dock_stays_while_the_call_goes_on(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "marked.1", SourceNumber="9000000602")
    page = await signed_in(browser, site, viewport=WIDE)
    await row(page, "live", "00602").first.click()
    line = page.locator("#panel .facts .number").first
    await expect(line).to_be_visible(timeout=PATIENCE)
    await line.evaluate("(node) => { node.marked = true; getSelection().selectAllChildren(node); }")
    await page.locator(".step-head").first.click()
    await line.evaluate("(node) => getSelection().selectAllChildren(node)")
    await asyncio.to_thread(site.says, "marked.1", SourceNumber="9000000602", Status="Picked")
    await expect(page.locator("#panel .state")).to_contain_text("Talking", timeout=PATIENCE)
    await expect(page.locator(".step")).to_have_count(2, timeout=PATIENCE)
    assert await line.evaluate("(node) => node.marked && node.contains(getSelection().anchorNode)")
    assert "1200000301" in (await page.evaluate("String(getSelection())")).replace(" ", "")
    assert await page.locator(".step details").first.get_attribute("open") is not None


async def test_a_number_is_copied_without_gaps(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "copy.1", SourceNumber="9000000603")
    page = await signed_in(browser, site, viewport=WIDE)
    await row(page, "live", "00603").first.click()
    await page.locator(".panel-name .copy").click()
    await expect(page.locator(".panel-name .copy")).to_have_attribute("data-copied", "Copied")
    await page.locator("#filters [name=q]").focus()
    await page.keyboard.press("Control+V")
    await expect(page.locator("#filters [name=q]")).to_have_value("+919000000603")


async def test_every_documented_field_stands_in_the_dock_and_what_else_was_said(site, browser):  # noqa: F811
    fields = {name: value for name, (value, *_) in REPORT.items() if name not in ("SourceNumber", "CallSid")}
    await asyncio.to_thread(site.says, "walk.9", type="call_report", SourceNumber="9000000699", **fields, **OTHERS)
    page = await signed_in(browser, site, viewport=WIDE)
    await row(page, "completed", "00699").first.click()
    await expect(page.locator("#panel .facts--said")).to_be_visible(timeout=PATIENCE)
    told = " ".join((await page.locator("#panel").inner_text()).split())
    packed = told.replace(" ", "")
    words = ["Incoming", "Sales", "Asha Test", "ANSWER", "2.5", "7001-spring", "31 · normal", "1:15", "1:01"]
    assert [word for word in [*words, *OTHERS, *OTHERS.values()] if word not in told] == []
    assert [each for each in ("9000000699", "1200000301", "8000000201", "walk.9") if each not in packed] == []
    shown = await page.locator("#panel time").evaluate_all("(all) => all.map((each) => each.dateTime.slice(0, 19))")
    moments = {value.strftime("%Y-%m-%dT%H:%M:%S") for _, field, value in REPORT.values() if field.endswith("_at")}
    assert moments - set(shown) == set()
    assert await page.locator(f'#panel a[href="{REPORT["CallRecordingUrl"][0]}"]').count() == 1
    assert page.complaints == []


async def clocks(page):
    """What stands on each of the three clocks: (its name, the wait, a note)."""
    return await page.locator("#panel .waits > div").evaluate_all(
        "(all) => all.map((each) => [...each.children].map((part) => part.textContent))"
    )


async def test_the_three_clocks_go_on_and_stop_as_the_server_tells_them(site, browser):  # noqa: F811
    began = datetime.now(UTC) - timedelta(seconds=14)
    call = {"SourceNumber": "9000000606", "StartTime": india(began)}
    await asyncio.to_thread(site.says, "clocks.1", **call)
    page = await signed_in(browser, site, viewport=WIDE)
    await row(page, "live", "00606").first.click()
    verdict = page.locator("#panel .counts-as")
    await expect(verdict).to_contain_text("Waiting, within the threshold", timeout=PATIENCE)
    whole, picked, ringing = await clocks(page)
    assert [each[0] for each in (whole, picked, ringing)] == ["Whole call", "After the pick-up", "Ringing"]
    assert whole[1] == picked[1] > ringing[1]
    assert await page.locator("#panel .waits .is-counted dt").all_inner_texts() == ["After the pick-up"]
    assert picked[2] == "this one counts, pick-up not told: from the start"
    # Nothing is heard, and the threshold passes.
    await expect(verdict).to_contain_text("Waiting, past the threshold", timeout=PATIENCE)
    await expect(verdict).to_contain_text("threshold 20 s")
    assert await verdict.get_attribute("data-level") == "warn"
    before = await clocks(page)
    assert before[0][1] >= "0:21"
    await page.wait_for_timeout(2_100)
    goes_on = await clocks(page)
    assert all(now[1] > then[1] for now, then in zip(goes_on, before, strict=True)), "between two answers"
    await asyncio.to_thread(site.says, "clocks.1", **call, Status="Picked")
    await expect(verdict).to_contain_text("Talking, answered late", timeout=PATIENCE)
    stands = await clocks(page)
    await page.wait_for_timeout(2_100)
    assert await clocks(page) == stands
    moments = {"LegA_Picked_time": 1, "LegB_Start_time": 4, "LegB_Picked_time": 9}
    told = {name: india(began + timedelta(seconds=seconds)) for name, seconds in moments.items()}
    await asyncio.to_thread(site.reports, "clocks.1", **call, **told)
    await expect(verdict).to_contain_text("Answered in time", timeout=PATIENCE)
    assert await clocks(page) == [
        ["Whole call", "0:09"],
        ["After the pick-up", "0:08", "this one counts"],
        ["Ringing", "0:05"],
    ]
    assert page.complaints == []


async def test_an_outgoing_call_has_no_clocks_of_a_wait(site, browser):  # noqa: F811
    fields = {"SourceNumber": "9000000607", "Direction": "WEBOBD", "DialWhomNumber": "8000000201"}
    await asyncio.to_thread(site.reports, "out.1", **fields)
    page = await signed_in(browser, site, viewport=WIDE)
    await row(page, "completed", "00607").first.click()
    await expect(page.locator("#panel .step").first).to_be_visible(timeout=PATIENCE)
    await expect(page.locator("#panel .facts")).to_contain_text("Outgoing")
    assert await page.locator("#panel .waits").count() == 0


@pytest.mark.parametrize(("width", "reachable"), [(820, True), (390, False)])
async def test_on_narrow_screens_the_dock_lies_over_the_list(site, browser, width, reachable):  # noqa: F811
    await asyncio.to_thread(site.says, "narrow.1", SourceNumber="9000000604")
    phone = {"viewport": {"width": width, "height": 844}, "is_mobile": True, "has_touch": True}
    page = await signed_in(browser, site, **phone)
    await row(page, "live", "00604").first.tap()
    dock, strip = await box(page, "#panel"), await box(page, "#strip")
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    assert (dock["y"] >= strip["y"] + strip["height"]) is reachable
    assert await page.evaluate("document.querySelector('#strip').inert") is not reachable
    await page.locator("#panel").get_by_role("button", name="Close").tap()
    assert not await page.evaluate("document.querySelector('#strip').inert")


async def test_a_call_that_is_not_there_is_said_without_asking_to_try_again(site, browser):  # noqa: F811
    page = await signed_in(browser, site, viewport=WIDE)
    await page.goto("/?call=999999999")
    note = page.locator("#panel [role=alert]")
    await expect(note).to_contain_text("not there", timeout=PATIENCE)
    assert await note.get_by_role("button").count() == 0
    assert await note.evaluate("(node) => getComputedStyle(node).display") == "flex", "the note has its style"
