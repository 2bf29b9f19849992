"""No text from outside can hold the interpreter: every pattern of the project reads 64 KB of anything in no time."""

import importlib
import inspect
import itertools
import pkgutil
import re
from collections.abc import Callable

import pytest

import calls
import dashboard
from dashboard import logs
from tests.support.growth import seconds

SIZE = 65_536
# So much of a text is read before the whole of it, the least first. Where the time grows with the square, a part of a
# text takes a square part of the time: what takes less than half of that is not read further.
PARTS = [32, 4]
# CPU seconds. A pattern that tries again from each sign takes seconds for the same text.
LONGEST = 0.05
# A slow machine that runs other tests too is given this many times as long.
MARGIN = 4
UNITS = [
    *("a", "A", "x", "0", "9", "+", "-", "_", ".", ",", ":", ";", "/", "?", "@", "=", "&", "%", "#", "*", "(", ")"),
    *("[", "]", "{", "}", "<", ">", "|", "\\", '"', "'", " ", "\t", "\n", "\r\n", "\x00", "\x7f", "\x85", "\u2028"),
    *("é", "अ", "५", "•", "\U0001f4de", "a ", "0 ", "0-", "1.", "(0)", "a.", "a-", "/a", "//", "/?", "?a=", "a=b&"),
    *(
        "://",
        "://:",
        "://a:",
        "a://b:c@",
        "/hook-",
        "/hooks/",
        "Bearer ",
        "Bearer :",
        "Basic=",
        "x-webhook-token",
        "tel:",
    ),
    *(
        "sip:0",
        "ext. ",
        "ext 1",
        ";ext",
        "+91",
        "+9 ",
        "123-",
        "1234 ",
        "12345 12345-",
        '"a',
        '\\"',
        '"\\',
        "-1.0e",
        "1e",
    ),
    *("name=", ';name="', "x0", "X*", "*0", "0x-", " \t", "\r", "A(", "(a", "0.0", "1,0"),
]
# What a text can end in so that a long match fails only there.
ENDS = ["", "!", "\n", " x", '"', "@", "?"]
MODULES = [
    name
    for package in (calls, dashboard)
    for _, name, _ in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not any(part in name for part in (".migrations", ".management", "asgi", "_server", "settings"))
]


def patterns() -> dict[str, re.Pattern]:
    """Every compiled pattern that a module of ours names, by its full name."""
    found = {}
    for module in map(importlib.import_module, MODULES):
        kept = {name: value for name, value in vars(module).items() if isinstance(value, re.Pattern)}
        found |= {f"{module.__name__}.{name}": pattern for name, pattern in kept.items()}
    return found


def slow(read: Callable, made: Callable[[str], str | bytes]) -> str | None:
    """The first text that took longer than it may, twice: one pause of the machine says nothing."""
    for unit, end in itertools.product(UNITS, ENDS):
        texts = {part: made(unit * (SIZE // part // len(unit)) + end) for part in PARTS}
        if any(seconds(read, texts[part]) < LONGEST * MARGIN / part**2 / 2 for part in PARTS):
            continue
        text = made(unit * (SIZE // len(unit)) + end)
        if all(seconds(read, text) > LONGEST * MARGIN for _ in range(2)):
            return repr((unit, end))
    return None


def is_searched(name: str) -> bool:
    """Whether its module looks for the pattern anywhere in a text, not at its beginning only."""
    module, _, own = name.rpartition(".")
    source = inspect.getsource(importlib.import_module(module))
    return not re.search(rf"\b{own}\.(match|fullmatch)\(", source) or bool(
        re.search(rf"\b{own}\.(sub|split|search|findall|finditer)\(", source)
    )


@pytest.mark.parametrize("name", sorted(patterns()))
def test_a_pattern_reads_any_text_in_time(name):
    pattern = patterns()[name]
    of_bytes = isinstance(pattern.pattern, bytes)
    read = (lambda text: sum(1 for _ in pattern.finditer(text))) if is_searched(name) else pattern.match
    assert slow(read, str.encode if of_bytes else str) is None


def test_a_line_of_the_log_is_cleaned_in_time():
    assert slow(lambda text: logs.clean("path", text), str) is None


def test_the_patterns_are_found():
    told = {"calls.phones_in_text._FOUND", "calls.phones._HIDDEN", "calls.intake.shapes._TOKEN"}
    assert told | {"calls.providers.callerdesk._BRACKET"} <= set(patterns())
