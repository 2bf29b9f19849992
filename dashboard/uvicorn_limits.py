"""A connection to uvicorn that holds no more than a stranger may make it hold: `dashboard.limits` says how much.

uvicorn itself reads on while requests wait and while its answers are not read, and knows no limit for headers and
for time. What breaks a limit is answered once, behind the answers that are under way, and parted with.
"""

import asyncio
from functools import lru_cache

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from . import limits

# By way of the application, which sets Django up: a worker of uvicorn's imports this first.
from .asgi import webhooks
from .hooks import is_hook

Headers = tuple[tuple[bytes, bytes], ...]


START, HEAD, BODY = range(3)
"""Which part of a request comes next. Plain numbers: they are compared several times a delivery."""
SECONDS = {START: limits.HEAD_SECONDS, HEAD: limits.HEAD_SECONDS, BODY: limits.BODY_SECONDS}
MOST_LINES = 2 * limits.REQUESTS_WAITING
"""No request has fewer than two ends of lines: among so many there are no more requests than may wait."""


class Flow(FlowControl):
    """Reads on only when no request waits and what was answered is read."""

    def __init__(self, protocol: "LimitedProtocol") -> None:
        super().__init__(protocol.transport)
        self._protocol = protocol

    def resume_reading(self) -> None:
        if not self.write_paused and not self._protocol.waits:
            super().resume_reading()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.resume_reading()


class LimitedProtocol(HttpToolsProtocol):
    """One connection. `held` came in and is not parsed yet, because requests wait before it."""

    address: str | None = None
    answering: RequestResponseCycle | None = None
    """The request whose answer is under way; `cycle` is the one that came last."""
    held = b""
    part = START
    head_bytes = 0
    silent_bytes = 0
    """Of a body, and no part of what it says: the trailers behind its chunks."""
    body_came = False
    breach: tuple[int, str] | None = None
    """Status and error of the request that is refused."""
    refused = False
    _owed: int | None = None
    """The part of a request that has to be whole at `_due`."""
    _due = 0.0
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether a request waits for the answer of the one before it."""
        return bool(self.pipeline or self.held)

    @property
    def is_idle(self) -> bool:
        """Whether no request of it is being answered."""
        return self.cycle is None or self.cycle.response_complete

    # Coming and going

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = Flow(self)
        address = self.client[0] if self.client else ""
        if not limits.peers.enter(address):
            self._say_goodbye(503, "connections")
            return
        self.address = address
        if len(self.connections) > limits.most_connections():
            self._make_room()
        self.timeout_keep_alive_task = self.loop.call_later(limits.HEAD_SECONDS, self.timeout_keep_alive_handler)

    def _make_room(self) -> None:
        """Part with one that does nothing: of the address that has the most, and never said anything whole."""
        idle = [each for each in self.connections if isinstance(each, LimitedProtocol) and each.is_idle]
        others = [each for each in idle if each is not self and not each.transport.is_closing()]
        if others:
            max(others, key=lambda each: (limits.peers.open(each.address or ""), each.cycle is None)).transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        if self.answering is not None:
            self.answering.disconnected = True
            self.answering.message_event.set()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self.answering = cycle
        super()._start_asgi_task(cycle, app)

    def _leave(self) -> None:
        self._end_timer()
        self._read_again()
        if self.address is not None:
            limits.peers.leave(self.address)
            self.address = None

    def handle_websocket_upgrade(self) -> None:
        """The socket goes on by the same connection, and counts by its address."""
        self._end_timer()
        super().handle_websocket_upgrade()

    # What comes in

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self.refused:
            return
        if self.pipeline or self.held:  # the loop had read it already
            self.held += data
        elif data.count(b"\n") <= MOST_LINES:
            self._parse(data)
        else:
            self._parse_pieces(data)

    def _parse_pieces(self, data: bytes) -> None:
        """Parse so much at a time that no more requests wait than may."""
        while data and not self.pipeline and not self.refused:
            end = _end_of_lines(data, MOST_LINES)
            self._parse(data[:end])
            data = data[end:]
        if data and not self.refused:
            self.held = data
            self.flow.pause_reading()

    def _go_on(self) -> None:
        """Parse what was held while requests waited."""
        data, self.held = self.held, b""
        if self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._parse_pieces(data)
        if not self.refused:
            self.flow.resume_reading()

    def _parse(self, data: bytes) -> None:
        self.head_bytes = len(data) + (self.head_bytes if self.part == HEAD else 0)
        self.body_came = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._upgrade()
            return
        except httptools.HttpParserError:
            self._refuse(*(self.breach or (400, "bad_request")))
            return
        if self.part == START and self.cycle and not self.cycle.response_complete:
            self._owed = None  # all is said
        else:
            self._mind(len(data))

    def _upgrade(self) -> None:
        if not self._should_upgrade():
            self.cycle.keep_alive = False  # what follows is in a language that we do not speak
        elif self.is_idle and not self.pipeline:
            self.handle_websocket_upgrade()
        else:
            self._refuse(400, "bad_request")

    def _mind(self, size: int) -> None:
        """Look at what is not whole yet: its size and its time."""
        if self.part == HEAD:
            if breach := self._too_much(self.head_bytes):
                self._refuse(*breach)
                return
        elif self.part == BODY:
            self.silent_bytes = 0 if self.body_came else self.silent_bytes + size
            if self.silent_bytes > limits.HEADER_BYTES:
                self._refuse(431, "headers_too_large")
                return
        self._set_deadline()

    def _too_much(self, head_bytes: int) -> tuple[int, str] | None:
        if len(self.url) > limits.REQUEST_LINE_BYTES:
            return 414, "too_long"
        return (431, "headers_too_large") if head_bytes - len(self.url) > limits.HEADER_BYTES else None

    # The parser's callbacks

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.part = HEAD

    def on_headers_complete(self) -> None:
        # What came at once holds no more than that: counted only where it may be too much.
        if self.head_bytes > limits.REQUEST_LINE_BYTES:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if breach := self._too_much(size):
                self.breach = breach
                raise ValueError("over a limit")  # ends the parsing
        self.part = BODY
        self.silent_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.body_came = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.part = START

    def on_response_complete(self) -> None:
        """As uvicorn does, but it reads on only when nothing waits any more."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._see_off()
            return
        self._unset_keepalive_if_required()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.refused:
            self._say_goodbye(*(self.breach or (400, "bad_request")))
            return
        else:
            seconds = self.timeout_keep_alive
            self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)
        if self.held and not self.pipeline:
            self.loop.call_soon(self._go_on)
        elif self.flow.read_paused and not self.refused:
            self.flow.resume_reading()

    # Time

    def _set_deadline(self) -> None:
        """Bytes that trickle in do not put it off. The timer stays when what was owed has come: most come in time."""
        if self._owed == self.part:
            return
        self._owed, self._due = self.part, self.loop.time() + SECONDS[self.part]
        if self._timer is None or self._timer.when() > self._due:
            self._end_timer()
            self._timer = self.loop.call_at(self._due, self._look)

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._owed is None or self.transport.is_closing():
            return
        if self.loop.time() < self._due:
            self._timer = self.loop.call_at(self._due, self._look)
        elif self._owed == START or (self._owed == BODY and self.is_idle):
            self.transport.close()
            self._see_off()
        else:
            self._refuse(408, "too_slow")

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(limits.UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_again()

    def _read_again(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    # Parting

    def _refuse(self, status: int, error: str) -> None:
        """Answer so and part, but not before the requests that came before this one are answered."""
        self.refused, self.breach = True, (status, error)
        self.held = b""
        self._end_timer()
        self.flow.pause_reading()
        others_first = bool(self.pipeline)
        if self.part == BODY:
            if self.pipeline:
                self.pipeline.popleft()  # its body will never be whole
            elif self.cycle.response_started:
                self.transport.close()
                return
        elif not self.is_idle:
            others_first = True
        if not others_first:
            self._say_goodbye(status, error)

    def _say_goodbye(self, status: int, error: str) -> None:
        answer = webhooks.refusal(status, error)
        if self.headers is not None and is_hook(self.url.decode("latin-1")):
            webhooks.counted(answer)
        self.transport.write(b"".join([*self.head_of(answer), b"connection: close\r\n\r\n", answer.body]))
        self.transport.close()
        self._see_off()

    def _see_off(self) -> None:
        """Cut off who does not read the last that is told: it would stay, closed as it is."""
        if self.transport.get_write_buffer_size():
            self.loop.call_later(limits.UNREAD_SECONDS, self.transport.abort)

    def head_of(self, answer: webhooks.Answer) -> list[bytes]:
        """The first lines of an answer, without the empty one that ends them."""
        dated = _lines(tuple(self.server_state.default_headers))
        return [_head(answer.status, len(answer.body), answer.headers), dated]


def _end_of_lines(data: bytes, count: int) -> int:
    """Where so many lines end; the length of what has fewer."""
    end = 0
    for _ in range(count):
        end = data.find(b"\n", end) + 1
        if not end:
            return len(data)
    return end


@lru_cache(maxsize=256)  # one answer is much like the other
def _head(status: int, length: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    answer = webhooks.Answer(status, b"0" * length, headers)
    return STATUS_LINE[status] + _lines(tuple(webhooks.headers_of(answer)))


@lru_cache(maxsize=64)
def _lines(headers: Headers) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])
