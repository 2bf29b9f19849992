"""Words for people: every code has one, and only one place has them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from calls.display import wording
from calls.providers import callerdesk
from calls.rules import outcomes
from calls.rules.events import Kind, Verdict
from calls.words import Act, Direction, Outcome, Result, State
from tests.support.running import ROOT

RULES = ("rules", "providers", "intake", "commit")


def strings_given(*functions: str) -> Iterator[str]:
    """The texts that the code gives to these functions: `flags.add("cut")` is ("cut") of "flags.add"."""
    for path in (each for folder in RULES for each in (ROOT / "calls" / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(functions):
                yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and arg.value)


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (wording.STATES, State),
        (wording.OUTCOMES, Outcome),
        (wording.LOOKS, Outcome),
        (wording.DIRECTIONS, Direction),
        (wording.ACTS, Act),
        (wording.RESULTS, Result),
        (wording.KINDS, [*Kind, ""]),
    ],
)
def test_every_word_of_ours_has_one_for_people(words, codes):
    assert set(words) == set(map(str, codes))
    assert all(str(word) for word in words.values())


def test_every_reason_of_an_outcome_has_a_wording():
    derived = {*outcomes.REASONS.values(), "voicemail", "agent_hung_up", "customer_hung_up"}
    assert derived <= wording.REASONS.keys()


def test_every_way_that_a_ring_can_go_has_a_wording():
    given = {outcomes.REASONS.get(verdict, "closed") for verdict in Verdict}
    assert given | {"ringing", "talking", "not_taken"} <= wording.ATTEMPTS.keys()


def test_every_reason_to_set_a_delivery_aside_has_a_sentence():
    given = {*strings_given("ignored", "quarantined", ".quarantine", "Undecodable", "_undecodable")}
    given |= {code for code in strings_given(".refuse", "_refuse") if re.fullmatch(r"\w+", code)}
    assert {"too_deep", "no_call_id", "pre_dial", "too_many_events"} <= given, "the search finds them"
    assert given <= wording.SET_ASIDE.keys()
    for code in given:
        said = wording.set_aside(code)
        assert str(said.sentence).endswith("."), code
        assert not said.advice or str(said.advice).endswith("."), code


def test_every_flag_has_a_wording():
    given = {code for code in strings_given("flags.add", "flags.append", "flag") if re.fullmatch(r"\w+", code)}
    # Flags that stand in a tuple or a set of their own.
    given |= {"synthetic", "unknown_direction", "no_call_id"}
    assert {"cut", "times_disagree"} <= given, "the search finds them"
    assert {code for code in given if not code.startswith("unreadable_")} <= wording.FLAGS.keys()
    assert {
        code.removeprefix("unreadable_") for code in given if code.startswith("unreadable_")
    } <= wording.FIELDS.keys()


def test_every_field_that_may_be_unreadable_has_a_name():
    names = set(re.findall(r'_value\(said, "(\w+)"', Path(callerdesk.__file__).read_text()))
    assert names
    for name in names:
        assert wording.flag_word(f"unreadable_{name}") == f"{wording.field_word(name)} could not be read"


def test_a_word_that_nobody_foresaw_is_shown_as_it_came():
    assert wording.reason_word("line_on_fire") == "line on fire"
    assert wording.flag_word("very_odd") == "Very odd"
    assert wording.state_word("PARKED") == "PARKED"
    assert (wording.reason_word(None), wording.outcome_word(None)) == ("–", "Unknown")


@pytest.mark.parametrize("folder", ["calls/admin", "calls/templatetags", "static/js", "templates"])
def test_no_other_place_has_words_of_its_own(folder):
    """A state or an outcome written out elsewhere would soon differ from the one here."""
    told = {str(word) for table in (wording.STATES, wording.OUTCOMES) for word in table.values()}
    # Ordinary words, too, which may stand in a head or a sentence.
    told -= {"Answered", "Talking", "Unknown", "Ended", "Abandoned", "Missed", "Failed"}
    for path in (ROOT / folder).rglob("*"):
        if path.suffix in (".py", ".js", ".html"):
            written = set(re.findall(r"[\"'>]([A-Z][a-z ]+)[\"'<]", path.read_text()))
            assert not written & told, path
