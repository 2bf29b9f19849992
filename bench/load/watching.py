"""A watcher: one process with many boards open. Some observe what every frame shows, the others count frames."""

import array
import asyncio
import re
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.load.posting import now
from bench.load.words import REF, RUN_DIGITS

ACK_SECONDS = 0.5
SEQ = re.compile(rb'"seq": ?(\d+)')
START = re.compile(rb'"type": ?"snapshot".*"part": ?1,')
# A call that left the board has been shown too: the board was told its number, not its ref.
ROW = re.compile(rb'"id":(\d+),"ref":"CA([0-9a-f]{32})"')
GONE = re.compile(rb'"gone":\[([0-9,]+)\]')


class Board(WSListener):
    """One board. `seen` is a flat array of call, moment, for each time that a frame showed a call."""

    def __init__(self, run: str, observing: bool, acks: bool, last: Any) -> None:
        self.run, self.observing, self.acks, self.last = run.encode(), observing, acks, last
        self.frames = self.bytes = self.starts = self.seq = self.acked = 0
        self.seen = array.array("d")
        self.numbers: dict[bytes, int] = {}
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
        if self.acks:
            self.take_envelope(bytes(frame.get_payload_as_memoryview()[:400]))
        if self.observing:
            self.observe(frame.get_payload_as_bytes())

    def take_envelope(self, text: bytes) -> None:
        if seq := SEQ.search(text):
            self.seq = int(seq[1])
        self.starts += bool(START.search(text))

    def observe(self, text: bytes) -> None:
        moment, count = now(), len(self.seen)
        for ref in REF.findall(text):
            if ref[2 : 2 + RUN_DIGITS] == self.run:
                self.seen.extend((int(ref[2 + RUN_DIGITS :], 16), moment))
        if self.acks:
            self.follow_numbers(text, moment)
        if len(self.seen) > count:
            self.last.value = moment

    def follow_numbers(self, text: bytes, moment: float) -> None:
        for number, ref in ROW.findall(text):
            if ref.startswith(self.run):
                self.numbers[number] = int(ref[RUN_DIGITS:], 16)
        for gone in GONE.findall(text):
            calls = (self.numbers.get(number) for number in gone.split(b","))
            for call in calls:
                if call is not None:
                    self.seen.extend((call, moment))

    def acknowledge(self) -> None:
        if self.seq > self.acked and not self.closed:
            self.transport.send(WSMsgType.TEXT, b'{"type":"ack","seq":%d}' % self.seq)
            self.acked = self.seq

    def forget(self) -> None:
        self.frames = self.bytes = self.starts = 0
        del self.seen[:]


class Watcher:
    """All boards of a load."""

    def __init__(self, load: Any, target: Any, run: str, last: Any) -> None:
        self.load, self.target, self.run, self.last = load, target, run, last
        self.boards: list[Board] = []

    async def work(self, ready: Any, reset: Any, stop: Any) -> None:
        loop = asyncio.get_running_loop()
        for place in range(self.load.boards):
            self.boards.append(await self.open(place))
        await asyncio.sleep(0.3)
        ready.release()
        acks = [loop.create_task(self.acknowledge())] if self.target.acks else []
        await loop.run_in_executor(None, reset.wait)
        for board in self.boards:
            board.forget()
        await loop.run_in_executor(None, stop.wait)
        for task in acks:
            task.cancel()

    async def open(self, place: int) -> Board:
        def board() -> Board:
            return Board(self.run, place < self.load.observers, self.target.acks, self.last)

        return (await ws_connect(board, self.target.socket, extra_headers=self.target.headers(place)))[1]

    async def acknowledge(self) -> None:
        while True:
            await asyncio.sleep(ACK_SECONDS)
            for board in self.boards:
                board.acknowledge()


def watcher(load: Any, target: Any, run: str, last: Any, ready: Any, reset: Any, stop: Any, out: Any) -> None:
    """The process."""
    work = Watcher(load, target, run, last)
    uvloop.run(work.work(ready, reset, stop))
    boards = [(b.frames, b.bytes, b.observing, b.seen.tobytes(), b.closed, b.starts) for b in work.boards]
    out.put(("watched", boards, time.process_time()))


def never_reading(load: Any, target: Any) -> list[socket.socket]:
    """Boards that finish the handshake and then never read: what a sleeping laptop looks like to a server."""
    url = urlsplit(target.socket)
    boards = []
    for place in range(load.never_reading):
        board = socket.socket()
        board.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        board.settimeout(10)
        board.connect((url.hostname or "127.0.0.1", url.port or 80))
        asked = {
            "Host": url.netloc,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
            **target.headers(load.boards + place),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in asked.items())
        board.sendall(f"GET {url.path} HTTP/1.1\r\n{lines}\r\n".encode())
        if b" 101 " not in board.recv(64):
            raise RuntimeError("A board was refused.")
        boards.append(board)
    return boards
