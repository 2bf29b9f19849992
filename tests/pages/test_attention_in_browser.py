"""What needs attention, in real Chromium: a band above the lists that says why, opens calls, and moves nothing."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.pages.test_board_in_browser import PATIENCE, browser, chromium, signed_in, site  # noqa: F401
from tests.support.provider import india

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]

WIDE = {"width": 1440, "height": 900}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def ago(seconds):
    return india(datetime.now(UTC) - timedelta(seconds=seconds))


async def waits(site, name, seconds, group, **fields):  # noqa: F811
    await asyncio.to_thread(site.says, name, StartTime=ago(seconds), call_group=group, **fields)


async def ends(site, name, group, **fields):  # noqa: F811
    await asyncio.to_thread(site.reports, name, call_group=group, **fields)


async def know_patience(page, group, long_wait, too_long):
    """As if the server had learned how patient the callers of a group are: eight of ten give up next."""
    known = {"clock": "p", "allowance": 0, "long_wait": long_wait, "too_long": too_long, "chances": [80]}

    async def with_patience(route):
        answer = await route.fetch()
        said = await answer.json()
        said["attention"]["patience"] = {"next_seconds": 30, "step_seconds": 5, "groups": {group: known}}
        await route.fulfill(response=answer, json=said)

    await page.route("**/figures/now/**", with_patience)


def line(page, text):
    return page.locator("#attention li").filter(has_text=text)


async def only(page, group):
    """A board of one group, so that no other test's calls are in it."""
    await page.goto(f"/?group={group}")
    await expect(page.locator("#line")).to_have_attribute("data-truth", "live", timeout=PATIENCE)


async def test_a_line_says_why_opens_the_call_and_goes_when_the_call_is_answered(site, browser):  # noqa: F811
    page = await signed_in(browser, site, viewport=WIDE)
    await only(page, "Opens")
    await expect(page.locator("#attention")).to_be_hidden()
    await waits(site, "opens.1", 100, "Opens", SourceNumber="9000000871")

    await expect(line(page, "00871")).to_contain_text("too long", timeout=PATIENCE)
    await expect(line(page, "00871")).to_contain_text("for more than 90 s")
    await expect(page).to_have_title("(1) 1 waiting · 1 live · Callboard")
    assert (await Axe().run(page)).response["violations"] == []

    await page.keyboard.press("a")
    await page.keyboard.press("Enter")
    await expect(page.locator("#panel")).to_contain_text("00871")
    await page.keyboard.press("Escape")
    await expect(page.locator("#attention li button").first).to_be_focused()
    await waits(site, "opens.1", 100, "Opens", SourceNumber="9000000871", Status="Picked")
    await expect(page.locator("#attention li.is-left")).to_contain_text("over", timeout=PATIENCE)
    await page.evaluate("document.activeElement.blur()")
    await expect(page.locator("#attention")).to_be_hidden(timeout=PATIENCE)
    await expect(page).to_have_title("0 waiting · 1 live · Callboard")
    assert page.complaints == []


async def test_list_groups_strip_and_band_go_by_the_limits_of_the_group(site, browser):  # noqa: F811
    page = await signed_in(browser, site, viewport=WIDE)
    await know_patience(page, "Hasty", long_wait=10, too_long=20)
    await only(page, "Hasty")
    await waits(site, "hasty.1", 22, "Hasty", SourceNumber="9000000881")
    await expect(line(page, "00881")).to_contain_text("too long", timeout=PATIENCE)
    timer = page.locator("#live .row").filter(has_text="00881").locator(".timer")
    await expect(timer).to_have_attribute("data-level", "alarm")
    waiting = page.locator("[data-tile=waiting]")
    await expect(waiting).to_have_attribute("data-level", "alarm")
    await expect(waiting).to_contain_text("too long")
    await page.keyboard.press("v")
    longest = page.locator("#groups tr[data-group=Hasty] .timer")
    await expect(longest).to_have_attribute("data-level", "alarm")
    await ends(site, "hasty.1", "Hasty")


async def test_a_customer_who_was_lost_and_calls_again_is_told_at_once(site, browser):  # noqa: F811
    lost = {"Status": "NO ANSWER", "TalkDuration": "0", "SourceNumber": "9000000872", "StartTime": ago(600)}
    await ends(site, "again.0", "Again", EndTime=ago(540), **lost)
    page = await signed_in(browser, site, viewport=WIDE)
    await only(page, "Again")
    await waits(site, "again.1", 2, "Again", SourceNumber="9000000872")

    await expect(line(page, "00872")).to_contain_text("calls again", timeout=PATIENCE)
    await expect(line(page, "00872")).to_contain_text("was lost at")


@pytest.mark.parametrize("width", [1440, 1280, 1024, 390])
async def test_a_long_reason_is_whole(site, browser, width):  # noqa: F811
    group = f"दिल्ली {width}"
    number = {"SourceNumber": f"900000{width:04}"}
    for at in range(2):
        lost = {"Status": "NO ANSWER", "TalkDuration": "0", "StartTime": ago(900 - at), "EndTime": ago(800 - at)}
        await ends(site, f"reason.{width}.{at}", group, **lost, **number)
    page = await signed_in(browser, site, viewport={"width": width, "height": 900})
    await know_patience(page, group, long_wait=10, too_long=20)
    await only(page, group)
    await waits(site, f"reason.{width}", 40, group, **number)

    why = page.locator(".attention-why")
    reason = re.compile(r"was lost 2 times, last at \d\d:\d\d · 8 of 10 give up within 30 s")
    await expect(why).to_have_text(reason, timeout=PATIENCE)
    assert await why.evaluate("(why) => why.scrollHeight <= why.clientHeight + 1")
    inside = "(why) => why.getBoundingClientRect().bottom <= why.closest('ol').getBoundingClientRect().bottom"
    assert await why.evaluate(inside)
    await ends(site, f"reason.{width}", group, **number)


@pytest.mark.parametrize("width", [1440, 1280, 1024, 390])
async def test_a_long_group_is_whole_in_its_line_and_a_very_long_one_in_the_call_that_it_opens(site, browser, width):  # noqa: F811
    long, longer = f"Customer care of the north {width}", f"{width} " + "Northern region customer care " * 3
    page = await signed_in(browser, site, viewport={"width": width, "height": 900})
    for at, group in enumerate((long, longer.strip())):
        await only(page, group)
        await waits(site, f"group.{width}.{at}", 100, group, SourceNumber=f"90000{at}{width:04}")
        shown = page.locator(".attention-group")
        await expect(shown).to_have_text(group, timeout=PATIENCE)
        if group == long:
            assert await shown.evaluate("(name) => name.scrollHeight <= name.clientHeight + 1")
            inside = (
                "(name) => name.getBoundingClientRect().bottom <= name.closest('li').getBoundingClientRect().bottom"
            )
            assert await shown.evaluate(inside)
        else:
            await page.keyboard.press("a")
            await page.keyboard.press("Enter")
            whole = page.locator("#panel .facts dd").filter(has_text=group)
            await expect(whole).to_be_visible(timeout=PATIENCE)
            assert await whole.evaluate("(name) => name.scrollWidth <= name.clientWidth")
        await ends(site, f"group.{width}.{at}", group)


async def test_the_lists_stay_where_they_are_under_a_hand_and_a_pill_counts_what_came(site, browser):  # noqa: F811
    await waits(site, "calm.0", 5, "Still", SourceNumber="9000000873", Status="Picked")
    page = await signed_in(browser, site, viewport=WIDE)
    await only(page, "Still")
    first = page.locator("#live .rows > .row").first
    await expect(first).to_be_visible(timeout=PATIENCE)
    box = await first.bounding_box()
    await page.mouse.move(box["x"] + 200, box["y"] + 10)
    await waits(site, "calm.1", 100, "Still", SourceNumber="9000000874")

    pill = page.locator("#needs")
    await expect(pill).to_have_text("1 more needs attention", timeout=PATIENCE)
    assert await first.bounding_box() == box
    await pill.click()
    await expect(line(page, "00874")).to_be_visible()
    await expect(pill).to_be_hidden()
    assert (await page.locator("#live").bounding_box())["y"] > box["y"] - 60, "now the band has its height"

    await page.locator("#attention li button").first.hover()
    await ends(site, "calm.1", "Still", SourceNumber="9000000874")
    await expect(page.locator("#attention li.is-left")).to_contain_text("over", timeout=PATIENCE)
    await page.mouse.move(5, 5)
    await expect(page.locator("#attention")).to_be_hidden(timeout=PATIENCE)


async def test_a_snoozed_line_goes_for_this_browser_and_can_be_shown_again(site, browser):  # noqa: F811
    page = await signed_in(browser, site, viewport=WIDE)
    await only(page, "Snoozed")
    await waits(site, "snoozed.1", 100, "Snoozed", SourceNumber="9000000875")
    await line(page, "00875").get_by_role("button", name="Snooze this line").click(timeout=PATIENCE)
    await page.get_by_role("button", name="15 min").click()
    await page.mouse.move(5, 5)
    await expect(page.locator("#attention")).to_be_hidden(timeout=PATIENCE)
    await page.reload()
    await expect(page.locator("#line")).to_have_attribute("data-truth", "live", timeout=PATIENCE)
    await page.locator("#alerts summary").click()
    wake = page.get_by_role("button", name="Show 1 snoozed again")
    await expect(wake).to_be_visible(timeout=PATIENCE)
    assert await page.locator("#attention").is_hidden()
    await wake.click()
    await expect(line(page, "00875")).to_be_visible(timeout=PATIENCE)


async def test_sound_and_notifications_are_off_until_a_click(site, browser):  # noqa: F811
    page = await signed_in(browser, site, viewport=WIDE)
    await page.add_init_script(
        "window.heard = 0; const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (...at) { window.heard += 1; return start.apply(this, at); };"
        "window.asked = 0; Notification.requestPermission = async () => { window.asked += 1; return 'denied'; };"
    )
    await only(page, "Heard")
    await waits(site, "heard.1", 86, "Heard", SourceNumber="9000000876")
    await expect(line(page, "00876")).to_contain_text("too long", timeout=PATIENCE)
    assert await page.evaluate("[heard, asked]") == [0, 0]
    await page.locator("#alerts summary").click()
    await page.get_by_role("button", name="Turn sound on").click()
    await expect(page.locator("#alerts summary")).to_have_text("Sound on")
    assert await page.evaluate("heard") == 2, "that it is on is heard"
    await page.get_by_role("button", name="Turn notifications on").click()
    assert await page.evaluate("asked") == 1
    await page.get_by_role("button", name="Sound is on").click()
    await expect(page.locator("#alerts summary")).to_have_text("Sound off")


async def test_a_stale_board_raises_nothing_and_its_timers_stand_still(site, browser):  # noqa: F811
    page = await signed_in(browser, site, viewport=WIDE)
    await only(page, "Stale")
    await waits(site, "stale.1", 60, "Stale", SourceNumber="9000000877")
    await expect(line(page, "00877")).to_be_visible(timeout=PATIENCE)
    # The page's own clock is taken half a minute ahead: nothing was heard for so long.
    await page.context.set_offline(True)
    await page.evaluate("{ const now = Date.now; Date.now = () => now.call(Date) + 40_000; }")
    await expect(page.locator("#board")).to_have_attribute("data-truth", "stale", timeout=PATIENCE)
    stands = await line(page, "00877").locator("b").text_content()
    await asyncio.sleep(2.2)
    assert await line(page, "00877").locator("b").text_content() == stands
    await expect(line(page, "00877")).to_contain_text("long wait")
    await expect(page.locator("#attention .stale-word")).to_be_visible()


async def test_on_a_phone_three_lines_have_two_rows_each(site, browser):  # noqa: F811
    for at in range(5):
        await waits(site, f"phone.{at}", 100 + at, f"Phone {at}", SourceNumber=f"90000009{at:02}")
    page = await signed_in(browser, site, **PHONE)
    await expect(page.locator("#attention li").nth(2)).to_be_visible(timeout=PATIENCE)
    assert await page.locator("#attention li:visible").count() == 3
    assert (await page.locator("#attention").bounding_box())["height"] < 180
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.locator("#attention li button").first.tap()
    await expect(page.locator("#panel")).to_be_visible()
    assert await page.locator("#attention").evaluate("(node) => node.inert")
