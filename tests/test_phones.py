"""Numbers have one spelling, whatever people, spreadsheets and networks make of them."""

import random

import phonenumbers
import pytest

from calls.phones import WITHHELD, is_masked, is_possible, is_rounded, match_key, may_be, normalise
from tests.support.growth import is_linear

INDIAN = "+919000000101"


def by_phonenumbers(text):
    """The spelling that phonenumbers alone gives to an Indian number."""
    number = phonenumbers.parse(text, "IN")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize("before", ["", "0", "91", "+91", "0091"])
def test_indian_numbers_are_spelt_as_phonenumbers_spells_them(before):
    chance = random.Random(before)
    numbers = [f"{before}{start}{chance.randrange(10**9):09d}" for start in range(6, 10) for _ in range(100)]

    assert [normalise(text, "IN") for text in numbers] == [by_phonenumbers(text) for text in numbers]


SPELLINGS = [
    *("9000000101", "09000000101", "919000000101", "+919000000101", "00919000000101", "91 90000 00101"),
    *(" 9000000101\n", "90000 00101", "90000-00101", "(+91) 90000 00101", "+91 (0) 90000 00101", "(0)9000000101"),
    *("+91-90000-00101", "+91.90000.00101", "90000/00101", "90000_00101", "90000\u201300101", "+91 90000\u221200101"),
    # Invisible marks and exotic blanks, as pasted from contact lists and web pages.
    *("\u202a+919000000101\u202c", "9000000101\u200b", "\ufeff9000000101", "90000\u00a000101", "90000\u202f00101"),
    *(
        "9\u2060000000101",
        "\u200e90000\u200f00101",
        "90000\u300000101",
        "90000\u00ad00101",
        "\u2066+919000000101\u2069",
    ),
    # Digits and signs of other scripts.
    *("\u0669\u0660\u0660\u0660\u0660\u0660\u0660\u0661\u0660\u0661", "\u096f000000101"),
    *("\uff0b\uff19\uff11\uff19\uff10\uff10\uff10\uff10\uff10\uff10\uff11\uff10\uff11", "\uff089000000101\uff09"),
    # Spreadsheets.
    *("9000000101.0", "9000000101.00", "9.000000101E9", "9.000000101E+09", "9,000000101e+9", "9.19000000101E+11"),
    *("'9000000101", '"9000000101"', '="9000000101"', "919000000101.0"),
    # Links and addresses.
    *("tel:+919000000101", "TEL:9000000101", "tel://+919000000101", "callto:+91 90000 00101", "%2B919000000101"),
    *("tel:%2B919000000101", "+91%2090000%2000101", "tel:+919000000101;phone-context=x", "sip:+919000000101@10.0.0.1"),
    *("9000000101 ext. 5", "9000000101;ext=12"),
    # Prefixes said twice, and where none belongs.
    *("+91+919000000101", "+91919000000101", "91919000000101", "+91 091 90000 00101", "++919000000101"),
    *("+0919000000101", "+00919000000101", "+91 0091 9000000101", "0919000000101", "00 9000000101"),
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_one_number_has_one_spelling(text):
    assert normalise(text, "IN") == INDIAN
    assert normalise(normalise(text, "IN"), "IN") == INDIAN


@pytest.mark.parametrize(
    ("text", "region", "spelt"),
    [
        ("01200000301", "IN", "+911200000301"),
        ("18001234567", "IN", "+9118001234567"),
        ("9000000101", "US", "+19000000101"),
        ("(0)20 7946 0018", "GB", "+442079460018"),
        ("+44 (0)20 7946 0018", "IN", "+442079460018"),
        # Valid only with a plus: the source's country is not put before it.
        ("447700900123", "IN", "+447700900123"),
        ("12025550123", "IN", "+12025550123"),
        ("971501234567", "IN", "+971501234567"),
        ("8801712345678", "IN", "+8801712345678"),
        ("491701234567", "IN", "+491701234567"),
        ("919000000101", "GB", "+919000000101"),
        ("+4444 7700 900123", "IN", "+447700900123"),
        # No telephone's numbers stay what they are.
        ("201", "IN", "201"),
        ("140", "IN", "140"),
        ("90XXXXXX01", "IN", "90XXXXXX01"),
        ("90******01\u200b", "IN", "90******01"),
        ("sip:asha@example.org", "IN", "sip:asha@example.org"),
        ("Reception", "IN", "Reception"),
        ("9.19E+11", "IN", "9.19E+11"),
    ],
)
def test_how_a_number_is_spelt(text, region, spelt):
    assert normalise(text, region) == spelt


@pytest.mark.parametrize(
    "text",
    [
        *("anonymous", "Anonymous", "PRIVATE", "Restricted", "withheld", "Unknown", "unavailable", "No Caller ID"),
        *("+266696687", "266696687", "+7378742833", "+2562533", "+8656696", "86282452253"),
        *("0000000000", "00", "+0000", '"Anonymous"', "anonymous\u200b", "\u202aprivate\u202c"),
        *("7378742833", "07378742833", "+917378742833", "0266696687", "00266696687", "91266696687", "-1", "P", "O"),
        *("sip:anonymous@anonymous.invalid", '"Anonymous" <sip:anonymous@anonymous.invalid>', "tel:anonymous"),
        *("anonymous;phone-context=example.com", "unavailable@unknown.invalid", "Unknown Caller", "caller unknown"),
        *("withheld number", "PRIVATE-NUMBER", "private_number", "Number not available", "Not provided", "Out of area"),
        *("XXXXXXXXXX", "**********", "••••••••••", "+xxxx xxxx", "Caller ID blocked", "no number"),
    ],
)
def test_what_networks_say_for_a_hidden_number_is_one_word(text):
    assert normalise(text, "IN") == WITHHELD


@pytest.mark.parametrize(
    "text",
    [
        *("Reception", "Private office", "sip:asha@example.org", "sip:private@example.org", "90XXXXXX01", "201", "XXX"),
        *("7378742834", "266696688", "unknown 9000000101", "नहीं", "number", "caller", "1", "10", "x", "9-1"),
    ],
)
def test_what_is_said_of_somebody_is_no_stand_in(text):
    assert normalise(text, "IN") != WITHHELD


def test_the_same_last_digits_under_another_country_code_are_another_number():
    here, there = (normalise(text, "IN") for text in ("+919000000101", "+449000000101"))

    assert match_key(here) != match_key(there)
    assert match_key(here) == match_key(normalise("09000000101", "IN"))
    assert match_key("SIP:Asha@example.org") == match_key("sip:asha@example.org")


@pytest.mark.parametrize(
    ("masked", "number", "fits"),
    [
        ("90XXXXXX01", INDIAN, True),
        ("+9190xxxxxx01", INDIAN, True),
        ("90****0101", INDIAN, True),
        ("••••••0101", INDIAN, True),
        ("90XXX XXX01", INDIAN, True),
        ("90XXXXXX02", INDIAN, False),
        ("+4490XXXXXX01", INDIAN, False),
        ("X", INDIAN, False),
        (INDIAN, INDIAN, False),
        ("anonymous", INDIAN, False),
    ],
)
def test_a_masked_number_fits_those_whose_shown_digits_it_has(masked, number, fits):
    assert may_be(masked, number) is fits


def test_what_looks_like_a_number_is_told_from_one():
    assert [text for text in ("90XXXXXX01", "9*****", INDIAN, "XXXX", "Max 5", "") if is_masked(text)] == [
        "90XXXXXX01",
        "9*****",
    ]
    assert [text for text in ("9.19E+11", "9E+09", "9.000000101E+09", "9000000101") if is_rounded(text)] == [
        "9.19E+11",
        "9E+09",
    ]
    assert [text for text in (INDIAN, "+9190000", "+91900000010100000") if is_possible(text)] == [INDIAN]


ENDLESS = ["0", "91", "(0)", "9", "X", "9x", " ", "%2B", "+", "9.9E", "tel:", "sip:1", ";ext", "ext 1", ", ext. ", "9 "]


@pytest.mark.parametrize("piece", ENDLESS)
@pytest.mark.parametrize("ending", ["", "+", "e", "x"])
def test_the_time_an_endless_text_takes_grows_with_its_length_only(piece, ending):
    def read(text):
        normalise(text, "IN"), is_masked(text), is_rounded(text)

    assert is_linear(read, lambda size: (piece * size)[:size] + ending, 65_536)
