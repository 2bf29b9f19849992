"""uvicorn, with a short way for webhooks: what is known and whole goes to the intake at once.

No task, no ASGI messages, no future, and one packet for an answer instead of two. Everything out of the ordinary
takes uvicorn's own way through the application. It leans on the insides of uvicorn's protocol:
tests/dashboard/test_uvicorn.py and tests/intake/test_answers.py say what must still hold with another version.
"""

import re
from functools import partial
from typing import Any
from urllib.parse import quote

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

# By way of the application, which sets Django up: a worker of uvicorn's imports this first.
from .asgi import webhooks
from .hooks import expected
from .limits import REQUEST_LINE_BYTES
from .uvicorn_limits import HEAD, START, LimitedProtocol

ASCII = bytes(range(32, 127)) + b"\r\n"
REST_OF_LINE = re.compile(rb"[^\r\n]*+")
FIRST_LINE = re.compile(rb"[\r\n]*+[^\r\n]*+")
"""Empty lines may stand before it."""


class Protocol(LimitedProtocol):
    """One connection. `expected` is the delivery whose body is coming in."""

    expected: webhooks.Expected | None = None
    line_open = False
    """Whether a part of a request's first line came, and the rest did not."""

    def _parse(self, data: bytes) -> None:
        """Bytes of the first line that should have been escaped are escaped: the parser would refuse them."""
        if (self.part == START or self.line_open) and not data.isascii():
            end = (REST_OF_LINE if self.line_open else FIRST_LINE).match(data).end()  # type: ignore[union-attr]
            # A line that is too long is refused whatever it holds, and not worth the work.
            line = data[: min(end, REQUEST_LINE_BYTES + 64)]
            data = quote(line, safe=ASCII).encode() + data[end:]
        super()._parse(data)
        self.line_open = self.part == HEAD and self._ends_in_first_line(data)

    def _ends_in_first_line(self, data: bytes) -> bool:
        """Whether the first line goes on in what is read next. An answer does not depend on where reads end."""
        if self.line_open and b"\n" not in data:
            return True
        return not self.url or data.endswith(b"%b %b" % (self.parser.get_method(), self.url))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        usual = app is self.app and cycle.more_body and not cycle.waiting_for_100_continue
        if usual and not self.flow.write_paused:
            self.expected = expected(cycle.scope)  # type: ignore[arg-type]
        if self.expected is None:
            super()._start_asgi_task(cycle, app)
        else:
            self.answering = cycle

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if self.expected is not None and len(self.cycle.body) > HIGH_WATER_LIMIT:  # reading has stopped
            self.expected = None
            super()._start_asgi_task(self.cycle, self.app)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        delivery, self.expected = self.expected, None
        if delivery is not None:
            # Not here: between two of these callbacks uvloop lets the writer have the interpreter, for one delivery.
            self.loop.call_soon(self._take, self.cycle, delivery)

    def _take(self, cycle: RequestResponseCycle, delivery: webhooks.Expected) -> None:
        try:
            delivery.take(bytes(cycle.body), partial(self._respond, cycle))
        except Exception:  # The application stumbles over the same, and uvicorn says so.
            super()._start_asgi_task(cycle, self.app)

    def _respond(self, cycle: RequestResponseCycle, answer: webhooks.Answer) -> None:
        if cycle.disconnected:
            return
        cycle.response_started = cycle.response_complete = True
        parts = self.head_of(answer)
        parts.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
        self.transport.write(b"".join([*parts, answer.body]))
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()
