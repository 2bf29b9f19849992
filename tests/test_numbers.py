"""Numbers have one spelling; the short way to it leads where the long one does."""

import random

import phonenumbers
import pytest

from calls.phones import normalise

BEFORE = ["", "0", "91", "+91", "00", "0091", "+0", "+", "091", "910", "+910", "9191", "1", "+1"]
"""What may stand before an Indian number, and some of what may not."""


def by_phonenumbers(text):
    """The spelling that phonenumbers alone gives, for digits and a plus."""
    try:
        number = phonenumbers.parse(text, "IN")
        if not phonenumbers.is_possible_number(number) and not text.startswith("+"):
            number = phonenumbers.parse("+" + text.lstrip("0"), "IN")
        if phonenumbers.is_possible_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        pass
    return text


@pytest.mark.parametrize("before", BEFORE)
def test_indian_numbers_are_spelt_as_phonenumbers_spells_them(before):
    chance = random.Random(before)
    numbers = [f"{before}{start:03d}{chance.randrange(10**7):07d}" for start in range(1_000)]
    numbers += [f"{before}{chance.randrange(10**length)}" for length in range(5, 16) for _ in range(30)]

    assert [normalise(text, "IN") for text in numbers] == [by_phonenumbers(text) for text in numbers]


@pytest.mark.parametrize(
    ("text", "region", "spelt"),
    [
        ("9000000101", "IN", "+919000000101"),
        (" 01200000301\n", "IN", "+911200000301"),
        ("90000 00101", "IN", "+919000000101"),
        ("9000000101", "US", "+19000000101"),
        ("٩000000101", "IN", "+919000000101"),
        ("201", "IN", "201"),
        ("90XXXXXX01", "IN", "90XXXXXX01"),
    ],
)
def test_how_a_number_is_spelt(text, region, spelt):
    assert normalise(text, region) == spelt
