"""Where in a request the calls are: at its top, or some levels down in objects, lists and texts that hold JSON.

Relays and panels wrap what they pass on: `{"event": "call_report", "call": {...}}`, `data[CallSid]=1`, a list of
calls, a whole JSON object in the one form field `push_report`. An object is taken for a call where it has more of
the fields that are known than what stands around it.
"""

import re
from collections.abc import Collection, Iterator
from typing import Any

from calls.intake.shapes import Pairs, Undecodable, fold_any, json_value, text_pairs

MAX_TEXTS = 2
"""How many texts within texts are opened."""
MAX_CALLS = 100
WRAPPERS = frozenset({"data", "payload", "json", "body", "call", "report", "push_report"})
"""Keys under which a call is looked for even where more of its fields stand around it."""

_DOTTED = re.compile(r"(.+)\.([^.]+)", re.DOTALL)
_BRACKETED = re.compile(r"([^\[\]]+(?:\[[^\[\]]*\])*)\[([^\[\]]+)\]\Z")


def calls_in(pairs: Pairs, known: Collection[str] | None, texts: int = 0) -> list[Pairs]:
    """The pairs of each call of a request. Those that stand around calls are added behind the pairs of each.

    `known` are the folded keys of a call, None for any. Raises Undecodable for more than 100 calls, and for broken
    JSON where nothing else is said.
    """
    pairs = _nested(pairs, known or ())
    if not any(_is_open(value) for _, value in pairs) and len(pairs) != 1:
        return [pairs]
    own = _count(pairs, known)
    found: list[Pairs] = []
    for key, value in pairs:
        least = 0 if key in WRAPPERS else own
        for inside, depth in _inside(value, texts, alone=len(pairs) == 1):
            found += [call for call in calls_in(inside, known, depth) if _count(call, known) > least]
    if not found:
        return [pairs]
    if len(found) > MAX_CALLS:
        raise Undecodable("too_many_calls")
    around = [(key, value) for key, value in pairs if not _is_open(value)]
    return [[*call, *around] for call in found]


def _count(pairs: Pairs, known: Collection[str] | None) -> int:
    """How many different fields that are known are filled with plain values."""
    filled = {fold_any(key) for key, value in pairs if value not in ("", None) and not _is_open(value)}
    return len(filled) if known is None else len(filled.intersection(known))


def _is_open(value: Any) -> bool:
    """Whether a value holds others: an object (a tuple of pairs), a list, or text that begins as JSON does."""
    return value.__class__ in (tuple, list) or (isinstance(value, str) and value.lstrip()[:1] in ("{", "["))


def _inside(value: Any, texts: int, *, alone: bool) -> Iterator[tuple[Pairs, int]]:
    """The objects in a value, each with the number of texts that were opened for it."""
    if not isinstance(value, str):
        yield from ((inside, texts) for inside in _objects(value))
    elif texts < MAX_TEXTS:
        yield from ((inside, texts + 1) for inside in _objects_of_text(value, alone))


def _objects(value: Any) -> Iterator[Pairs]:
    if value.__class__ is tuple:
        yield list(value)
    elif value.__class__ is list:
        for each in value:
            yield from _objects(each)


def _objects_of_text(text: str, alone: bool) -> Iterator[Pairs]:
    if _is_open(text):
        try:
            yield from _objects(json_value(text.strip()))
        except Undecodable:
            if alone:
                raise
    elif alone and "=" in text and "&" in text:
        yield text_pairs(text)


def _nested(pairs: Pairs, known: Collection[str]) -> Pairs:
    """`data[CallSid]=1&data[Status]=ANSWER` as an object `data`; `calls[0][CallSid]` as an object `calls[0]`.

    `data.CallSid` the same, where `CallSid` is known and the whole key is not.
    """
    objects: dict[str, Pairs] = {}
    flat: Pairs = []
    for key, value in pairs:
        inside = _BRACKETED.match(key) if key[-1:] == "]" else _dotted(key, known)
        if inside:
            objects.setdefault(inside[1], []).append((inside[2], value))
        else:
            flat.append((key, value))
    return [*flat, *((key, tuple(inside)) for key, inside in objects.items())] if objects else pairs


def _dotted(key: str, known: Collection[str]) -> re.Match[str] | None:
    if "." not in key or fold_any(key) in known:
        return None
    found = _DOTTED.fullmatch(key)
    return found if found and fold_any(found[2]) in known else None
