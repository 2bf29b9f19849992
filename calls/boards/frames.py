"""The messages to boards: a frame, and a whole snapshot in parts."""

import asyncio
from collections.abc import Iterable
from heapq import nsmallest
from time import monotonic
from typing import Any

from calls.display.rows import Names, encode
from calls.live.shown_call import ShownCall
from calls.live.urgency import FIRST_ENDED, FIRST_LIVE, urgency

PART_BYTES = 60 * 1024
MOST_LIVE_SENT = 5_000
"""With more live calls than these a snapshot holds the most urgent only: it would take seconds, and nobody reads it."""
SNAPSHOT_SECONDS = 1.0
"""How long a snapshot may serve newcomers; they are sent the frames that came after it."""


class Frame:
    """One message, made once for all boards of an audience; `message` is what an ASGI server takes."""

    __slots__ = ("message", "seq", "size")

    def __init__(self, body: bytes, seq: int) -> None:
        self.message = {"type": "websocket.send", "text": body.decode()}
        self.seq = seq
        self.size = len(body)


class Snapshot:
    """The parts of a whole picture, and the frames that came since it was taken.

    `left_out` is the number of live calls that it does not hold, since they are too many.
    """

    __slots__ = ("epoch", "left_out", "made", "parts", "seq", "since", "taken_at")

    def __init__(self, epoch: str, seq: int) -> None:
        self.epoch = epoch
        self.seq = seq
        self.left_out = 0
        self.taken_at = monotonic()
        self.parts: list[Frame] = []
        self.since: list[Frame] = []
        self.made: asyncio.Future[None] | None = None

    @property
    def fresh(self) -> bool:
        return monotonic() - self.taken_at < SNAPSHOT_SECONDS


def json_of(calls: Iterable[ShownCall], masked: bool, names: Names) -> bytes:
    return b",".join([shown.json(masked, names) for shown in calls])


class Parts:
    """A snapshot to be made: the first screenful in part 1, the rest in parts that no link chokes on.

    It holds all that it needs, and calls never change: it can be made in another thread, and later.
    """

    def __init__(self, fields: dict[str, Any], sums: bytes, calls: list[ShownCall], masked: bool, names: Names) -> None:
        self.sums, self.calls = sums, calls
        self.masked, self.names = masked, names
        self.live_count = sum(shown.live for shown in calls)
        self.left_out = self.live_count - FIRST_LIVE if self.live_count > MOST_LIVE_SENT else 0
        self.fields = fields | {"left_out": self.left_out}

    def make(self) -> list[Frame]:
        first, rest = self._first_and_rest()
        bodies = [json_of(first, self.masked, self.names), *self._cut(rest)]
        return [self._part(place, len(bodies), body) for place, body in enumerate(bodies, start=1)]

    def _first_and_rest(self) -> tuple[list[ShownCall], list[ShownCall]]:
        live = [shown for shown in self.calls if shown.live]
        ended = [shown for shown in self.calls if not shown.live]
        now = self.fields["now"]
        urgent = nsmallest(FIRST_LIVE, live, key=lambda shown: urgency(shown, now))
        first = set(urgent)
        others = [] if self.left_out else [shown for shown in live if shown not in first]
        return urgent + ended[:FIRST_ENDED], others + ended[FIRST_ENDED:]

    def _cut(self, calls: list[ShownCall]) -> list[bytes]:
        bodies: list[bytes] = []
        gathered: list[bytes] = []
        size = 0
        for shown in calls:
            text = shown.json(self.masked, self.names)
            if gathered and size + len(text) > PART_BYTES:
                bodies.append(b",".join(gathered))
                gathered, size = [], 0
            gathered.append(text)
            size += len(text) + 1
        return [*bodies, b",".join(gathered)] if gathered else bodies

    def _part(self, place: int, count: int, body: bytes) -> Frame:
        head = encode(self.fields | {"part": place, "parts": count})[:-1]
        return Frame(head + b"," + self.sums + b',"calls":[' + body + b"]}", self.fields["seq"])
