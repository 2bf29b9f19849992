"""Whole numbers in text that comes from outside: of any length, and in any script."""

LARGEST_ID = 10**18 - 1
"""No row of a database has a larger id."""


def whole_number(text: str, most: int) -> int | None:
    """The number that a text of the digits 0 to 9 is, from 0 to `most`; None for every other text.

    Zeros in front do not count. It raises nothing, however long the text is: `int` raises ValueError for more than
    4,300 digits.
    """
    digits = text.lstrip("0") or text[:1]
    if not _is_digits(digits) or len(digits) > len(str(most)):
        return None
    number = int(digits)
    return number if number <= most else None


def is_more_than(text: str, most: int) -> bool:
    """Whether a text of the digits 0 to 9 is a number above `most`. A text with anything else in it is none."""
    return _is_digits(text) and whole_number(text, most) is None


def _is_digits(text: str) -> bool:
    # `isdigit` alone is true for "²" and "١٢" too.
    return text.isascii() and text.isdigit()
