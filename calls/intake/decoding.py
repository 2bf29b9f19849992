"""The bytes of a request, whatever their shape, to text fields; or a named reason why not."""

import re
from dataclasses import dataclass
from functools import lru_cache

import orjson

from calls.intake.shapes import MAX_BYTES, WRAPPERS, Pairs, Undecodable, as_text, body_pairs, plain, query_pairs

__all__ = ["Decoded", "Undecodable", "decode", "fold"]

MAX_FIELDS = 200
MAX_VALUE = 4_096
MAX_KEY = 64


@dataclass(slots=True)  # Not frozen: that would make it three times as slow to build.
class Decoded:
    """What a request says: folded key (lower case, letters and digits only) to stripped text.

    `flags` are the sorted names of what was odd:
    `control_characters` (replaced by a space), `cut` (a value over 4,096 characters or a key over 64),
    `nameless_field` (dropped: no letter or digit in its key), `query_conflict` (body and query say different
    things: the body won), `repeated_keys` (the first value that is not empty won).
    """

    fields: dict[str, str]
    flags: tuple[str, ...] = ()


def decode(method: str, query: str, body: bytes, content_encoding: str = "") -> Decoded:
    """Read a request by looking at its bytes: what its headers call them is too often wrong.

    `query` is the raw query string without its question mark, its bytes decoded with "surrogateescape". The body
    beats the query, the first value that is not empty beats later ones; a GET's body is read only when its query
    is empty. JSON numbers stay as written, true and false become those words, null becomes "", objects and lists
    within become compact JSON text. A request without any field (a ping) has empty fields.
    Raises Undecodable, and nothing else.
    """
    if len(body) > MAX_BYTES or len(query) > MAX_BYTES:
        raise Undecodable("too_large")
    if not content_encoding and (usual := _usual_fields(query, body)):
        return Decoded(usual)
    try:
        asked = query_pairs(query) if query else []
        told = body_pairs(plain(body, content_encoding)) if body and not (asked and method == "GET") else []
    except UnicodeError:
        raise Undecodable("not_utf8") from None
    if len(asked) + len(told) > MAX_FIELDS:
        raise Undecodable("too_many_fields")
    flags: set[str] = set()
    fields = _fields(told, flags)
    if asked:
        fields = _joined(fields, _fields(asked, flags), flags)
    return Decoded(fields, tuple(sorted(flags)))


# --- the usual delivery, at half the cost ---------------------------------------------------------------------


class _UsualKeys(dict[str, str]):
    """What keys fold to. KeyError for a key about which there is something to say, or to open."""

    def __missing__(self, key: str) -> str:
        name = fold(key)
        if not name or len(key) > MAX_KEY or not key.isascii() or key in WRAPPERS:
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
    return fields if len(said) <= MAX_VALUE and said.isprintable() else None


def _form_as_json(form: bytes) -> bytes:
    """Write a=b%3Ac&d=e+f as {"a":"b\\u003Ac","d":"e f"}: a JSON parser splits it and undoes its escapes at once.

    What is no form, or has bytes that would mean something else in JSON, becomes nothing.
    """
    if not form[:1].isalnum() or not form.isascii() or b'"' in form or b"\\" in form:
        return b""
    pairs = form.replace(b"=", b'":"').replace(b"&", b'","').replace(b"+", b" ").replace(b"%", b"\\u00")
    return b'{"%b"}' % pairs


# --- any other ------------------------------------------------------------------------------------------------

_NOT_IN_KEYS = re.compile(r"[\W_]+")
_REFUSED = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x01-\x1f\x7f-\x9f\u2028\u2029]")


def fold(key: str) -> str:
    """Give what all spellings of a key share: "Dial Whom Number" and "DialWhomNumber" are "dialwhomnumber"."""
    return _NOT_IN_KEYS.sub("", key[:MAX_KEY].lower())


# Only short keys are remembered, so that hostile ones cannot fill the memory.
_fold_short = lru_cache(maxsize=2_048)(fold)


def _fields(pairs: Pairs, flags: set[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for key, value in pairs:
        name = _fold_short(key) if len(key) <= MAX_KEY else fold(key)
        text = (value if value.__class__ is str else as_text(value)).strip()
        if len(text) > MAX_VALUE or not text.isprintable() or len(key) > MAX_KEY:
            text = _tamed(key, text, flags)
        if name in fields:
            flags.add("repeated_keys")
            fields[name] = fields[name] or text
        elif name:
            fields[name] = text
        else:
            flags.add("nameless_field")
    return fields


def _tamed(key: str, text: str, flags: set[str]) -> str:
    """Make unusual text fit to store and to show; refuse what a database would refuse."""
    if _REFUSED.search(text):
        raise Undecodable("control_characters")
    if _CONTROL.search(text):
        flags.add("control_characters")
        text = _CONTROL.sub(" ", text).strip()
    if len(text) > MAX_VALUE or len(key) > MAX_KEY:
        flags.add("cut")
    return text[:MAX_VALUE].rstrip()


def _joined(body: dict[str, str], query: dict[str, str], flags: set[str]) -> dict[str, str]:
    if any(value and body.get(name) and body[name] != value for name, value in query.items()):
        flags.add("query_conflict")
    return {**query, **body, **{name: value for name, value in query.items() if value and not body.get(name)}}
