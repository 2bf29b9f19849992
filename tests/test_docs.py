"""The docs name everything that there is."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from calls import words
from tests.support.running import ROOT

PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
]
COMMANDS = sorted(path.stem for path in (ROOT / "calls/management/commands").glob("[a-z]*.py"))
# What compose.yaml may be told.
IMAGES = {"REDIS_IMAGE"}
# What the glossary must say at least: the words of the trade.
TRADE = [
    "source", "provider", "delivery", "call event", "report", "call", "leg", "customer", "agent", "virtual number",
    "call group", "direction", "state", "outcome", "reason", "lost track", "wait", "talk", "seq", "snapshot", "scope",
]  # fmt: skip


def page(name: str) -> str:
    return (ROOT / name).read_text()


def everything() -> str:
    return "\n".join(path.read_text() for path in PAGES)


@pytest.mark.parametrize("name", sorted(settings.CALLBOARD_VARIABLES))
def test_every_setting_has_a_row(name):
    rows = [line for line in page("docs/configuration.md").splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1


def test_no_setting_is_described_that_is_none():
    described = set(re.findall(r"`((?:CALLBOARD_|DATABASE_|REDIS_)[A-Z_]+[A-Z])`", everything()))
    assert described - IMAGES <= settings.CALLBOARD_VARIABLES


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_operations(command):
    assert f"| `{command}` |" in page("docs/operations.md")


def addresses(resolver: URLResolver, prefix: str = "") -> set[str]:
    found = set()
    for pattern in resolver.url_patterns:
        here = prefix + str(pattern.pattern)
        # The admin's own pages are Django's to describe.
        if isinstance(pattern, URLPattern) or here == "admin/":
            found.add("/" + re.split(r"[<(\[\\^$?]", here.removeprefix("^"))[0])
        else:
            found |= addresses(pattern, here)
    return found


@pytest.mark.parametrize("address", sorted(addresses(get_resolver()) | {"/healthz", "/ws/board/"}))
def test_every_address_is_named(address):
    assert f"`{address}" in everything()


@pytest.mark.parametrize("word", TRADE)
def test_the_glossary_explains_the_trade(word):
    explained = {
        part.strip() for row in re.findall(r"^\| ([^|]+) \|", page("docs/glossary.md"), re.M) for part in row.split(",")
    }
    assert word in explained


@pytest.mark.parametrize("kind", [words.Direction, words.State, words.Outcome, words.Result])
def test_the_glossary_knows_every_value(kind):
    assert [value for value in kind if f"`{value}`" not in page("docs/glossary.md")] == []


@pytest.mark.parametrize("path", [path for path in PAGES if path.name != "README.md"], ids=lambda path: path.name)
def test_every_page_is_in_an_index(path: Path):
    indexes = [page for page in PAGES if page.name == "README.md"]
    linked = {(index.parent / target).resolve() for index in indexes for target in links(index)}
    assert path.resolve() in linked


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files(path: Path):
    assert [target for target in links(path) if not (path.parent / target).exists()] == []


def links(path: Path) -> list[str]:
    return re.findall(r"\]\((?!https?://|#)([^)#]+)", path.read_text())


PROSE = [path for path in PAGES if path.parent.name == "docs" or path.parent.name == "decisions"]
PATHS = re.compile(r"`((?:calls|tests|dashboard|static|templates|contrib)/[\w./-]+)`")


@pytest.mark.parametrize("path", [*PROSE, ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_a_file_that_a_page_names_is_there(path: Path):
    named = {name for name in PATHS.findall(path.read_text()) if "NAME" not in name}
    assert {name for name in named if not (ROOT / name).exists()} == set()


RECIPES = page("docs/recipes.md")


def test_a_folder_that_a_recipe_puts_something_into_is_there():
    new = [name for name in PATHS.findall(RECIPES) if "NAME" in name]
    assert len(new) >= 4
    assert [name for name in new if not (ROOT / name).parent.is_dir()] == []


def test_a_name_that_a_recipe_tells_to_change_is_in_its_file():
    told = re.findall(r"`(\w+)`\s+in\s+`([\w./-]+)`", RECIPES)
    assert len(told) >= 12
    assert [(name, path) for name, path in told if not re.search(rf"\b{name}\b", page(path))] == []


def test_hooks_run_the_versions_that_ci_runs():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert set(re.findall(r'"ruff==([\d.]+)"', hooks)) == set(
        re.findall(r"^ruff==([\d.]+)", page("requirements/test.txt"), re.M)
    )
    checks = json.loads(page("package.json"))["devDependencies"]
    assert f'"@biomejs/biome@{checks["@biomejs/biome"]}"' in hooks


def test_the_lock_of_the_browsers_checks_names_no_registry():
    assert "://" not in re.sub(r'"url": "[^"]+"', "", page("package-lock.json"))
