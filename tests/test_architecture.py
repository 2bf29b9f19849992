"""Imports point one way, files and functions stay short, and what must not be written anywhere is written nowhere."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.running import ROOT

# From the ground up. A module may know its own floor and those below it, never one above.
FLOORS = [
    {"words", "spellings", "phones", "phones_in_text", "days", "private_files"},
    {"rules", "models"},
    {"providers", "database", "people"},
    {"display"},
    {"health", "figures"},
    {"commit", "live"},
    {"intake", "projections", "boards", "history"},
    {"pages", "api", "admin", "upkeep"},
    {"management", "templatetags", "apps"},
]
# A provider that is made up: it stands outside, and knows the product by its webhook only.
OUTSIDE = {"simulation"}
PURE = {"words", "spellings", "phones", "phones_in_text", "private_files", "rules", "providers", "simulation"}
ENTRANCES = {"pages", "api", "admin", "management", "templatetags", "apps"}
# Reading calls without asking for whom, where somebody comes in: each with its reason.
UNSCOPED = {
    "calls/admin/groups.py": "whether a group is used at all: no call is shown",
    "calls/management/commands/seed.py": "how many there are: the command line is the administrator's",
}


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts and "__pycache__" not in path.parts]


def imports(path: Path) -> set[str]:
    """Dotted names of what a file imports, relative ones made absolute; also for types only, and within functions."""
    package = path.relative_to(ROOT).parts[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join([*above, *([node.module] if node.module else [])])
            found |= {f"{name}.{alias.name}" for alias in node.names}
    return found


def part(path: Path) -> str:
    """Which part of the app a file belongs to: the first name below `calls`."""
    return path.relative_to(ROOT / "calls").parts[0].removesuffix(".py")


def floor(name: str) -> int | None:
    return next((number for number, names in enumerate(FLOORS) if name in names), None)


APP = [path for path in modules("calls") if part(path) != "__init__"]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", APP, ids=name_of)
def test_imports_point_one_way(path):
    own = part(path)
    known = {name.split(".")[1] for name in imports(path) if name.startswith("calls.")} - {own}
    if own in OUTSIDE:
        assert known == set(), f"{name_of(path)} stands outside, and imports {known}"
        return
    assert floor(own) is not None, f"{name_of(path)}: say on which floor of test_architecture.py it stands"
    if own in ENTRANCES | {"upkeep"}:
        known -= OUTSIDE
    above = {name for name in known if floor(name) is None or floor(name) > floor(own)}
    assert above == set(), f"{name_of(path)} may not know {above}"


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path): path for path in modules("calls", "dashboard")}


def module_of(name: str) -> str | None:
    """The module of ours that a dotted name is, or stands in."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name or None


def circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter({name: known - {name} for name, known in graph.items()}).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_files_import_one_another_in_a_circle():
    """Not through others, not for types only, not within a function: each file can be read after those it knows."""
    known = {name: {module_of(found) for found in imports(path)} - {None} for name, path in MODULES.items()}
    assert sum(map(len, known.values())) > 300, "imports are found"
    assert circle(known) == []


def test_no_rooms_import_one_another_in_a_circle():
    known = {part(path): set() for path in APP}
    for path in APP:
        known[part(path)] |= {name.split(".")[1] for name in imports(path) if name.startswith("calls.")} & known.keys()
    assert circle(known) == []


LONGEST_FUNCTION_LINES = 40
LONGEST_FILE_LINES = 350


@pytest.mark.parametrize("path", modules("calls", "dashboard"), ids=name_of)
def test_functions_are_short(path):
    functions = [
        node for node in ast.walk(ast.parse(path.read_text())) if hasattr(node, "args") and hasattr(node, "name")
    ]
    lengths = {node.name: node.end_lineno - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION_LINES} == {}


def test_files_are_short():
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in modules("calls")}
    long = {name: length for name, length in lengths.items() if length > LONGEST_FILE_LINES}
    assert long == {}, "a second subject?"


@pytest.mark.parametrize("path", [path for path in APP if part(path) in PURE], ids=name_of)
def test_rules_know_no_framework(path):
    assert {
        name for name in imports(path) if name.partition(".")[0] in ("django", "channels", "rest_framework")
    } == set()


@pytest.mark.parametrize("path", [path for path in APP if part(path) == "live"], ids=name_of)
def test_the_live_picture_knows_no_socket_thread_or_clock(path):
    """So the feed, a test and a board of the past take the same steps. A page's first screenful has its own hour."""
    outside = {"asyncio", "channels", "concurrent", "socket", "threading", "time"}
    outside |= {"django.utils.timezone"} - ({"django.utils.timezone"} if path.stem == "first_page" else set())
    assert {name for name in imports(path) if name in outside or name.partition(".")[0] in outside} == set()


@pytest.mark.parametrize("path", APP, ids=name_of)
def test_the_app_knows_the_wiring_only_to_serve(path):
    wiring = {name for name in imports(path) if name.startswith("dashboard")}
    assert not wiring or name_of(path) == "calls/management/commands/serve.py"


@pytest.mark.parametrize("path", [path for path in APP if part(path) in ENTRANCES], ids=name_of)
def test_where_somebody_comes_in_calls_are_read_for_somebody(path):
    text = path.read_text()
    unscoped = re.findall(r"\bCall\.objects(?!\s*\.visible_to\()\S*", text)
    assert not unscoped or name_of(path) in UNSCOPED, f"{name_of(path)}: {unscoped}"


def test_a_delivery_is_made_of_bytes_in_one_place():
    makers = [name_of(path) for path in APP if re.search(r"(?<!class )\bReceived\(", path.read_text())]
    assert makers == ["calls/intake/interpreting.py"]


@pytest.mark.parametrize("path", modules("calls", "dashboard"), ids=name_of)
def test_nothing_happens_behind_the_back(path):
    assert path.stem not in ("utils", "services", "signals", "helpers", "misc")
    text = path.read_text()
    assert "django.db.models.signals" not in text
    assert "django.dispatch" not in text


@pytest.mark.parametrize("path", modules("calls", "dashboard"), ids=name_of)
def test_the_environment_is_read_in_one_place(path):
    allowed = ("dashboard/checks.py", "dashboard/asgi.py")
    assert "os.environ" not in path.read_text() or name_of(path) in allowed


SHOWN = [
    path
    for folder, kinds in {"templates": "*.html", "static": "*.js", "calls": "*.py", "dashboard": "*.py"}.items()
    for path in sorted((ROOT / folder).rglob(kinds))
    if "vendor" not in path.parts
]
RAW = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|\beval\(|new Function\("
    r"|mark_safe|SafeString\(|\|\s*safe\b|autoescape off|\|\s*safeseq\b"
)


@pytest.mark.parametrize("path", SHOWN, ids=name_of)
def test_no_text_becomes_markup(path):
    assert RAW.findall(path.read_text()) == []


INLINE = re.compile(r"\son\w+=|\sstyle=|<style\b|<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE)


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=name_of)
def test_no_page_holds_what_its_content_policy_forbids(path):
    assert INLINE.findall(re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.S)) == []
