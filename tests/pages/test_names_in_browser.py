"""Long names in the scripts of India and beyond: whole in the page, shortened by the eye's letters, never torn."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.pages.test_board_in_browser import PATIENCE, browser, chromium, row, signed_in, site  # noqa: F401

pytestmark = [
    *(pytest.mark.slow, pytest.mark.needs_chromium, pytest.mark.timeout(240)),
    pytest.mark.asyncio(loop_scope="module"),
]

LETTERS = 20
NAMES = {
    "Latin": "Venkata Narasimhacha",
    "Devanagari": "वेंकटनरसिम्हा राजुवरिपेटा शर्मा देवी",
    "Tamil": "வெங்கடநரசிம்மன் ராஜுவாரிபேட்டையார்",
    "Arabic": "مصطفى عبدالمحسن شريف",
    "mixed": "Priya श्रीनिवासराघवन अय्यंगारर",
}
COUNT = "(text) => [...new Intl.Segmenter().segment(text)].length"
# The words that the box has room for (of one word the letters); of them the letters that leave room for an ellipsis.
SHORTENED = r"""(node) => {
    const room = node.getBoundingClientRect().width;
    const probe = node.cloneNode();
    Object.assign(probe.style, { display: "inline-block", position: "absolute", whiteSpace: "nowrap" });
    node.parentNode.append(probe);
    const fits = (text) => {
        probe.textContent = text;
        return probe.getBoundingClientRect().width <= room;
    };
    const letters = [...new Intl.Segmenter().segment(node.textContent)].map(({ segment }) => segment);
    const prefixes = letters.map((_, at) => letters.slice(0, at + 1).join(""));
    const words = prefixes.filter((text, at) => letters[at + 1] === " ");
    const line = words.filter(fits).pop() ?? prefixes.filter(fits).pop();
    const kept = prefixes.filter((text) => line.startsWith(text) && fits(`${text.trimEnd()}…`)).pop();
    probe.remove();
    // A letter that is joined to the next one keeps the shape that says so.
    const joined = /^\p{Script=Arabic}/u.test(letters[prefixes.indexOf(kept) + 1]) ? "\u200d" : "";
    return `${kept.trimEnd()}${joined}…`;
}"""
SAY = """(node, text) => {
    node.style.width = `${node.getBoundingClientRect().width}px`;
    node.textContent = text;
}"""


async def test_a_long_name_is_shortened_between_letters_in_every_script(site, browser):  # noqa: F811
    for at, name in enumerate(NAMES.values()):
        await asyncio.to_thread(site.reports, f"name.{at}", receiver_name=name, DialWhomNumber=f"800000090{at}")
    page = await signed_in(browser, site, viewport={"width": 1100, "height": 900})
    for script, name in NAMES.items():
        assert await page.evaluate(COUNT, name) == LETTERS, script
        shown = row(page, "completed", name).first.locator(".who > :first-child")
        await expect(shown).to_have_text(name, timeout=PATIENCE)
        parts = "(node) => [node.childNodes.length, node.firstChild.nodeType, node.dir, node.title]"
        assert await shown.evaluate(parts) == [1, 3, "auto", name], f"{script}: the text is one run, and whole"
        node = await shown.element_handle()
        shortened = await node.evaluate(SHORTENED)
        assert len(shortened) < len(name)
        picture = await node.screenshot()
        await node.evaluate(SAY, shortened)
        assert picture == await node.screenshot(), f"{script}: the eye sees {shortened}"


async def test_a_script_is_not_shown_as_boxes(site, browser):  # noqa: F811
    page = await signed_in(browser, site, viewport={"width": 1100, "height": 900})
    heading = page.locator("#live-title")
    for letters in ("अक", "வர", "عر"):
        pictures = []
        for letter in letters:
            await heading.evaluate("(node, letter) => { node.textContent = letter; }", letter)
            pictures.append(await heading.screenshot())
        assert pictures[0] != pictures[1], f"{letters} look alike: no font of this machine has them"


async def test_the_dock_and_the_menus_show_the_same_names(site, browser):  # noqa: F811
    name = NAMES["Devanagari"]
    await asyncio.to_thread(site.reports, "dock.name", receiver_name=name, DialWhomNumber="8000000905")
    await asyncio.to_thread(site.says, "menu.name", DialWhomNumber="8000000905", call_group=name)
    page = await signed_in(browser, site, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    await page.locator("[data-facet=agent] > summary").evaluate("(node) => node.click()")
    option = page.locator("[data-facet=agent] .choices .cut").filter(has_text=name)
    await expect(option).to_have_text(name, timeout=PATIENCE)
    assert await option.evaluate("(node) => [node.dir, node.scrollHeight <= node.clientHeight]") == ["auto", True]
    await page.keyboard.press("Escape")
    await row(page, "live", name).first.tap()
    shown = page.locator("#panel .facts bdi").filter(has_text=name).first
    await expect(shown).to_have_text(name, timeout=PATIENCE)
    assert await page.locator("#panel .facts").evaluate("(node) => node.scrollWidth <= node.clientWidth")
