"""No page breaks the content policy: tried in a browser, with the admin's pages too."""

import pytest
from playwright.async_api import async_playwright

from tests.support.running import manage, running_server

PASSWORD = "correct horse battery"
PAGES = [
    "/accounts/login/", "/", "/accounts/password_change/", "/nowhere",
    "/admin/", "/admin/calls/call/", "/admin/calls/delivery/", "/admin/calls/source/", "/admin/calls/source/add/",
    "/admin/calls/agent/", "/admin/calls/agent/add/", "/admin/calls/callgroup/add/",
    "/admin/auth/user/", "/admin/auth/user/add/",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.needs_chromium
async def test_no_page_breaks_the_content_policy(tmp_path, chromium_path):
    directory = {"CALLBOARD_DATA_DIR": str(tmp_path)}
    with running_server(tmp_path) as server:
        added = manage("adduser", "ravi", "--role", "admin", "--password", PASSWORD, **directory)
        assert added.returncode == 0, added.stderr
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
            page = await browser.new_page()
            complaints: list[str] = []
            page.on("console", lambda message: complaints.append(f"{page.url}: {message.text}"))
            page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
            await page.goto(server.url + "/accounts/login/")
            await page.fill("[name=username]", "ravi")
            await page.fill("[name=password]", PASSWORD)
            await page.click("[type=submit]")
            await page.wait_for_url(server.url + "/")
            for path in PAGES:
                await page.goto(server.url + path)
            await browser.close()
    broken = [complaint for complaint in complaints if "Content Security Policy" in complaint or "Error" in complaint]
    assert broken == []
