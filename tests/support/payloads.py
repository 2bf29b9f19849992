"""Recorded-shape deliveries of the provider, moved near to now, and every encoding each could have come in.

`payloads/callerdesk.json`: GET bodies are raw query strings, forms raw text; JSON bodies are objects, or strings
where the exact bytes matter. Deliveries that share a call id form a sequence. The directory they assume: agents
8000000201 and 8000000202, virtual numbers 01200000301 and 08000000302.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

FILE = Path(__file__).parent / "payloads" / "callerdesk.json"
INDIA = ZoneInfo("Asia/Kolkata")
CLOCK = "%Y-%m-%d %H:%M:%S"
STAMP = re.compile(r"(2030-01-1[56])([ n+])(\d\d)(:|%3A)(\d\d)(?::|%3A)(\d\d)")
CALL_ID = re.compile(r'(?:"?(?:CallSid|Uniqueid|campid)"?\s*[:=]\s*"?)([\d.]+)')
BOUNDARY = "callboardtests"


@dataclass(frozen=True)
class Payload:
    name: str
    method: str
    content_type: str
    body: Any
    why: str

    @property
    def text(self) -> str:
        return self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)


@dataclass(frozen=True)
class Request:
    """What goes over the wire, without the URL's path. `query` has no question mark."""

    method: str
    query: str
    body: bytes
    content_type: str


def load(now: datetime) -> dict[str, Payload]:
    """Give all payloads by name, in their order, with the dates of each call moved by one shift of its own.

    A call's first StartTime comes to lie two minutes before `now` (aware), earlier where its last moment would be
    in the future. Ids stay as they are.
    """
    payloads = [Payload(**row) for row in json.loads(FILE.read_text(encoding="utf-8"))]
    shifts = _shifts(payloads, now.astimezone(INDIA).replace(tzinfo=None, microsecond=0))
    return {payload.name: _moved(payload, shift) for payload, shift in zip(payloads, shifts, strict=True)}


def sequences(now: datetime) -> dict[str, list[Payload]]:
    """Give the payloads of each call, by the first id that any of them names, in list order."""
    payloads = list(load(now).values())
    calls: dict[str, list[Payload]] = {}
    for payload, call in zip(payloads, _calls(payloads), strict=True):
        calls.setdefault(call, []).append(payload)
    return calls


def fields_of(payload: Payload) -> dict[str, str] | None:
    """The provider's fields, or None where the payload is broken or its very encoding is the point."""
    if payload.method == "GET":
        odd = "?" in payload.body or not payload.body
        return None if odd else dict(parse_qsl(payload.body.replace("n13:", " 13:"), keep_blank_values=True))
    body = payload.body
    if isinstance(body, str) and body.startswith("{") and body.endswith("}"):
        body = json.loads(body)
    if isinstance(body, list):
        body = body[0]
    return body if isinstance(body, dict) and body else None


def as_sent(payload: Payload) -> Request:
    """The request as the payload's own method and bytes say it."""
    if payload.method == "GET":
        return Request("GET", payload.body, b"", "")
    return Request(payload.method, "", payload.text.encode(), payload.content_type)


def encodings(payload: Payload) -> Iterator[Request]:
    """The same delivery as GET, JSON, form and multipart; only as it was sent where that is not possible."""
    fields = fields_of(payload)
    if fields is None:
        yield as_sent(payload)
        return
    form = urlencode(fields)
    yield Request("GET", form, b"", "")
    yield Request("POST", "", json.dumps(fields, ensure_ascii=False).encode(), "application/json")
    yield Request("POST", "", form.encode(), "application/x-www-form-urlencoded")
    yield Request("POST", "", multipart(fields), f"multipart/form-data; boundary={BOUNDARY}")


def multipart(fields: dict[str, str]) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    return "".join([*parts, f"--{BOUNDARY}--\r\n"]).encode()


def _calls(payloads: list[Payload]) -> list[str]:
    """Name the call of each payload: payloads that share any id are one call."""
    leader: dict[str, str] = {}
    for payload in payloads:
        ids = [found for found in CALL_ID.findall(payload.text) if found != "0"]
        first = next((leader[known] for known in ids if known in leader), ids[0] if ids else payload.name)
        leader.update({each: leader.get(each, first) for each in ids})
    return [leader.get((CALL_ID.findall(each.text) or [""])[0], each.name) for each in payloads]


def _stamps(text: str) -> list[datetime]:
    return [_moment(found) for found in STAMP.finditer(text)]


def _moment(found: re.Match[str]) -> datetime:
    return datetime.strptime(f"{found[1]} {found[3]}:{found[5]}:{found[6]}", CLOCK)


def _shifts(payloads: list[Payload], now: datetime) -> list[timedelta]:
    calls = _calls(payloads)
    stamps: dict[str, list[datetime]] = {}
    for payload, call in zip(payloads, calls, strict=True):
        stamps.setdefault(call, []).extend(_stamps(payload.text))
    return [
        min(now - timedelta(minutes=2) - min(stamps[call]), now - max(stamps[call])) if stamps[call] else timedelta()
        for call in calls
    ]


def _moved(payload: Payload, shift: timedelta) -> Payload:
    def move(found: re.Match[str]) -> str:
        text = (_moment(found) + shift).strftime(CLOCK)
        return text.replace(" ", found[2]).replace(":", found[4])

    text = STAMP.sub(move, payload.text)
    return replace(payload, body=text if isinstance(payload.body, str) else json.loads(text))
