"""Raw bytes made readable for people: text where it is text, JSON set out, anything else in hex."""

import json
import re
import unicodedata
import zlib
from dataclasses import dataclass

LONGEST = 65_536
_HEX_BYTES = 4_096
_PART = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class Readable:
    """`shape` says what it is: `nothing`, `JSON`, `text`, or `bytes` (then `text` is a hex dump of the first 4 KB)."""

    shape: str
    text: str


def readable(raw: bytes, encoding: str = "") -> Readable:
    """Set bytes out for reading. Direction marks and control characters are named: they could pose as other text."""
    if not raw:
        return Readable("nothing", "")
    body = _inflated(raw) if encoding.strip().lower() in ("gzip", "deflate") or raw[:2] == b"\x1f\x8b" else raw
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return Readable("bytes", _hex(body))
    if "\x00" in text:
        return Readable("bytes", _hex(body))
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return Readable("text", _named(text))
    return Readable("JSON", _named(_laid_out(text)))


def _laid_out(text: str) -> str:
    """JSON on lines of its own. Only blanks change: repeated keys, long numbers and escapes stay as they were sent."""
    out: list[str] = []
    depth = 0
    for part in _PART.findall(text):
        closes, starts = part in "}]", bool(out) and out[-1] in ("{", "[", ",")
        depth -= closes
        if closes != starts:
            out.append("\n" + "  " * depth)
        depth += part in "{["
        out.append(": " if part == ":" else part)
    return "".join(out)


def _inflated(raw: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(raw, LONGEST)
    except zlib.error:
        return raw


def _named(text: str) -> str:
    return "".join(char if char in "\n\t" or unicodedata.category(char)[0] != "C" else _name(char) for char in text)


def _name(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _hex(raw: bytes) -> str:
    rows = range(0, min(len(raw), _HEX_BYTES), 16)
    return "\n".join(f"{at:04x}  {raw[at : at + 16].hex(' ')}" for at in rows)
