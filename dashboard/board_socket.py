"""A board's socket at uvicorn, where each frame costs: pings and empty pieces of messages too, which no board hears of.

What comes in is parsed in small pieces, so that a stream of pings is noticed before it is all parsed.
"""

from time import monotonic

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Frame

from . import limits

PIECE_BYTES = 2_048
TOO_MANY, BAD_TEXT = 4429, 1007


class BoardSocket(WebSocketsSansIOProtocol):
    _tokens = float(limits.FRAMES_BURST)
    _heard_at = 0.0
    _pongs_wait = False

    def connection_lost(self, exc: Exception | None) -> None:
        limits.peers.leave(self.client[0] if self.client else "")
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE_BYTES):
            super().data_received(data[start : start + PIECE_BYTES])
            if self.conn.handshake_exc is not None and not self.handshake_initiated:
                # Headers that websockets does not take. uvicorn does not look, and would keep the connection.
                self.transport.write(b"".join(self.conn.data_to_send()))
                self.transport.close()
            if self.close_sent or self.transport.is_closing():
                return

    def handle_events(self) -> None:
        if not self._paid():
            self._part(TOO_MANY)
        super().handle_events()

    def _paid(self) -> bool:
        now = monotonic()
        frames = sum(isinstance(event, Frame) for event in self.conn.events)
        refill = (now - self._heard_at) * limits.FRAMES_A_SECOND
        self._tokens = min(limits.FRAMES_BURST, self._tokens + refill) - frames
        self._heard_at = now
        return self._tokens >= 0

    def _part(self, code: int) -> None:
        """Close with this code, and hear nothing more. Who does not read it is cut off."""
        self.conn.events.clear()
        try:
            self.conn.send_close(code)
        except InvalidState:  # the other side has closed it already
            self.transport.close()
        else:
            self.handle_parser_exception()
        self.loop.call_later(limits.UNREAD_SECONDS, self.transport.abort)

    def send_receive_event_to_app(self) -> None:
        """What is no text is answered with its code: uvicorn would write a traceback, too."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self._part(BAD_TEXT)
                return
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        """Read no more while our pongs wait to be read."""
        super().handle_ping()
        if not self.writable.is_set():
            self._pongs_wait = True
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._pongs_wait:
            self._pongs_wait = False
            if not self.read_paused:
                self.transport.resume_reading()
