"""Phone numbers in free text: one rule for display, logs and search on what is taken for a number there."""

import re
from collections.abc import Callable

# Python's \d leaves out the digits that are no decimals: superscripts, circled and keycap-like ones.
_ODD_DIGITS = (
    "\u00b2\u00b3\u00b9\u1369-\u1371\u19da\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490"
    "\u24ea\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\U00010a40-\U00010a43\U00010e60-\U00010e68"
    "\U00011052-\U0001105a\U0001f100-\U0001f10a"
)
_ANY_DIGIT = rf"[\d{_ODD_DIGITS}]"
DIGIT = re.compile(_ANY_DIGIT)
"""A digit of any script, decimal or not."""

# A sign that is no letter ("x" counts as one: "98765x11111"), or its escape in an address ("%2D").
_SIGN = r"(?:%[0-9A-Fa-f]{2}|[^\w\s]|[_xX])"
# At most two signs between neighbours, each with a blank or two before it, and as many blanks behind them.
_BETWEEN = rf"(?:\s{{0,2}}{_SIGN}){{0,2}}\s{{0,2}}"
_RUN = rf"\+?{_ANY_DIGIT}(?:{_BETWEEN}{_ANY_DIGIT}){{5,}}"
# What holds as many digits and is no number: a date, a time of day, both, an address of a host. A number in groups of
# two ("12.34.56.78") is none of them.
_DATE = r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d{3,6})?(?:[+-]\d\d:\d\d)?"
_SHORT_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_HOST = rf"(?!\d\d\.\d\d\.\d\d\.\d\d\b){_BYTE}(?:\.{_BYTE}){{3}}(?::\d{{1,5}})?"
_DAY = rf"(?<![\d.+]){_DATE}(?:[ T](?:{_TIME}|{_SHORT_TIME}))?(?!\d)"
_NO_NUMBER = rf"{_DAY}|(?<![\d.:+])(?:{_TIME}|{_SHORT_TIME}|{_HOST})(?![\d.:]\d|\d)"

_FOUND = re.compile(rf"({_NO_NUMBER})|({_RUN})")
_WHOLE = re.compile(rf"\W*({_RUN})\W*\Z")


def replace_numbers(text: str, replacement: Callable[[str], str]) -> str:
    """The text with each number in it replaced: each run of six digits or more that stand close to each other.

    Six digits are close where no more than two signs that are no letter stand between neighbours. Dates, times of
    day and addresses of hosts are left as they are.
    """
    return _FOUND.sub(lambda found: found[1] or replacement(found[2]), text)


def holds_number(text: str) -> bool:
    """Whether there is a number in a text."""
    return any(found[2] for found in _FOUND.finditer(text))


def only_digits(text: str) -> str | None:
    """The digits of a text that is one number and nothing else, with its plus; None for any other text.

    Search asks for them beside the text itself, so that a number is found in every spelling that display and logs
    take for one. The digits must be decimals by then.
    """
    found = _WHOLE.match(text)
    if not found:
        return None
    return ("+" if text.lstrip("( ").startswith("+") else "") + "".join(DIGIT.findall(found[1]))


def without_half_a_number(text: str) -> str:
    """The text without the digits and signs at its end: they may be the first half of a number that was cut."""
    end = len(text)
    while end and (not text[end - 1].isalpha() or (text[end - 1] in "xX" and text[end - 2 : end - 1].isdigit())):
        end -= 1
    return text[:end]
