"""Takes the pictures of the README and the docs from the demo: `python3 run.py pictures`.

They are as wide as people read them and in the order in which they stand there. Needs Chromium.
"""

import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import chromium
from tests.support.running import ROOT, RunningServer

DOCS = ROOT / "docs"
STORY_SECONDS = 78
"""Then Billing runs hot, and the customer who called again is answered."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with_server(Path(folder) / "day", browser, of_a_day)
        with_server(Path(folder) / "many", browser, of_many, "--live", "2000")
        browser.close()


def with_server(data: Path, browser: Browser, take: Callable[[RunningServer, Browser], None], *options: str) -> None:
    data.mkdir()
    server = RunningServer(data, "--simulate", *options)
    try:
        server.wait_until_ready(180)
        take(server, browser)
    finally:
        server.process.kill()  # Its folder goes with it.


def of_a_day(server: RunningServer, browser: Browser) -> None:
    light = signed_in(server, browser, color_scheme="light")
    page = board(server, light)
    time.sleep(STORY_SECONDS)
    shoot(page, "board")
    page.locator("#live [role=row]").nth(2).click()
    page.wait_for_selector("#panel:not([hidden]) dl")
    shoot(page, "call")
    page.goto(f"{server.url}/figures/?span=7d")
    shoot(page, "figures")
    page.goto(f"{server.url}/admin/")
    shoot(page, "health")
    state = light.storage_state()
    shoot(board(server, browser.new_context(**desk(), color_scheme="dark", storage_state=state)), "board-dark")
    phone = browser.new_context(
        viewport={"width": 390, "height": 780}, device_scale_factor=2, is_mobile=True, has_touch=True,
        color_scheme="light", storage_state=state,
    )  # fmt: skip
    shoot(board(server, phone), "board-phone")


def of_many(server: RunningServer, browser: Browser) -> None:
    page = board(server, signed_in(server, browser, color_scheme="light"))
    page.locator('[data-show="groups"]').click()
    time.sleep(3)
    shoot(page, "groups")


def desk() -> dict[str, object]:
    return {"viewport": {"width": 1440, "height": 900}}


def signed_in(server: RunningServer, browser: Browser, **options: str) -> BrowserContext:
    context = browser.new_context(**desk(), **options)
    context.add_init_script("localStorage.setItem('callboard-coached', 'yes')")
    page = context.new_page()
    password = re.search(r"password +(\S+)", server.first_secrets)[1]
    page.goto(f"{server.url}/accounts/login/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{server.url}/")
    page.close()
    return context


def board(server: RunningServer, context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(f"{server.url}/")
    page.wait_for_selector('#board[data-truth="live"]')
    time.sleep(3)
    return page


def shoot(page: Page, name: str) -> None:
    page.screenshot(path=DOCS / f"{name}.png")
    sys.stdout.write(f"docs/{name}.png\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
