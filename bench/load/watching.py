"""A watcher: one process with many boards open. Some observe what every frame shows, the others count frames."""

import asyncio
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import uvloop
from picows import ws_connect

from bench.load.board import Board, CallboardBoard

ACK_SECONDS = 0.25


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
        kind = CallboardBoard if self.target.acks else Board

        def board() -> Board:
            return kind(self.run, place < self.load.observers, self.last)

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
    out.put(("watched", [board.watched() for board in work.boards], time.process_time()))


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
