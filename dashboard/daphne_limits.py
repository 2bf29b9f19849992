"""Connections to daphne that hold no more than a stranger may make them hold, and bodies that nothing parses.

Twisted itself answers one request of a connection at a time, and reads no more while its answers are not read. Beside
that it leans on the insides of daphne and Twisted: tests/dashboard/test_strangers.py says what must still hold.
"""

import gc
import itertools
from time import monotonic
from typing import Any
from urllib.parse import quote

from autobahn.twisted.websocket import WebSocketServerProtocol
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.protocol import connectionDone
from twisted.web import http

from calls.intake.asgi_door import headers_of
from calls.intake.door import LARGEST_BODY, counted, refusal

from . import limits
from .hooks import is_hook

ASCII = bytes(range(32, 127))
TOO_MANY = 4429
ENDED_TOGETHER = 500
"""Ended sockets of autobahn's refer to each other in circles of 10 KB, and old garbage is looked for so seldom
(`dashboard.asgi`) that a day of boards that come and go would fill the memory: it is looked for after so many.
"""
_ended = itertools.count(1)


class Request(WebRequest):
    """A request whose body is taken as it is: Twisted would parse forms, and refuse those that are none."""

    refused = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)

    def gotLength(self, length: int | None) -> None:
        """All headers are there. A body that says that it is too long is not waited for."""
        self.taken = 0
        self.most = LARGEST_BODY if is_hook(_path(self.channel._path)) else limits.PAGE_BODY_BYTES
        super().gotLength(min(length, self.most) if length else length)
        if length and length > self.most:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        self.taken += len(data)
        if self.taken > self.most:
            self._refuse()
        elif not self.refused:
            super().handleContentChunk(data)

    def _refuse(self) -> None:
        if not self.refused:
            self.refused = True
            self.channel.refuse(413, "too_large", self.channel._path)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if not self.refused:
            super().requestReceived(command, path, version)

    def process(self) -> Any:
        channel, done = self.channel, super().process()
        if self.transport is None:  # A socket has taken the connection over: nobody will tell this channel of its end.
            channel.leave()
        return done


class Channel(http.HTTPChannel):
    """One connection."""

    MAX_LENGTH = limits.HEADER_BYTES
    totalHeadersSize = limits.HEADER_BYTES + limits.REQUEST_LINE_BYTES
    transport: Any
    address = ""
    _path: Any = b""
    heard_whole = False
    _deadline: Any = None

    @property
    def is_idle(self) -> bool:
        return not self._handlingRequest

    def connectionMade(self) -> None:
        super().connectionMade()
        self.factory.channels[self] = None
        self._set_deadline(limits.HEAD_SECONDS)

    def connectionLost(self, reason: Any = connectionDone) -> None:
        self._end_deadline()
        self.leave()
        limits.peers.leave(self.address)
        super().connectionLost(reason)

    def leave(self) -> None:
        self.factory.channels.pop(self, None)

    # What comes in

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        if self._deadline is None and self.is_idle and not self.transport.disconnecting:
            self._set_deadline(limits.HEAD_SECONDS)

    def lineReceived(self, line: bytes) -> None:
        first = self._receivedHeaderSize == 0
        if first and len(line) > limits.REQUEST_LINE_BYTES:
            self.refuse(414, "too_long", line)
        elif self._receivedHeaderSize + len(line) > self.totalHeadersSize:
            self.refuse(431, "headers_too_large", self._path)
        else:
            # Bytes that should have been escaped are escaped: Twisted would refuse them.
            super().lineReceived(quote(line, safe=ASCII).encode() if first and not line.isascii() else line)

    def lineLengthExceeded(self, line: bytes) -> None:
        if self._receivedHeaderSize == 0:
            self.refuse(414, "too_long", line)
        else:
            self.refuse(431, "headers_too_large", self._path)

    def allHeadersReceived(self) -> None:
        self._end_deadline()
        super().allHeadersReceived()
        if self.length != 0:
            self._set_deadline(limits.BODY_SECONDS)

    def allContentReceived(self) -> None:
        self._end_deadline()
        self.heard_whole = True
        super().allContentReceived()

    # Time

    def _set_deadline(self, seconds: float) -> None:
        """Bytes that trickle in do not put it off."""
        self._deadline = self.callLater(seconds, self._too_slow)

    def _end_deadline(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None

    def _too_slow(self) -> None:
        self._deadline = None
        if self.requests:
            self.refuse(408, "too_slow", self._path)
        else:
            self.loseConnection()

    # Parting

    def _respondToBadRequestAndDisconnect(self) -> None:
        self.refuse(400, "bad_request", self._path)

    def refuse(self, status: int, error: str, line: bytes) -> None:
        """Answer so and part. `line` is the path, or the whole first line."""
        if self.transport.disconnecting:
            return
        self._end_deadline()
        answer = refusal(status, error)
        if is_hook(_path(line)):
            counted(answer)
        headers = [b"%b: %b\r\n" % header for header in (*headers_of(answer), (b"connection", b"close"))]
        status_line = b"HTTP/1.1 %d %b\r\n" % (status, http.RESPONSES.get(status, b"Refused"))
        self.transport.writeSequence([status_line, *headers, b"\r\n", answer.body])
        self.loseConnection()


def _path(line: bytes) -> str:
    """The path of a first line, or of what stands in one for it."""
    words = line[:200].split(b" ")
    return words[1 if len(words) > 1 else 0].decode("latin-1")


class Factory(HTTPFactory):
    """Makes connections, so many of an address and so many in all."""

    def __init__(self, server: Any) -> None:
        super().__init__(server)
        self.channels: dict[Channel, None] = {}

    def protocol(self) -> Any:
        return http._GenericHTTPChannelProtocol(Channel())

    def buildProtocol(self, addr: Any) -> Any:
        address = getattr(addr, "host", "")
        if not limits.peers.enter(address):
            return None  # Twisted closes it
        # Twisted takes up to a hundred at once before it closes any: half of the files are kept for that.
        if limits.peers.count > limits.most_connections() * 2 // 3:
            self._make_room()
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = Request
        protocol._channel.address = address
        return protocol

    def _make_room(self) -> None:
        """Part with one that does nothing: of the address that has the most, and never said anything whole."""
        idle = [each for each in self.channels if each.is_idle and not each.transport.disconnecting]
        if idle:
            max(idle, key=lambda each: (limits.peers.open(each.address), not each.heard_whole)).loseConnection()


class Socket(WebSocketProtocol):
    """A board's socket. Each frame costs, pings and empty pieces of messages among them."""

    _address: str | None = None
    _tokens = float(limits.FRAMES_BURST)
    _heard_at = 0.0

    def connectionMade(self) -> None:
        self._address = getattr(self.transport.getPeer(), "host", "")
        super().connectionMade()

    def connectionLost(self, reason: Any) -> None:
        if self._address is not None:
            limits.peers.leave(self._address)
        super().connectionLost(reason)
        if next(_ended) % ENDED_TOGETHER == 0:
            gc.collect()

    def onFrameBegin(self) -> None:
        now = monotonic()
        refill = (now - self._heard_at) * limits.FRAMES_A_SECOND
        self._tokens = min(limits.FRAMES_BURST, self._tokens + refill) - 1
        self._heard_at = now
        if self._tokens < 0 and self.state == WebSocketServerProtocol.STATE_OPEN:
            self.sendClose(code=TOO_MANY)
            self.data = b""  # what came with it is not looked at
            self.transport.loseConnection()
        super().onFrameBegin()


class SocketFactory(WebSocketFactory):
    protocol = Socket
