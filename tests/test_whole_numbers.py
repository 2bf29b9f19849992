"""Text from outside becomes a number or none, however long and in whatever script: never an error."""

from datetime import UTC, datetime

import pytest

from calls.days import moment_from
from calls.whole_numbers import is_more_than, whole_number

NONE = ["", " ", "²", "12²", "١٢", "１２", "①", "-1", "+1", "1_0", " 1", "1\n", "1.5", "1e3", "0x10", "é", "\x00", "0²"]
LONG = ["9" * 5_000, "1" + "0" * 100_000]


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("500", 500), ("000", 0), ("0" * 5_000 + "12", 12)])
def test_digits_are_a_number(text, number):
    assert whole_number(text, 500) == number
    assert not is_more_than(text, 500)


@pytest.mark.parametrize("text", NONE, ids=ascii)
def test_what_is_not_written_in_digits_is_none(text):
    assert whole_number(text, 10**18) is None
    assert not is_more_than(text, 0)


@pytest.mark.parametrize("text", ["501", "0501", *LONG], ids=len)
def test_what_is_larger_is_none_and_said_to_be_more(text):
    assert whole_number(text, 500) is None
    assert is_more_than(text, 500)


def test_a_moment_is_read_from_microseconds():
    assert moment_from("1500000") == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)


@pytest.mark.parametrize("text", [*NONE, *LONG, "4102444800000000"], ids=lambda text: ascii(text)[:20])
def test_no_moment_is_read_from_anything_else(text):
    assert moment_from(text) is None
