"""How much a page weighs: what is sent of it, in how many requests, and how it is packed."""

import re
from pathlib import Path

import pytest
from django.utils import timezone

from calls.models import Agent, Call
from calls.templatetags.modules import modules_of
from calls.words import State
from tests.pages.test_board_in_browser import browser, chromium, signed_in, site  # noqa: F401
from tests.pages.test_pages import page_of, plain_static_files  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
FIRST_PAGE_BYTES = 40_000
CACHED_REQUESTS = 12
NAMES = ["वेंकटनरसिम्हा राजुवरिपेटा", "வெங்கடநரசிம்ம ராஜுவாரி", "عبد الرحمن بن خالد الفارسي", "Venkatanarasimha Rajuvaripeta"]


@pytest.mark.django_db
def test_the_first_page_of_two_hundred_live_calls_is_light(client, admin_person, source, sales):
    now = timezone.now()
    for at in range(30):
        Agent.objects.create(
            source=source, number=f"+9180000{at:05}", number_key=f"80000{at:05}", name=f"{NAMES[at % 4]} {at}"
        )
    for at in range(230):
        ended = {"state": State.ENDED, "ended_at": now, "outcome": "answered", "talk_seconds": 7 * at}
        live = {"state": State.RINGING if at % 3 else State.TALKING}
        Call.objects.create(
            source=source,
            group=sales,
            ref=f"1894680{at * 7919:06}.{at * 31}",
            customer_number=f"+919{at * 48_271_337 % 10**9:09}",
            customer_key=f"{at * 2_654_435_761 % 2**64:016x}",
            virtual_number="+911200000301",
            agent_number=f"+9180000{at % 30:05}",
            direction="incoming",
            began_at=now,
            heard_at=now,
            seq=at + 1,
            **(live if at < 200 else ended),
        )
    assert "<live-list" in page_of(client, admin_person)
    answer = client.get("/", headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) < FIRST_PAGE_BYTES


@pytest.mark.django_db
def test_the_page_names_every_module_of_the_board_and_no_other(client, admin_person):
    used = {path.relative_to(ROOT / "static").as_posix() for path in (ROOT / "static/js/board").glob("*.js")}
    modules = modules_of("js/board/main.js")
    assert used <= set(modules), "a module of the board that nothing imports is dead"
    assert len(modules) == len(set(modules)) and all((ROOT / "static" / module).exists() for module in modules)
    page = page_of(client, admin_person)
    assert re.findall(r'<link rel="modulepreload" href="/static/([^"]+)">', page) == modules


@pytest.mark.slow
@pytest.mark.needs_chromium
@pytest.mark.timeout(240)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_board_that_was_open_before_asks_for_little(site, browser):  # noqa: F811
    page = await signed_in(browser, site)
    await page.goto("/")
    sent = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .filter((entry) => entry.transferSize > 0).map((entry) => entry.name)"""
    asked = await page.evaluate(sent)
    assert 0 < len(asked) < CACHED_REQUESTS, asked
    assert page.complaints == []
    icons = await page.locator("use").first.evaluate("(node) => node.getAttribute('href').split('#')[0]")
    for path in (icons, await page.locator("link[rel=stylesheet]").first.get_attribute("href")):
        answer = await page.request.get(path, headers={"accept-encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        assert "immutable" in answer.headers["cache-control"]
        packed = site.folder / "static" / f"{path.removeprefix('/static/')}.gz"
        assert packed.exists(), "it is compressed once, at set-up"
