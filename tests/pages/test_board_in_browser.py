"""The whole way, in real Chromium against a real server process: what a supervisor sees happen."""

import asyncio
import json
import re
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright, expect

from tests.conftest import chromium as path_of_chromium
from tests.support.provider import india
from tests.support.running import RunningServer, manage

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]

PASSWORD = "a board for eight hours"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
HOSTILE = '<img src=x onerror="document.title=1">"\'`{{7*7}}</script><script>alert(1)</script>'
PATIENCE = 20_000


class Site:
    """A server on data of its own, its webhook, and the means to kill it and start it again."""

    def __init__(self, folder):
        self.folder, self.cookies = folder, {}
        self.server = RunningServer(folder)
        self.server.wait_until_ready()
        said = manage("createsource", "Head office", CALLBOARD_DATA_DIR=str(folder)).stdout
        self.token = re.search(r"/hooks/(\S+)", said)[1]
        manage("adduser", "asha", "--role", "admin", "--password", PASSWORD, CALLBOARD_DATA_DIR=str(folder))
        manage("adduser", "mira", "--role", "viewer", "--password", PASSWORD, CALLBOARD_DATA_DIR=str(folder))

    def says(self, sid="1894680000.1", **fields):
        now = datetime.now(UTC)
        said = {
            "type": "live_call",
            "SourceNumber": "9000000101",
            "DestinationNumber": "01200000301",
            "DialWhomNumber": "8000000201",
            "Status": "Transfer to agent",
            "StartTime": india(now - timedelta(seconds=20)),
            "CallSid": sid,
            "Direction": "IVR",
            "call_group": "Sales",
        } | fields
        body = json.dumps(said).encode()
        request = urllib.request.Request(
            f"{self.server.url}/hooks/{self.token}", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert json.load(answer)["ok"]

    def reports(self, sid="1894680000.1", **fields):
        ended = {"type": "call_report", "Status": "ANSWER", "TalkDuration": "9", "receiver_name": "Asha Verma"}
        self.says(sid, **(ended | {"EndTime": india(datetime.now(UTC))} | fields))

    def kill(self):
        self.server.process.kill()
        self.server.process.wait()

    def start_again(self):
        port = self.server.port
        self.server = RunningServer(self.folder, "--port", str(port))
        self.server.port = port
        self.server.wait_until_ready()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium():
    """One process of Chromium for all tests of a file. Mark them `asyncio(loop_scope="module")`."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path_of_chromium(), args=FLAGS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module")
async def browser(chromium):
    """A browser that has no page open and knows nobody."""
    yield chromium
    for context in chromium.contexts:
        # A board asks every 3 s: an answer that a test has put in the way must not fail the test after it.
        for page in context.pages:
            await page.unroute_all(behavior="ignoreErrors")
        await context.unroute_all(behavior="ignoreErrors")
        await context.close()


async def sign_in(page, name):
    await page.goto("/accounts/login/")
    await page.get_by_label("Name").or_(page.locator("[name=username]")).first.fill(name)
    await page.locator("[name=password]").fill(PASSWORD)
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def signed_in(browser, site, name="asha", **options):
    """A page with the board open. What the browser complains of is kept in `page.complaints`."""
    context = await browser.new_context(base_url=site.server.url, **options)
    await context.add_init_script("localStorage.setItem('callboard-coached', 'yes')")  # been here before
    page = await context.new_page()
    page.complaints = []
    page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    if name not in site.cookies:
        await sign_in(page, name)
        site.cookies[name] = await context.cookies()
    await context.add_cookies(site.cookies[name])
    await page.goto("/")
    await expect(page.locator("#line")).to_have_attribute("data-truth", "live", timeout=PATIENCE)
    return page


def row(page, which, text):
    return page.locator(f"#{which} [role=row], #{which} [role=listitem], #{which} [data-call]").filter(has_text=text)


async def test_a_call_rings_talks_and_completes_on_screen(site, browser):
    page = await signed_in(browser, site)

    await asyncio.to_thread(site.says, "way.1", SourceNumber="9000000777")
    ringing = row(page, "live", "9000000777").first
    await expect(ringing).to_contain_text("Ringing", timeout=PATIENCE)

    await asyncio.to_thread(site.says, "way.1", SourceNumber="9000000777", Status="Picked")
    await expect(ringing).to_contain_text("Talking", timeout=PATIENCE)

    await asyncio.to_thread(site.reports, "way.1", SourceNumber="9000000777")
    await expect(row(page, "completed", "9000000777").first).to_contain_text("Answered", timeout=PATIENCE)
    await expect(row(page, "live", "9000000777")).to_have_count(0, timeout=PATIENCE)
    assert page.complaints == []


async def test_a_killed_server_is_told_of_and_all_is_right_again_without_a_reload(site, browser):
    page = await signed_in(browser, site)
    await asyncio.to_thread(site.says, "gone.1", SourceNumber="9000000881")
    await expect(row(page, "live", "9000000881").first).to_be_visible(timeout=PATIENCE)
    await page.evaluate("window.sameDocument = true")

    site.kill()
    await expect(page.locator("#line")).not_to_have_attribute("data-truth", "live", timeout=PATIENCE)

    await asyncio.to_thread(site.start_again)
    await asyncio.to_thread(site.reports, "gone.1", SourceNumber="9000000881")
    await asyncio.to_thread(site.says, "gone.2", SourceNumber="9000000882")
    await expect(page.locator("#line")).to_have_attribute("data-truth", "live", timeout=PATIENCE)
    await expect(row(page, "live", "9000000882").first).to_be_visible(timeout=PATIENCE)
    await expect(row(page, "completed", "9000000881").first).to_be_visible(timeout=PATIENCE)
    await expect(row(page, "live", "9000000881")).to_have_count(0)
    assert await page.evaluate("window.sameDocument")


async def test_hostile_text_in_every_field_stays_text(site, browser):
    page = await signed_in(browser, site)
    dialogs = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    words = {"call_group": HOSTILE, "SourceNumber": HOSTILE, "DialWhomNumber": HOSTILE, "DestinationNumber": HOSTILE}

    await asyncio.to_thread(site.says, "evil.live" + HOSTILE, **words)
    await asyncio.to_thread(
        site.reports,
        "evil.done" + HOSTILE,
        **words,
        receiver_name=HOSTILE,
        CallRecordingUrl="javascript:alert(1)",
    )
    done = row(page, "completed", "onerror").first
    await expect(done).to_be_visible(timeout=PATIENCE)
    await expect(row(page, "live", "onerror").first).to_be_visible(timeout=PATIENCE)
    await done.click()
    await expect(page.locator("#panel")).to_contain_text("onerror", timeout=PATIENCE)

    assert await page.locator("img").count() == 0
    assert await page.locator("a[href^='javascript']").count() == 0
    assert "Callboard" in await page.title()
    assert dialogs == [] and page.complaints == []


async def test_a_masked_viewer_receives_no_full_number_in_any_byte(site, browser):
    await asyncio.to_thread(site.says, "mask.1", SourceNumber="9000000993")
    page = await signed_in(browser, site, "mira")
    received = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(str(frame))))
    await page.reload()
    await expect(page.locator("#line")).to_have_attribute("data-truth", "live", timeout=PATIENCE)
    await asyncio.to_thread(site.says, "mask.1", SourceNumber="9000000993", Status="Picked")
    await expect(row(page, "live", "0993").first).to_contain_text("Talking", timeout=PATIENCE)

    html = await page.content()
    frames = "".join(received)
    assert "0993" in frames
    for number in ("9000000993", "8000000201", "1200000301"):
        assert number not in html and number not in frames


async def test_every_menu_of_a_phone_opens_on_its_glass(site, browser):
    await asyncio.to_thread(site.says, "phone.1")
    glass = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    page = await signed_in(browser, site, **glass)
    for facet in ("direction", "state", "agent", "outcome"):
        summary = page.locator(f"[data-facet={facet}] > summary")
        await summary.scroll_into_view_if_needed()
        await summary.tap()
        box = await page.locator(f"[data-facet={facet}] .choices").bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert box["y"] >= 0 and box["y"] + box["height"] <= 844
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        await summary.tap()


async def test_the_wait_is_the_large_timer_of_a_caller_who_waits(site, browser):
    began = india(datetime.now(UTC) - timedelta(seconds=100))
    await asyncio.to_thread(site.says, "wait.1", SourceNumber="9000000555", StartTime=began)
    page = await signed_in(browser, site)
    waiting = row(page, "live", "9000000555").first
    await expect(waiting.locator(".timer")).to_have_text(re.compile("^(1:[45]|2:)"), timeout=PATIENCE)
    await expect(waiting.locator(".timer")).to_have_attribute("data-level", "alarm")
    await expect(waiting.locator(".total")).to_have_text(re.compile("^0:"))


async def test_paper_holds_every_row(site, browser):
    for at in range(3):
        await asyncio.to_thread(site.says, f"paper.{at}", SourceNumber=f"900000066{at}")
    page = await signed_in(browser, site)
    await expect(row(page, "live", "9000000662").first).to_be_visible(timeout=PATIENCE)
    await page.emulate_media(media="print")
    await page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    for each in ("live", "completed"):
        missing = (
            f"document.querySelector('#{each} .rows').offsetHeight - document.querySelector('#{each}').offsetHeight"
        )
        assert await page.evaluate(missing) <= 0
    # A sheet says when it was made, of what, and by whom; the figures are as wide as the paper.
    await page.goto("/?group=Sales&state=waiting&q=900000066")
    await expect(page.locator("#line")).to_have_attribute("data-truth", "live", timeout=PATIENCE)
    await page.set_viewport_size({"width": 794, "height": 1123})
    await page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    head = await page.locator("#print-head").inner_text()
    assert re.search(r"\d{2}:\d{2}:\d{2} IST", head) and "printed by asha" in head
    assert "Sales · State: Waiting · Search: 900000066" in head
    assert (
        await page.evaluate("(strip => strip.scrollWidth - strip.clientWidth)(document.querySelector('#strip'))") <= 0
    )


async def test_an_error_on_a_card_is_not_grey(site, browser):
    page = await (await browser.new_context(base_url=site.server.url)).new_page()
    await page.goto("/accounts/login/")
    await page.locator("[name=username]").fill("asha")
    await page.locator("[name=password]").fill("wrong")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    alarm, said = await page.evaluate("""() => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.className = "form-error";
        return [probe, document.querySelector("#form-error")].map((node) => getComputedStyle(node).color);
    }""")
    assert said == alarm


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
async def test_no_page_breaks_the_policy_or_is_hard_to_use(site, browser, width, scheme):
    """Every page that a person can open: no complaint of the browser, and nothing serious that axe finds."""
    await asyncio.to_thread(site.says, "axe.1")
    await asyncio.to_thread(site.reports, "axe.2")
    page = await signed_in(browser, site, viewport={"width": width, "height": 900}, color_scheme=scheme)
    call = (await page.evaluate("fetch('/api/calls/').then(r => r.json())"))["calls"][0]["id"]
    pages = ["/", f"/?call={call}", "/?state=talking", "/accounts/password_change/", "/admin/", "/admin/calls/call/"]
    pages += [f"/admin/calls/call/{call}/change/", "/admin/calls/delivery/", "/admin/calls/source/", "/nowhere/"]
    found = {}
    for path in pages:
        await page.goto(path)
        await page.wait_for_timeout(300)
        answer = await Axe().run(page)
        serious = [
            (each["id"], each["nodes"][0]["html"][:200])
            for each in answer.response["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        if serious:
            found[path] = serious
    complaints = [each for each in page.complaints if "404" not in each]
    assert (found, complaints) == ({}, [])
