"""Masking: numbers are hidden here and nowhere else."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from calls.phones import cleaned, country_code
from calls.phones_in_text import DIGIT as _DIGIT
from calls.phones_in_text import replace_numbers

_ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)
MASK = "•"
_FEWEST_DIGITS = 6
SHOWN_DIGITS = 4
"""How many of its last digits a masked person is shown of an ordinary number."""


def shown_digits(count: int) -> int:
    """How many of its last digits a masked person is shown of a number with so many: four, of a short one a third."""
    return min(SHOWN_DIGITS, count // 3)


def mask(number: str | None) -> str | None:
    """Hide all digits but the last four (of a short number: but the last third) and the country code."""
    if not number:
        return number
    code = country_code(number)
    head = len(code) + 1 if code else 0
    hidden = len(_DIGIT.findall(number, head)) - shown_digits(len(_DIGIT.findall(number)))
    return number[:head] + (_DIGIT.sub(lambda _: MASK, number[head:], count=hidden) if hidden > 0 else number[head:])


def mask_text(text: str | None) -> str | None:
    """Hide every number in free text, however it is written: names and words may hold them."""
    return replace_numbers(text, _masked) if text else text


def _masked(number: str) -> str:
    return mask(number) or ""


_NUMBERS = ("customer_number", "virtual_number", "agent_number")
_TEXTS = ("source", "reason", "provider_status", "virtual_label", "group", "agent_name", "error_code")
_IDS = ("ref", "campaign_id")
# A call's numbers and words are masked at each of its changes, and agents, lines and words are those of many calls.
_mask, _mask_text = lru_cache(maxsize=8_192)(mask), lru_cache(maxsize=4_096)(mask_text)


def masked_row(shown: dict[str, Any]) -> dict[str, Any]:
    """The row for people who never receive a full number: ours are hidden like the customer's, and so is any
    number that a name or the provider's words may hold."""
    numbers = [shown[name] for name in _NUMBERS] + [attempt["agent_number"] for attempt in shown["ring_attempts"]]
    for name in _IDS:
        shown[name] = masked_id(shown[name], numbers)
    for name in _NUMBERS:
        shown[name] = _mask(shown[name])
    shown["spaced"] = {_mask(number): _mask(spaced) for number, spaced in shown["spaced"].items()}
    for name in _TEXTS:
        shown[name] = _mask_text(shown[name])
    shown["flags"] = [_mask_text(flag) for flag in shown["flags"]]
    for attempt in shown["ring_attempts"]:
        attempt["agent_number"] = _mask(attempt["agent_number"])
        attempt["agent_name"] = _mask_text(attempt["agent_name"])
        attempt["state"] = _mask_text(attempt["state"])
    return shown


def masked_id(text: str | None, numbers: Iterable[str | None]) -> str | None:
    """A provider's id, unless one of these numbers, those of its call, is in it.

    Ids such as `1894680000.1001` look like numbers and are none, so they cannot be masked by their looks.
    """
    if not text:
        return text
    digits = _digits(text)
    for number in numbers:
        if number and len(key := _digits(number)[-10:]) > 4 and key in digits:
            return None
    return text


def masked_said(said: dict[str, str]) -> dict[str, str]:
    """What a provider said beside a call's fields. It may hold anything: of six digits and more the last four stay, of
    an address on the web (a recording of another leg) nothing.
    """
    return {mask_text(name) or "": _hidden(cleaned(text)) for name, text in said.items()}


def masked_set_by(set_by: dict[str, int]) -> dict[str, int]:
    """Which delivery set what. The provider's own names for what it also said are masked as they are there."""
    found = {}
    for field, delivery in set_by.items():
        of, dot, name = field.partition(".")
        found[f"{of}{dot}{mask_text(name)}"] = delivery
    return found


def _hidden(text: str) -> str:
    if _ADDRESS.search(text):
        return MASK * SHOWN_DIGITS
    return (mask(text) or "") if len(_DIGIT.findall(text)) >= _FEWEST_DIGITS else text


@lru_cache(maxsize=8_192)
def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
