"""What a stored or arriving delivery says: from its bytes to a call event, or to a named reason why not."""

import hashlib
import logging
from dataclasses import replace
from datetime import datetime

from calls.commit.cache import CachedSource
from calls.commit.received import Received
from calls.intake.decoding import Undecodable, decode
from calls.providers import PROVIDERS
from calls.providers.adapter import Arrival, Reading, ignored, quarantined
from calls.words import Result

log = logging.getLogger("callboard.intake")

KEPT_BODY = 65_536
"""Bytes of a body that are stored. A longer one is quarantined."""


def receive(
    *,
    source: CachedSource,
    received_at: datetime,
    method: str,
    query: str,
    content_type: str,
    content_encoding: str,
    body: bytes,
    body_size: int = 0,
    content_key: str = "",
    delivery: int = 0,
) -> Received:
    """Make a delivery of a request's bytes and read what it says: event, result, reason, content key and others.

    Never raises for anything a sender can send. `delivery` is the id of a stored one that is read again: of its body,
    which had `body_size` bytes, only the first may be left, and then it keeps its `content_key`.
    """
    received = Received(
        source=source,
        received_at=received_at,
        method=method,
        query=query,
        content_type=content_type,
        content_encoding=content_encoding,
        body=body[:KEPT_BODY],
        body_size=max(body_size, len(body)),
        content_key=content_key,
        delivery=delivery,
        replayed=delivery > 0,
    )
    _read(received, body)
    return received


def _read(received: Received, body: bytes) -> None:
    try:
        if received.body_size > len(body):
            raise Undecodable("too_large")
        method = "POST" if received.method == "PUT" else received.method
        provider = PROVIDERS.get(received.source.provider)
        decoded = decode(method, received.query, body, received.content_encoding, provider and provider.FIELDS)
    except Undecodable as error:
        received.content_key = received.content_key or _digest(body + b"\0" + received.query.encode(errors="replace"))
        received.quarantine(error.reason)
        return
    received.is_ping = not decoded.fields
    flags = " ".join(decoded.flags)[:120]
    _fill(received, decoded.fields, flags)
    if decoded.others:
        received.others = tuple(part_of(received, part) for part in range(1, len(decoded.others) + 1))
        for other, fields in zip(received.others, decoded.others, strict=True):
            _fill(other, fields, flags)


def part_of(received: Received, part: int) -> Received:
    """A further call of the same request. Its bytes stay with the first."""
    return replace(
        received, query="", body=b"", body_size=0, delivery=0, call=None, replayed=False, part_of=received, part=part
    )


def no_longer_found(received: Received, part: int, delivery: int) -> Received:
    """A further call that a request was said to hold, and of which today's rules find nothing."""
    gone = part_of(received, part)
    gone.content_key = _digest(b"no longer found\0%d" % delivery)  # Nothing repeats it.
    gone.event, gone.result, gone.reason, gone.flags = None, Result.IGNORED, "no_longer_found", ""
    return gone


def _fill(received: Received, fields: dict[str, str], flags: str) -> None:
    received.content_key = content_key(fields)
    received.flags = flags
    reading = interpret(received, fields)
    received.event, received.result, received.reason = reading.event, reading.result, reading.reason
    if reading.result is Result.IGNORED and "broken_characters" in flags and received.source.enabled:
        received.quarantine("broken_characters")  # Nobody can say what it would have been.


def interpret(received: Received, fields: dict[str, str]) -> Reading:
    """What the source's adapter makes of folded fields. Raises nothing: where the adapter fails, it is `failed`."""
    source = received.source
    if not source.enabled:
        return ignored("source_disabled")
    if source.provider not in PROVIDERS:
        return quarantined("unknown_provider")
    arrival = Arrival(received.received_at, received.content_key)
    try:
        reading: Reading = PROVIDERS[source.provider].read(fields, source.habits, arrival)
        return reading
    except Exception:  # An adapter's fault must not cost a delivery: it is kept, and can be replayed.
        log.exception("an adapter failed")
        return quarantined("failed")


def content_key(fields: dict[str, str]) -> str:
    """What repeats share, in whatever shape and order they come: a digest of the filled fields."""
    # Names are letters and digits only, which stand behind \1: so the items sort as their names do.
    said = sorted([f"{name}\1{value}" for name, value in fields.items() if value])
    return _digest("\0".join(said).encode(errors="surrogatepass"))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
