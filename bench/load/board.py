"""A board that is watched: what its frames showed, and when."""

import array
import re
from typing import Any, NamedTuple

import orjson
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from bench.load.posting import now
from bench.load.words import REF, RUN_DIGITS

SEQ = re.compile(rb'"seq": ?(\d+)')
START = re.compile(rb'"type": ?"snapshot".*"part": ?1,')
ENVELOPE = 400
"""Bytes of a frame that hold its envelope."""


class Watched(NamedTuple):
    """What became of one board. `seen` is a flat array of call, moment, for each time that a frame showed a call.

    Boards that start over have `wholes`, the moments at which a picture was whole, and the calls they show as `live`.
    """

    frames: int
    bytes: int
    observing: bool
    seen: bytes
    closed: bool = False
    starts: int = 0
    wholes: tuple[float, ...] = ()
    live: frozenset[int] = frozenset()


class Board(WSListener):
    """A board of any server: a frame shows a call if the call's ref is in it."""

    def __init__(self, run: str, observing: bool, last: Any) -> None:
        self.run, self.observing, self.last = f"CA{run}", observing, last
        self.frames = self.bytes = self.starts = 0
        self.seen = array.array("d")
        self.closed = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif frame.msg_type == WSMsgType.CLOSE:
            self.closed = True
            transport.disconnect()
        else:
            self.take(frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.closed = True

    def take(self, frame: WSFrame) -> None:
        self.frames += 1
        self.bytes += frame.payload_size
        if self.observing:
            count = len(self.seen)
            self.observe(frame.get_payload_as_bytes())
            if len(self.seen) > count:
                self.last.value = self.seen[-1]

    def observe(self, text: bytes) -> None:
        moment = now()
        for ref in REF.findall(text):
            if (call := self.call_of(ref.decode())) is not None:
                self.seen.extend((call, moment))

    def call_of(self, ref: str) -> int | None:
        """The number of a call of this run."""
        return int(ref[2 + RUN_DIGITS :], 16) if ref.startswith(self.run) else None

    def acknowledge(self) -> None:
        pass

    def forget(self) -> None:
        """The measurement begins now."""
        self.frames = self.bytes = self.starts = 0
        del self.seen[:]

    def watched(self) -> Watched:
        return Watched(self.frames, self.bytes, self.observing, self.seen.tobytes(), self.closed, self.starts)


class CallboardBoard(Board):
    """A board that keeps to docs/events.md: acknowledges, starts over with a snapshot, parts with what is gone."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.seq = self.acked = 0
        self.numbers: dict[int, int] = {}
        self.live: set[int] = set()
        self.wholes: list[float] = []

    def take(self, frame: WSFrame) -> None:
        envelope = bytes(frame.get_payload_as_memoryview()[:ENVELOPE])
        if seq := SEQ.search(envelope):
            self.seq = int(seq[1])
        self.starts += bool(START.search(envelope))
        super().take(frame)

    def observe(self, text: bytes) -> None:
        said, moment = orjson.loads(text), now()
        if said.get("part") == 1:
            self.numbers.clear()
            self.live.clear()
        for row in said.get("calls", ()):
            if (call := self.call_of(row["ref"] or "")) is not None:
                self.numbers[row["id"]] = call
                (self.live.discard if row["state"] == "ended" else self.live.add)(call)
                self.seen.extend((call, moment))
        for number in said.get("gone", ()):
            if (call := self.numbers.pop(number, None)) is not None:
                self.live.discard(call)
                self.seen.extend((call, moment))
        if "part" in said and said["part"] == said["parts"]:
            self.wholes.append(moment)

    def acknowledge(self) -> None:
        if self.seq > self.acked and not self.closed:
            self.transport.send(WSMsgType.TEXT, b'{"type":"ack","seq":%d}' % self.seq)
            self.acked = self.seq

    def watched(self) -> Watched:
        return super().watched()._replace(wholes=tuple(self.wholes), live=frozenset(self.live))
