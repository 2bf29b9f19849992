"""The shapes that a request's bytes come in (JSON, form, multipart, compressed), each to pairs of key and value."""

import codecs
import json
import re
import zlib
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

from calls.providers.adapter import BROKEN

MAX_BYTES = 65_536
MAX_KEY = 64
MAX_INFLATION = 20
MAX_DEPTH = 20
MAX_TEXTS = 2
"""How many JSON texts within JSON texts are opened."""

Pairs = list[tuple[str, Any]]


class Undecodable(ValueError):
    """A request that says nothing we can read. `reason` is one of:

    `too_large` (over 64 KB), `too_deep` (JSON over 20 levels), `too_many_fields` (over 200 of one call),
    `too_many_calls` (over 100), `broken_json` (NaN included), `not_an_object` (JSON, but a scalar, or a list with
    anything but objects in it), `broken_multipart`,
    `compressed_too_large` (over 64 KB or 20 times its size), `bad_encoding` (Content-Encoding unknown or untrue),
    `no_fields_found` (text without any field).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_NOT_IN_KEYS = re.compile(r"[\W_]+")


def fold(key: str) -> str:
    """Give what all spellings of a key share: "Dial Whom Number" and "DialWhomNumber" are "dialwhomnumber"."""
    return _NOT_IN_KEYS.sub("", key[:MAX_KEY].lower())


_fold_short = lru_cache(maxsize=2_048)(fold)


def fold_any(key: str) -> str:
    """As `fold`. Only short keys are remembered, so that hostile ones cannot fill the memory."""
    return _fold_short(key) if len(key) <= MAX_KEY else fold(key)


def plain(body: bytes, encoding: str) -> bytes:
    """Undo the compression. A proxy may have done so and left the header, hence the look at gzip's own mark.

    `encoding` is the header Content-Encoding. Raises Undecodable for one that is unknown, for bytes that are not
    what it says, and for a body that becomes too large.
    """
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
    """Read a body by its first bytes. What is no character becomes `BROKEN`. Raises Undecodable."""
    start = body[:2_048].lstrip()
    if start.startswith(b"--") and b"content-disposition:" in start.lower():
        return _multipart_pairs(body.strip())
    return text_pairs(_decoded(body))


def _decoded(body: bytes) -> str:
    """The text, from UTF-8, or from UTF-16 where a mark or the zeros of its letters tell it."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    if body[1:2] == b"\0" or body[:1] == b"\0":
        return body.decode("utf-16-le" if body[1:2] == b"\0" else "utf-16-be", "replace")
    return body.removeprefix(codecs.BOM_UTF8).decode(errors="replace")


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
    return (name[1] or name[2] or b"").decode(errors="replace"), content[0].decode(errors="replace")


def text_pairs(text: str, texts: int = 0) -> Pairs:
    """Read JSON or a form, told apart by the first letter. Raises Undecodable."""
    text = text.strip().replace("\0", BROKEN)
    if not text:
        return []
    if text[0] in '{["':
        return _json_pairs(text, texts)
    if text[0] != "<" and "=" in text:
        return _form_pairs(text)
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
    return _form_pairs(_mended(query))


def _mended(query: str) -> str:
    """Half surrogate pairs in a query stand for bytes that are not ASCII, perhaps UTF-8."""
    return query if query.isascii() else query.encode(errors="surrogateescape").decode(errors="replace")


def _form_pairs(text: str) -> Pairs:
    text = text.replace("+", " ").replace("&amp;", "&")
    if "%26" in text or "%3D" in text or "%3d" in text:
        return [(_unquoted(key), _unquoted(value)) for key, value in _split(text)]
    # No separator hides in an escape, so all can be undone at once: half the cost.
    return _split(_unquoted(text))


def _split(text: str) -> Pairs:
    """The pairs of a form. A piece without "=" belongs to the value before it, whose "&" was not encoded."""
    pairs: list[tuple[str, str]] = []
    for piece in filter(None, text.split("&")):
        key, equals, value = piece.partition("=")
        if not equals and pairs and pairs[-1][1]:
            pairs[-1] = (pairs[-1][0], Joined(f"{pairs[-1][1]}&{piece}"))
        else:
            pairs.append((key, value))
    return pairs


def _unquoted(text: str) -> str:
    if "%" not in text:
        return text
    unquoted = unquote_to_bytes(text).decode(errors="replace")
    return Joined(unquoted) if text.__class__ is Joined else unquoted


class Joined(str):
    """A value with an "&" in it that should have been encoded."""

    __slots__ = ()


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


def _json_pairs(text: str, texts: int) -> Pairs:
    value = json_value(text)
    if value.__class__ is tuple:
        return list(value)
    if value.__class__ is list and value and all(each.__class__ is tuple for each in value):
        return list(value[0]) if len(value) == 1 else [("calls", value)]
    if value.__class__ is str and texts < MAX_TEXTS:
        return text_pairs(value, texts + 1)
    raise Undecodable("not_an_object")


def json_value(text: str) -> Any:
    """Parse JSON: objects become tuples of pairs, numbers stay as written. Raises Undecodable."""
    _check_depth(text)
    try:
        value, end = _scan(text, 0)
    except ValueError:
        raise Undecodable("broken_json") from None
    if end != len(text):
        raise Undecodable("broken_json")
    return value


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
