"""A call as boards show it, and a change of one."""

from collections.abc import Iterable
from datetime import datetime

from calls.database.columns import Columns
from calls.display.rows import Names, encode, row


class ShownCall:
    """One call as boards show it, and its JSON once somebody needs it.

    It is never altered: a change puts another one in its place. So it can be read in any thread and at any time.
    """

    __slots__ = ("_masked", "_plain", "call", "live", "lost_at", "waiting")

    def __init__(self, call: Columns) -> None:
        self.call = call
        self.live = call.live
        self.waiting = self.live and call.waiting
        self.lost_at = call.lost_track_at if self.live else None
        self._plain: bytes | None = None
        self._masked: bytes | None = None

    def json(self, masked: bool, names: Names) -> bytes:
        known = self._masked if masked else self._plain
        if known is None:
            # The encoder leaves its bytes in a buffer ten times as long: what is kept is a copy that fits.
            known = bytes(memoryview(encode(row(self.call, names, masked))))
            if masked:
                self._masked = known
            else:
                self._plain = known
        return known

    def lost_by(self, now: datetime) -> bool:
        """Whether nothing has been heard of it for so long that its track is lost."""
        return self.lost_at is not None and self.lost_at <= now

    @property
    def key(self) -> tuple[datetime, int]:
        """Where it stands among the completed."""
        return self.call.finished_at, self.call.id


Change = tuple[ShownCall | None, ShownCall | None]
"""What was there and what is there now, of one call."""
NOTHING: Change = (None, None)


def merged(changes: Iterable[Change]) -> list[Change]:
    """One change for each call: what was there first, and what is there last."""
    by_call: dict[int, Change] = {}
    for old, new in changes:
        shown = old or new
        if shown is not None:
            call_id = shown.call.id
            by_call[call_id] = (by_call[call_id][0] if call_id in by_call else old, new)
    return list(by_call.values())
