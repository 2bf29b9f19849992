"""What a board says: `sync`, or `ack` with a seq; and how often it may speak."""

import orjson

INBOUND_BYTES = 4096
INBOUND_FRAMES_A_SECOND, INBOUND_BURST_FRAMES = 5, 20


class BadFrame(Exception):
    """A frame that is neither `sync` nor `ack`."""


def acknowledged(text: str | None) -> int | None:
    """The seq that a frame acknowledges; None: it is a `sync`. Raises BadFrame.

    `text` is None for a frame that was not text.
    """
    if text is None or len(text) > INBOUND_BYTES or len(text.encode("utf-8", "replace")) > INBOUND_BYTES:
        raise BadFrame
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise BadFrame from None
    match fields:
        case {"type": "sync"}:
            return None
        case {"type": "ack", "seq": seq} if type(seq) is int and seq >= 0:  # not `True`
            return seq
    raise BadFrame


class Allowance:
    """Each frame costs one of `INBOUND_BURST_FRAMES`, which come back with time (`now` in monotonic seconds)."""

    __slots__ = ("_left", "_spent_at")

    def __init__(self, now: float) -> None:
        self._left = float(INBOUND_BURST_FRAMES)
        self._spent_at = now

    def spend(self, now: float) -> bool:
        """Take one; False: there was none."""
        earned = (now - self._spent_at) * INBOUND_FRAMES_A_SECOND
        self._left = min(INBOUND_BURST_FRAMES, self._left + earned) - 1
        self._spent_at = now
        return self._left >= 0
