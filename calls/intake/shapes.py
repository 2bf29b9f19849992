"""The shapes that a request's bytes come in (JSON, form, multipart, compressed), each to pairs of key and value."""

import codecs
import json
import re
import zlib
from operator import itemgetter
from typing import Any
from urllib.parse import unquote_to_bytes

MAX_BYTES = 65_536
MAX_INFLATION = 20
MAX_DEPTH = 20
MAX_WRAPPINGS = 2
# Fields that some panels put the whole JSON object into.
WRAPPERS = frozenset({"data", "payload", "json", "body"})

Pairs = list[tuple[str, Any]]


class Undecodable(ValueError):
    """A request that says nothing we can read. `reason` is one of:

    `too_large` (over 64 KB), `too_deep` (JSON over 20 levels), `too_many_fields` (over 200), `not_utf8`,
    `control_characters` (NUL or half a surrogate pair: PostgreSQL refuses them), `broken_json` (NaN included),
    `not_an_object` (JSON, but a scalar, or a list of other than one object), `broken_multipart`,
    `compressed_too_large` (over 64 KB or 20 times its size), `bad_encoding` (Content-Encoding unknown or untrue),
    `no_fields_found` (text without any field).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def plain(body: bytes, encoding: str) -> bytes:
    """Undo the compression. A proxy may have done so and left the header, hence the look at gzip's own mark."""
    if body.startswith(b"\x1f\x8b"):
        return _inflated(body, zlib.MAX_WBITS | 16)
    encoding = encoding.strip().lower()
    if encoding in ("", "identity", "gzip", "x-gzip"):
        return body
    if encoding != "deflate":
        raise Undecodable("bad_encoding")
    # Half of the world sends deflate with zlib's two bytes in front, as the standard says, half without.
    with_header = body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _inflated(body, zlib.MAX_WBITS if with_header else -zlib.MAX_WBITS)


def _inflated(body: bytes, window: int) -> bytes:
    limit = min(MAX_BYTES, MAX_INFLATION * len(body))
    inflate = zlib.decompressobj(window)
    try:
        plain = inflate.decompress(body, limit + 1)
    except zlib.error:
        raise Undecodable("bad_encoding") from None
    if len(plain) > limit:
        raise Undecodable("compressed_too_large")
    if not inflate.eof or inflate.unused_data:
        raise Undecodable("bad_encoding")
    return plain


def body_pairs(body: bytes) -> Pairs:
    """Read a body by its first bytes. Raises Undecodable or UnicodeError."""
    start = body[:2_048].lstrip()
    if start.startswith(b"--") and b"content-disposition:" in start.lower():
        return _unwrapped(_multipart_pairs(body.strip()))
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _text_pairs(body.decode("utf-16"))
    return _text_pairs(body.removeprefix(codecs.BOM_UTF8).decode())


_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_PART_NAME = re.compile(rb'[;\s]name=(?:"([^"\r\n]*)"|([^;\s"]+))', re.IGNORECASE)


def _multipart_pairs(body: bytes) -> Pairs:
    """Read a multipart form. Its boundary is its own first line, so no header is needed."""
    boundary = body.partition(b"\n")[0].rstrip()
    _, *parts, rest = (b"\n" + body).split(b"\n" + boundary)
    if not parts or not rest.startswith(b"--"):
        raise Undecodable("broken_multipart")
    return [_part(part) for part in parts]


def _part(part: bytes) -> tuple[str, str]:
    head, *content = _BLANK_LINE.split(part, maxsplit=1)
    name = _PART_NAME.search(head)
    if not content or not name:
        raise Undecodable("broken_multipart")
    return (name[1] or name[2] or b"").decode(), content[0].decode()


def _text_pairs(text: str, wrappings: int = 0) -> Pairs:
    text = text.strip()
    if not text:
        return []
    if "\0" in text:
        raise Undecodable("control_characters")
    if text[0] in '{["':
        return _json_pairs(text, wrappings)
    if text[0] != "<" and "=" in text:
        return _unwrapped(_form_pairs(text), wrappings)
    raise Undecodable("not_an_object" if _SCALAR.fullmatch(text) else "no_fields_found")


# A question mark that starts another query: "?Name=" was appended to a URL that had a query already.
_GLUED = re.compile(r"\?(?=[\w%+ ]+=)")


def query_pairs(query: str) -> Pairs:
    """Read a query string. What stands before a second query is the URL's own secret, and is dropped.

    A recording's URL that was not encoded has a question mark too; it is told by its "://".
    """
    glued = _GLUED.search(query)
    if glued and "://" not in query[: glued.start()]:
        query = query[glued.end() :]
    return _unwrapped(_form_pairs(query))


def _form_pairs(text: str) -> Pairs:
    text.encode()  # A query may hold half surrogate pairs: they stand for bytes that are not UTF-8.
    text = text.replace("+", " ")
    if "%26" in text or "%3D" in text or "%3d" in text:
        return [(_unquoted(key), _unquoted(value)) for key, value in _split(text)]
    # No separator hides in an escape, so all can be undone at once: half the cost.
    return _split(_unquoted(text))


def _split(text: str) -> list[tuple[str, str]]:
    pairs = [piece.partition("=") for piece in text.split("&") if piece]
    return [(key, value) for key, _, value in pairs]


def _unquoted(text: str) -> str:
    return unquote_to_bytes(text).decode() if "%" in text else text


class Number(str):
    """A JSON number as it was written: CallSid 1894680000.10 must keep its last zero."""

    __slots__ = ()


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|([\[{])|[\]}]', re.DOTALL)
_SCALAR = re.compile(r"true|false|null|NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
# Objects become tuples of pairs (so that repeated keys show), lists stay lists.
_scan = json.JSONDecoder(
    object_pairs_hook=tuple,
    parse_float=Number,
    parse_int=Number,
    parse_constant=_refuse_constant,
    strict=False,
).raw_decode


def _json_pairs(text: str, wrappings: int) -> Pairs:
    _check_depth(text)
    try:
        value, end = _scan(text, 0)
    except ValueError:
        raise Undecodable("broken_json") from None
    if end != len(text):
        raise Undecodable("broken_json")
    if value.__class__ is list and len(value) == 1:
        value = value[0]
    if value.__class__ is tuple:
        return _unwrapped(list(value), wrappings)
    if value.__class__ is str and wrappings < MAX_WRAPPINGS:
        return _text_pairs(value, wrappings + 1)
    raise Undecodable("not_an_object")


def _check_depth(text: str) -> None:
    """Refuse deep JSON before it is parsed: the parser would recurse."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[1]:
            depth += 1
            if depth > MAX_DEPTH:
                raise Undecodable("too_deep")
        elif token[0] in "]}":
            depth -= 1


def _unwrapped(pairs: Pairs, wrappings: int = 0) -> Pairs:
    """Open the one field (or the one with a telling name) whose value is the JSON object that was meant."""
    if len(pairs) != 1 and WRAPPERS.isdisjoint(map(itemgetter(0), pairs)):
        return pairs
    for index, (key, value) in enumerate(pairs):
        if len(pairs) == 1 or key in WRAPPERS:
            if value.__class__ is tuple:
                return [*value, *pairs[:index], *pairs[index + 1 :]]
            if value.__class__ is str and wrappings < MAX_WRAPPINGS and value.lstrip().startswith("{"):
                inner = _json_pairs(value.strip(), wrappings + 1)
                return [*inner, *pairs[:index], *pairs[index + 1 :]]
    return pairs


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, Number) else _compact(value)


def _compact(value: Any) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, tuple):
        return "{" + ",".join(f"{_compact(key)}:{_compact(item)}" for key, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
