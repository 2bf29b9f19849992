"""Imports point one way, files and functions stay short, and what must not be written anywhere is written nowhere."""

import ast
import re
from collections.abc import Callable, Iterable
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from tests.support.running import ROOT

# From the ground up. A module may know its own floor and those below it, never one above.
FLOORS = [
    {"words", "spellings", "phones", "phones_in_text", "whole_numbers", "days", "private_files"},
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
PURE = {
    "words",
    "spellings",
    "phones",
    "phones_in_text",
    "whole_numbers",
    "private_files",
    "rules",
    "providers",
    "simulation",
}
ENTRANCES = {"pages", "api", "admin", "management", "templatetags", "apps"}
# Reading calls without asking for whom, where somebody comes in: each with its reason.
UNSCOPED = {
    "calls/admin/groups.py": "whether a group is used at all: no call is shown",
    "calls/management/commands/seed.py": "how many there are: the command line is the administrator's",
}


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts and "__pycache__" not in path.parts]


@cache
def text_of(path: Path) -> str:
    return path.read_text()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


@cache
def imports(path: Path) -> set[str]:
    """Dotted names of what a file imports, relative ones made absolute; also for types only, and within functions."""
    package = path.relative_to(ROOT).parts[:-1]
    found = set()
    for node in ast.walk(tree_of(path)):
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


OURS = modules("calls", "dashboard")
APP = [path for path in modules("calls") if part(path) != "__init__"]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def found_in(paths: Iterable[Path], look: Callable[[Path], Any]) -> dict[str, Any]:
    """What a look at each of these files finds, by the file's name. There must be files to look at."""
    found = {name_of(path): look(path) for path in paths}
    assert found, "no files"
    return {name: what for name, what in found.items() if what}


def known_parts(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(path) if name.startswith("calls.")} - {part(path)}


def test_every_part_stands_on_a_floor():
    assert {part(path) for path in APP} - OUTSIDE - set().union(*FLOORS) == set(), "say in FLOORS on which"


def above(path: Path) -> set[str]:
    own = part(path)
    known = known_parts(path) - (OUTSIDE if own in ENTRANCES | {"upkeep"} else set())
    return {name for name in known if floor(name) is None or floor(name) > floor(own)}


def test_imports_point_one_way():
    assert found_in([path for path in APP if part(path) not in OUTSIDE], above) == {}, "may not know these"


def test_what_stands_outside_knows_nothing_of_the_inside():
    assert found_in([path for path in APP if part(path) in OUTSIDE], known_parts) == {}


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path): path for path in OURS}


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
        known[part(path)] |= known_parts(path) & known.keys()
    assert circle(known) == []


LONGEST_FUNCTION_LINES = 40
LONGEST_FILE_LINES = 350


def long_functions(path: Path) -> dict[str, int]:
    functions = [node for node in ast.walk(tree_of(path)) if hasattr(node, "args") and hasattr(node, "name")]
    lengths = {node.name: node.end_lineno - node.lineno + 1 for node in functions}
    return {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION_LINES}


def test_functions_are_short():
    assert found_in(OURS, long_functions) == {}


def test_files_are_short():
    lengths = {name_of(path): len(text_of(path).splitlines()) for path in modules("calls")}
    long = {name: length for name, length in lengths.items() if length > LONGEST_FILE_LINES}
    assert long == {}, "a second subject?"


def imports_of(path: Path, packages: set[str]) -> set[str]:
    return {name for name in imports(path) if name in packages or name.partition(".")[0] in packages}


def test_rules_know_no_framework():
    frameworks = {"django", "channels", "rest_framework"}
    assert found_in([path for path in APP if part(path) in PURE], lambda path: imports_of(path, frameworks)) == {}


def test_the_live_picture_knows_no_socket_thread_or_clock():
    """So the feed, a test and a board of the past take the same steps. A page's first screenful has its own hour."""
    outside = {"asyncio", "channels", "concurrent", "socket", "threading", "time", "django.utils.timezone"}
    live = [path for path in APP if part(path) == "live"]
    allowed = {"calls/live/first_page.py": {"django.utils.timezone"}}
    assert found_in(live, lambda path: imports_of(path, outside) - allowed.get(name_of(path), set())) == {}


def test_the_app_knows_the_wiring_only_to_serve():
    assert set(found_in(APP, lambda path: imports_of(path, {"dashboard"}))) == {"calls/management/commands/serve.py"}


UNSCOPED_READ = re.compile(r"\bCall\.objects(?!\s*\.visible_to\()\S*")


def test_where_somebody_comes_in_calls_are_read_for_somebody():
    entrances = [path for path in APP if part(path) in ENTRANCES]
    assert set(found_in(entrances, lambda path: UNSCOPED_READ.findall(text_of(path)))) == set(UNSCOPED)


def test_a_delivery_is_made_of_bytes_in_one_place():
    makers = [name_of(path) for path in APP if re.search(r"(?<!class )\bReceived\(", text_of(path))]
    assert makers == ["calls/intake/interpreting.py"]


def test_no_file_has_a_name_that_says_nothing():
    assert found_in(OURS, lambda path: path.stem in ("utils", "services", "signals", "helpers", "misc")) == {}


SIGNALS = re.compile(r"django\.db\.models\.signals|django\.dispatch")


def test_nothing_happens_behind_the_back():
    assert found_in(OURS, lambda path: SIGNALS.findall(text_of(path))) == {}


def test_the_environment_is_read_in_one_place():
    allowed = {"dashboard/checks.py", "dashboard/asgi.py"}
    assert set(found_in(OURS, lambda path: "os.environ" in text_of(path))) - allowed == set()


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


# Of a text with any number of digits, or of "²".
UNBOUNDED = re.compile(r"\bis(?:decimal|numeric)\(|isdigit\(\).*(?:\n.*){0,2}\bint\(|\bint\(.*\bisdigit\(")


def test_digits_become_a_number_in_one_place():
    assert found_in(OURS, lambda path: UNBOUNDED.findall(text_of(path))) == {}, "use whole_number"


def test_no_text_becomes_markup():
    assert found_in(SHOWN, lambda path: RAW.findall(text_of(path))) == {}


INLINE = re.compile(r"\son\w+=|\sstyle=|<style\b|<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE)


COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.DOTALL)


def test_no_page_holds_what_its_content_policy_forbids():
    pages = sorted((ROOT / "templates").rglob("*.html"))
    assert found_in(pages, lambda path: INLINE.findall(COMMENT.sub("", text_of(path)))) == {}
