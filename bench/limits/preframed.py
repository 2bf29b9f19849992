"""The fan-out limit of Python itself: one frame, built once, its bytes written to every socket.

python -m bench.limits.preframed PORT
"""

import asyncio
import base64
import hashlib
import sys
from typing import Any

import uvloop

from bench.limits.fanout import TEXT

ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
FULL = 65_536
FRAME = b"\x81\x7e" + len(TEXT).to_bytes(2, "big") + TEXT.encode()


class Socket(asyncio.Protocol):
    """One board, after a handshake that takes anything."""

    boards: "set[Socket]" = set()

    def connection_made(self, transport: Any) -> None:
        self.transport, self.asked = transport, b""

    def data_received(self, data: bytes) -> None:
        self.asked += data
        if self not in self.boards and b"\r\n\r\n" in self.asked:
            self.greet()

    def greet(self) -> None:
        lines = [line for line in self.asked.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")]
        if not lines:
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return
        key = lines[0].split(b":", 1)[1].strip()
        accept = base64.b64encode(hashlib.sha1(key + ACCEPT).digest())
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self.boards.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.boards.discard(self)


async def serve(port: int) -> None:
    await asyncio.get_running_loop().create_server(Socket, "127.0.0.1", port)
    while True:
        for board in Socket.boards:
            board.transport.write(FRAME)
        await asyncio.sleep(0 if Socket.boards else 0.01)
        while any(board.transport.get_write_buffer_size() > FULL for board in Socket.boards):  # noqa: ASYNC110
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
