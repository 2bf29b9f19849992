"""One name is one name, however it was typed, pasted, escaped or encoded on its way."""

import sys
import unicodedata

import pytest

from calls.spellings import LONGEST_KEY, spelling_key, tidied

ONE_NAME = {
    "case": ("Sales Team", "sales team", "SALES TEAM"),
    "blanks": (
        "Sales Team",
        "Sales  Team",
        " Sales\u00a0Team ",
        "Sales\tTeam",
        "Sales\u2009\u3000Team",
        "Sales\r\nTeam",
    ),
    "invisible marks": ("Sales", "\u202aSales\u202c", "Sa\u00adles", "Sales\u200b", "\ufeffSales", "\u2060Sales\u3164"),
    "escapes": ("R&D", "R&amp;D", "r&#38;d", "R&#x26;D", "R&amp;amp;D", "R\uff06D"),
    "an escaped blank": ("Sales Team", "Sales&nbsp;Team", "Sales&#160;Team"),
    "an escaped apostrophe": ("Asha's", "Asha&#39;s", "Asha\u2019s", "ASHA&rsquo;S", "Asha`s"),
    "full-width letters": ("Sales 1", "\uff33\uff41\uff4c\uff45\uff53\u3000\uff11"),
    "forms of Unicode": ("Caf\u00e9", "Cafe\u0301", "CAFE\u0301"),
    "Devanagari, composed and not": ("\u092c\u095c\u093e \u0926\u0932", "\u092c\u0921\u093c\u093e \u0926\u0932"),
    "Devanagari, with joiners": ("\u0915\u094d\u0937", "\u0915\u094d\u200d\u0937", "\u0915\u094d\u200c\u0937"),
    "Turkish": ("\u0130stanbul", "istanbul", "ISTANBUL", "I\u0307stanbul", "\u0131stanbul"),
    "German": ("Gro\u00dfkunden", "GROSSKUNDEN", "GRO\u1e9eKUNDEN"),
    "Greek": ("\u03a0\u03c9\u03bb\u03ae\u03c3\u03b5\u03b9\u03c2", "\u03a0\u03a9\u039b\u0389\u03a3\u0395\u0399\u03a3"),
    "dashes": ("North-East", "North\u2011East", "North\u2013East", "North\uff0dEast"),
    "a ligature": ("O\ufb03ce", "Office"),
    "an emoji": ("\u260e\ufe0f Desk", "\u260e Desk"),
}


@pytest.mark.parametrize("spellings", ONE_NAME.values(), ids=ONE_NAME)
def test_spellings_of_one_name_have_one_key(spellings):
    assert {spelling_key(each) for each in spellings} == {spelling_key(spellings[0])}
    assert spelling_key(spellings[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sales", "Sale"),
        ("Sales Team", "SalesTeam"),
        ("R&D", "RD"),
        ("R&D", "R & D"),
        ("Sales 1", "Sales 2"),
        ("\u0926\u0932", "\u0926\u093f\u0932"),
        ("Caf\u00e9", "Cafe"),
        ("A-B", "A B"),
    ],
)
def test_other_names_have_other_keys(one, other):
    assert spelling_key(one) != spelling_key(other)


@pytest.mark.parametrize("nobody", ["", " ", "\u200b\u00a0", "\u3164", "&nbsp;", "\u202a\u202c"])
def test_what_shows_as_nothing_is_no_name(nobody):
    assert spelling_key(nobody) == tidied(nobody) == ""


@pytest.mark.parametrize(
    ("came", "shown"),
    [
        ("R&amp;D", "R&D"),
        ("Sales\u00a0 Team\t", "Sales Team"),
        ("AT&T", "AT&T"),
        ("&lt;b&gt;", "<b>"),
        ("Sales &; Co", "Sales &; Co"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),
        ("\uff33ales", "\uff33ales"),
    ],
)
def test_a_name_is_shown_as_it_was_spelt_without_what_the_way_did_to_it(came, shown):
    assert tidied(came) == shown


def test_a_key_is_its_own_key_for_every_sign():
    for point in {*range(0x600), *range(0x600, sys.maxunicode, 31), *range(0xFB00, 0x10000, 3)}:
        if unicodedata.category(sign := chr(point)) not in ("Cs", "Cn", "Co"):
            key = spelling_key.__wrapped__(f"a{sign}b")
            assert spelling_key.__wrapped__(key) == key, hex(point)
            assert spelling_key.__wrapped__(tidied(f"a{sign}b")) == key, hex(point)


def test_a_key_has_an_end():
    assert len(spelling_key("\ufdfa" * 120)) <= LONGEST_KEY
