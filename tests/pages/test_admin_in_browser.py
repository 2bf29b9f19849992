"""Every page and form of Set-up in real Chromium: nothing that axe finds serious, and one button that goes on."""

import asyncio
import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.pages.test_board_in_browser import Site, browser, chromium, signed_in, site  # noqa: F401

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(300)),
    pytest.mark.asyncio(loop_scope="module"),
]

LISTS = ["source", "callgroup", "agent", "virtualnumber", "figuresettings"]


async def serious(page):
    found = (await Axe().run(page)).response["violations"]
    return [(each["id"], each["nodes"][0]["html"][:160]) for each in found if each["impact"] in ("serious", "critical")]


async def first_of(page, path):
    """The form of the first line of a list."""
    await page.goto(path)
    return await page.locator("#result_list tbody th a").first.get_attribute("href")


async def test_every_form_of_set_up_is_named_and_has_one_primary_button(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "form.1")
    await asyncio.to_thread(site.reports, "form.1")
    await asyncio.to_thread(site.says, "form.2", Status="Astonished")
    page = await signed_in(browser, site)
    forms = [f"/admin/calls/{each}/add/" for each in LISTS] + ["/admin/auth/user/add/"]
    forms += [await first_of(page, path) for path in [f"/admin/calls/{each}/" for each in LISTS[:4]]]
    forms.append(await first_of(page, "/admin/auth/user/"))
    forms.append(re.sub("change/$", "password/", forms[-1]))
    lists = [f"/admin/calls/{each}/" for each in LISTS] + ["/admin/auth/user/", "/admin/axes/accessattempt/"]
    lists += ["/admin/", "/admin/admin/logentry/", "/admin/calls/auditentry/", "/figures/"]
    source = re.search(r"/source/(\d+)/", "".join(forms))[1]
    lists.append(f"/admin/calls/source/{source}/token/")
    found = {}
    for path in forms + lists:
        await page.goto(path)
        # What axe itself does to a page may break its content policy: only what was said before counts.
        bad = [*page.complaints, *await serious(page)]
        page.complaints.clear()
        if bad:
            found[path] = bad
        if path in forms:
            primary = await page.locator(".content input[type=submit]:not([name=_preview])").count()
            assert primary == 1 or path.endswith("password/"), path
            assert await page.locator(".select2").count() == 0, path
    assert found == {}


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    empty = Site(tmp_path_factory.mktemp("empty"))
    yield empty
    empty.kill()


ALL_LISTS = [f"/admin/calls/{each}/" for each in (*LISTS, "call", "delivery", "kiosk", "auditentry")]
ALL_LISTS += ["/admin/auth/user/", "/admin/axes/accessattempt/", "/admin/admin/logentry/"]

# What a form or a list shows beyond its own box: a box that scrolls may, and what is not seen does.
BEYOND = """() => [...document.querySelectorAll("#content *, .header nav > [aria-current], .places > [aria-current]")]
    .filter((node) => node.checkVisibility() && !node.closest(".results, pre, .visually-hidden"))
    .filter((node) => node.getBoundingClientRect().right > innerWidth || node.getBoundingClientRect().left < 0
        || (node.matches(".form-row, .object-tools, #changelist-filter") && node.scrollWidth > node.clientWidth + 1))
    .map((node) => node.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("which", ["seeded", "empty"])
async def test_every_page_of_set_up_is_whole_on_a_dark_phone(which, request, browser):  # noqa: F811
    site = request.getfixturevalue("site" if which == "seeded" else "empty")  # noqa: F811
    if which == "seeded":
        await asyncio.to_thread(site.reports, "phone.1", receiver_name="वेंकटनरसिम्हा राजुवरिपेटा")
        await asyncio.to_thread(site.says, "phone.2", Status="Astonished")
    phone = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True}
    page = await signed_in(browser, site, color_scheme="dark", **phone)
    pages = ["/admin/", "/accounts/password_change/", *ALL_LISTS]
    for path in ALL_LISTS:
        await page.goto(path)
        for link in ("#result_list tbody th a", ".object-tools a.addlink"):
            found = page.locator(link).first
            if await found.count():
                pages.append((await found.get_attribute("href")).split("?")[0])
    assert len(pages) >= (28 if which == "seeded" else 20)
    found = {}
    for path in pages:
        await page.goto(path)
        wide = await page.evaluate("document.documentElement.scrollWidth") - 390
        bad = [*page.complaints, *await page.evaluate(BEYOND), *([f"{wide} px too wide"] if wide else [])]
        bad += await serious(page)
        page.complaints.clear()
        if bad:
            found[path] = bad
    assert found == {}


async def test_a_test_goes_through_the_webhook_and_leaves_nothing_behind(site, browser):  # noqa: F811
    page = await signed_in(browser, site)
    form = await first_of(page, "/admin/calls/source/")
    await page.goto(form)
    before = await page.locator(".field-pings, .field-last_delivery").all_inner_texts()
    said = page.locator(".messagelist li").last
    send = page.get_by_role("button", name="Send a test")
    await send.click()
    await expect(said).to_contain_text("answered 200")
    await expect(said).to_contain_text("stored and read")
    assert await page.locator(".field-pings, .field-last_delivery").all_inner_texts() == before
    # What would keep the provider out keeps the test out, too.
    await page.locator("[name=allowed_networks]").fill("203.0.113.0/24")
    await page.locator("[name=_save]").click()
    await page.goto(form)
    await send.click()
    await expect(said).to_contain_text("answered 403")
    await expect(said).to_contain_text("this server is in none of them")
    await page.locator("[name=allowed_networks]").fill("")
    await page.locator("[name=_save]").click()
    await page.goto("/admin/calls/delivery/")
    assert "test button" not in await page.locator("#changelist").inner_text()


async def test_reading_again_shows_its_outcome(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "again.1", Status="Astonished")
    page = await signed_in(browser, site)
    await page.goto("/admin/")
    await page.locator(".reasons button").first.click()
    await page.get_by_text("Dry run: nothing was changed.").wait_for()
    assert page.complaints == [] and await serious(page) == []


async def test_the_marks_of_a_call_are_not_cut(site, browser):  # noqa: F811
    await asyncio.to_thread(site.says, "marks.1", Direction="")
    page = await signed_in(browser, site, viewport={"width": 1440, "height": 900})
    await page.goto("/admin/calls/call/")
    cut = """() => { const box = document.querySelector(".results");
        return box.scrollWidth - box.clientWidth; }"""
    assert await page.evaluate(cut) <= 0


async def test_health_leaves_no_hole_beside_a_doctor_who_says_much(site, browser):  # noqa: F811
    page = await signed_in(browser, site)
    await page.goto("/admin/")

    boxes = {
        name: await page.locator(f'[aria-labelledby="health-{name}"]').bounding_box()
        for name in ("aside", "doctor", "people")
    }

    above, below = boxes["aside"], boxes["people"]
    assert boxes["doctor"]["height"] > above["height"] + 40, "otherwise this says nothing"
    assert 0 < below["y"] - above["y"] - above["height"] < 40
    assert below["x"] == above["x"] < boxes["doctor"]["x"]
