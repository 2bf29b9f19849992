"""The bytes of a request, whatever their shape, to text fields; or a named reason why not."""

import re
from collections.abc import Collection
from dataclasses import dataclass

import orjson

from calls.intake.shapes import (
    MAX_BYTES,
    MAX_KEY,
    Joined,
    Pairs,
    Undecodable,
    as_text,
    body_pairs,
    fold,
    fold_any,
    plain,
    query_pairs,
)
from calls.intake.wrapping import calls_in
from calls.providers.adapter import BROKEN

__all__ = ["Decoded", "Undecodable", "decode", "fold"]

MAX_FIELDS = 200
MAX_VALUE = 4_096


@dataclass(slots=True)  # Not frozen: that would make it three times as slow to build.
class Decoded:
    """What a request says: folded key (lower case, letters and digits only) to stripped text.

    `others` are the fields of further calls that stand in the same request. `flags` are the sorted names of what was
    odd: `broken_characters` (bytes that are no character, replaced by U+FFFD), `control_characters` (replaced by a
    space), `cut` (a value over 4,096 characters or a key over 64), `nameless_field` (dropped: no letter or digit in
    its key), `query_conflict` (body and query say different things: the body won), `repeated_keys` (the first value
    that is not empty won), `unencoded_ampersand` (put back into the value that it cut in two).
    """

    fields: dict[str, str]
    flags: tuple[str, ...] = ()
    others: tuple[dict[str, str], ...] = ()


def decode(
    method: str, query: str, body: bytes, content_encoding: str = "", known: Collection[str] | None = None
) -> Decoded:
    """Read a request by looking at its bytes: what its headers call them is too often wrong.

    `query` is the raw query string without its question mark, its bytes decoded with "surrogateescape". The body
    beats the query, the first value that is not empty beats later ones; a GET's body is read only when its query
    is empty. JSON numbers stay as written, true and false become those words, null becomes "", objects and lists
    within become compact JSON text, unless a call stands in them: `known` are the folded keys that a call has, or
    None where any may be one. A request without any field (a ping) has empty fields.
    Raises Undecodable, and nothing else.
    """
    if len(body) > MAX_BYTES or len(query) > MAX_BYTES:
        raise Undecodable("too_large")
    if not content_encoding and (usual := _usual_fields(query, body)):
        return Decoded(usual)
    asked = query_pairs(query) if query else []
    told = body_pairs(plain(body, content_encoding)) if body and not (asked and method == "GET") else []
    around, calls = [], calls_in(told or asked, known)
    if told and asked:
        around = calls_in(asked, known)[0]
    flags: set[str] = set()
    shared = _fields(around, flags, known)
    fields, *others = (_joined(_fields(call, flags, known), shared, flags) for call in calls)
    return Decoded(fields, tuple(sorted(flags)), tuple(others))


# --- the usual delivery, at half the cost ---------------------------------------------------------------------


_OPENED = re.compile(r"[\[.;]")
"""Of these a key may be taken apart: `data[CallSid]`, `data.CallSid`, `amp;CallSid`."""


class _UsualKeys(dict[str, str]):
    """What keys fold to. KeyError for a key about which there is something to say, or to open."""

    def __missing__(self, key: str) -> str:
        name = fold(key)
        if not name or len(key) > MAX_KEY or not key.isascii() or _OPENED.search(key):
            raise KeyError(key)
        if len(self) >= 2_048:  # Made-up keys must not fill the memory.
            self.clear()
        self[key] = name
        return name


_usual_keys = _UsualKeys()


def _usual_fields(query: str, body: bytes) -> dict[str, str] | None:
    """The fields of a flat JSON object or of a form, where nothing about them is odd. None for any other request.

    Nothing is odd where there are two fields or more, each key comes once (folded, too), and all values are text,
    printable and short.
    """
    if query:
        text = b"" if body or "?" in query else _form_as_json(query.encode(errors="surrogatepass"))
    else:
        text = _form_as_json(body) if body[:1].isalnum() else body
    if b'\\"' in text:
        return None
    try:
        pairs = orjson.loads(text)
        if text is not body and not "".join(pairs.values()).isascii():
            # A form's escapes are bytes, which were taken for characters.
            pairs = {key: value.encode("latin-1").decode() for key, value in pairs.items()}
        fields = {_usual_keys[key]: value.strip() for key, value in pairs.items()}
    except (ValueError, KeyError, AttributeError):  # No JSON, an unusual key, no object, a value that is no text.
        return None
    # All strings and no quote within them, so each pair has four quotes. Where those of the fields are all there
    # are, no key was a repetition of another.
    if not 2 <= len(fields) <= MAX_FIELDS or text.count(b'"') != 4 * len(fields):
        return None
    said = "".join(fields.values())
    if len(said) > MAX_VALUE or not said.isprintable() or BROKEN in said or "{" in said or "[" in said:
        return None
    return fields


def _form_as_json(form: bytes) -> bytes:
    """Write a=b%3Ac&d=e+f as {"a":"b\\u003Ac","d":"e f"}: a JSON parser splits it and undoes its escapes at once.

    What is no form, or has bytes that would mean something else in JSON, becomes nothing.
    """
    if not form[:1].isalnum() or not form.isascii() or b'"' in form or b"\\" in form:
        return b""
    pairs = form.replace(b"=", b'":"').replace(b"&", b'","').replace(b"+", b" ").replace(b"%", b"\\u00")
    return b'{"%b"}' % pairs


# --- any other ------------------------------------------------------------------------------------------------

_REFUSED = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x01-\x1f\x7f-\x9f\u2028\u2029]")


def _fields(pairs: Pairs, flags: set[str], known: Collection[str] | None = None) -> dict[str, str]:
    if len(pairs) > MAX_FIELDS:
        raise Undecodable("too_many_fields")
    fields: dict[str, str] = {}
    for key, value in pairs:
        name = fold_any(key)
        if value.__class__ is Joined:
            value = _without_keys(value, flags, known)
        text = (value if isinstance(value, str) else as_text(value)).strip()
        if len(text) > MAX_VALUE or not text.isprintable() or BROKEN in text or len(key) > MAX_KEY:
            text = _tamed(key, text, flags)
        if name in fields:
            flags.add("repeated_keys")
            fields[name] = fields[name] or text
        elif name:
            fields[name] = text
        else:
            flags.add("nameless_field")
    return fields


def _without_keys(value: str, flags: set[str], known: Collection[str] | None) -> str:
    """A value that unencoded "&" cut in two, without the pieces that are keys of empty fields (`campid&`)."""
    first, *pieces = value.split("&")
    whole = "&".join([first, *(piece for piece in pieces if fold(piece) not in (known or ()))])
    if whole != first:
        flags.add("unencoded_ampersand")
    return whole


def _tamed(key: str, text: str, flags: set[str]) -> str:
    """Make unusual text fit to store and to show: PostgreSQL refuses NUL and half surrogate pairs."""
    text = _REFUSED.sub(BROKEN, text)
    if BROKEN in text:
        flags.add("broken_characters")
    if _CONTROL.search(text):
        flags.add("control_characters")
        text = _CONTROL.sub(" ", text).strip()
    if len(text) > MAX_VALUE or len(key) > MAX_KEY:
        flags.add("cut")
    return text[:MAX_VALUE].rstrip()


def _joined(body: dict[str, str], query: dict[str, str], flags: set[str]) -> dict[str, str]:
    if not query:
        return body
    if any(value and body.get(name) and body[name] != value for name, value in query.items()):
        flags.add("query_conflict")
    return {**query, **body, **{name: value for name, value in query.items() if value and not body.get(name)}}
