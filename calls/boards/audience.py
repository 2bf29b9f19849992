"""A view: what all viewers with one scope see, and the frames that keep them at it."""

import asyncio
from bisect import bisect_left, insort
from collections.abc import Iterable
from datetime import datetime
from heapq import nsmallest
from time import monotonic
from typing import TYPE_CHECKING, Any

from calls.display.rows import encode
from calls.live.picture import Change, Picture, Row
from calls.live.queries import FIRST_ENDED, FIRST_LIVE, SHOWN_ENDED
from calls.models.access import Scope
from calls.words import State

if TYPE_CHECKING:
    from calls.boards.viewer import Viewer

PART_BYTES = 60 * 1024
SNAPSHOT_AGE = 1.0
"""Seconds that a snapshot may serve newcomers; they are sent the frames that came after it."""
SNAPSHOT_FRAMES = 32


class Frame:
    """One message, made once for all of a view's viewers; `message` is what an ASGI server takes."""

    __slots__ = ("message", "seq", "size")

    def __init__(self, body: bytes, seq: int) -> None:
        self.message = {"type": "websocket.send", "text": body.decode()}
        self.seq = seq
        self.size = len(body)


class Snapshot:
    """The parts of a whole picture, and the frames that came since it was taken."""

    __slots__ = ("epoch", "made", "parts", "since", "taken_at")

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.taken_at = monotonic()
        self.parts: list[Frame] = []
        self.since: list[Frame] = []
        self.made: asyncio.Future[None] | None = None

    @property
    def fresh(self) -> bool:
        return monotonic() - self.taken_at < SNAPSHOT_AGE


class View:
    """What all viewers with one scope see."""

    def __init__(self, scope: Scope, picture: Picture) -> None:
        self.scope = scope
        self.viewers: set[Viewer] = set()
        self.snapshot: Snapshot | None = None
        self.start_over(picture)

    def start_over(self, picture: Picture) -> None:
        """Forget what was shown: another picture stands now."""
        self.picture = picture
        self.snapshot = None
        self._ended = picture.latest_ended(self.scope)
        self._ended_ids = {call_id for _, call_id in self._ended}
        self._totals = self._totals_now()

    # Changes

    def frame(self, changes: Iterable[Change], now: datetime) -> Frame | None:
        """The `changed` message that brings the viewers from what they were shown to what is now, if they differ."""
        shown, gone = self._difference(changes)
        totals = self._totals_now()
        if not shown and not gone and totals == self._totals:
            return None
        head = {"type": "changed", "seq": self.picture.seq, "now": now}
        parts = [encode(head)[:-1]]
        if totals != self._totals:
            self._totals = totals
            parts.append(b',"totals":' + totals)
        parts.append(b',"gone":' + encode(sorted(gone)) + b',"calls":[' + self._json(shown) + b"]}")
        frame = Frame(b"".join(parts), self.picture.seq)
        self._remember(frame)
        return frame

    def _remember(self, frame: Frame) -> None:
        if self.snapshot is not None:
            self.snapshot.since.append(frame)
            if len(self.snapshot.since) > SNAPSHOT_FRAMES and self.snapshot.parts:
                self.snapshot = None

    def _difference(self, changes: Iterable[Change]) -> tuple[list[Row], set[int]]:
        shown: list[Row] = []
        gone: set[int] = set()
        ended: list[Change] = []
        for old, new in changes:
            if self.scope.groups is not None:
                old, new = self._within(old), self._within(new)
            if (old is not None and not old.live) or (new is not None and not new.live):
                ended.append((old, new))
            elif new is not None:
                shown.append(new)
            elif old is not None:
                gone.add(old.call.id)
        if ended:
            self._difference_of_ended(ended, shown, gone)
        return shown, gone

    def _within(self, row: Row | None) -> Row | None:
        return row if row is not None and self.scope.allows(row.call.group_id) else None

    def _difference_of_ended(self, changes: list[Change], shown: list[Row], gone: set[int]) -> None:
        """The same for changes that touch completed calls: what enters the latest 200 pushes another one out."""
        entered, left = self._update_ended(changes)
        for old, new in changes:
            if new is not None and (new.live or new.call.id in self._ended_ids):
                shown.append(new)
                entered.discard(new.call.id)
            elif old is not None and (old.live or old.call.id in left):
                gone.add(old.call.id)
        gone.update(left - {(old or new).call.id for old, new in changes})  # type: ignore[union-attr]
        shown.extend(self.picture.rows[call_id] for call_id in entered)

    def _update_ended(self, changes: list[Change]) -> tuple[set[int], set[int]]:
        """Bring the latest completed calls up to date; gives the ids of those that entered, and of those that left."""
        ids, entered, left = self._ended_ids, set[int](), set[int]()
        # Of a full list, whatever is older than its oldest is not in it.
        floor = self._ended[0] if len(self._ended) >= SHOWN_ENDED else None
        for old, new in changes:
            if old is not None and not old.live and old.call.id in ids:
                del self._ended[bisect_left(self._ended, old.key)]
                ids.remove(old.call.id)
                left.add(old.call.id)
            if new is not None and not new.live and (floor is None or new.key >= floor):
                insort(self._ended, new.key)
                ids.add(new.call.id)
                entered.add(new.call.id)
        if floor is not None and len(self._ended) < SHOWN_ENDED:
            self._ended = self.picture.latest_ended(self.scope)
            self._ended_ids = {call_id for _, call_id in self._ended}
            entered |= self._ended_ids - ids
        for _, call_id in self._ended[:-SHOWN_ENDED]:
            self._ended_ids.remove(call_id)
            if call_id not in entered:
                left.add(call_id)
        del self._ended[:-SHOWN_ENDED]
        return entered & self._ended_ids, left - self._ended_ids

    def heartbeat(self, now: datetime, clock_step: int | None = None) -> Frame:
        """`clock_step`: whole seconds that the server's clock was set by lately."""
        picture = self.picture
        count, total = picture.live_digest(self.scope)
        said = {"type": "heartbeat", "epoch": picture.epoch, "seq": picture.seq, "now": now}
        said |= {"live_count": count, "live_seq_sum": total, "heard_at": picture.heard_at}
        said["clock_step_seconds"] = clock_step
        return Frame(encode(said), picture.seq)

    def _totals_now(self) -> bytes:
        return encode(self.picture.totals(self.scope))

    def _json(self, rows: Iterable[Row]) -> bytes:
        names, masked = self.picture.names, self.scope.masked
        return b",".join([row.json(masked, names) for row in rows])

    # The whole

    def rows(self) -> list[Row]:
        """Every row that is shown, in no order: the live ones, then the completed, latest first."""
        known = self.picture.rows
        return self.picture.live(self.scope) + [known[call_id] for _, call_id in reversed(self._ended)]

    def parts_of(self, rows: list[Row], now: datetime) -> "Parts":
        """The recipe of a snapshot; rows never change, so it can be carried out elsewhere and later."""
        picture = self.picture
        said = {"type": "snapshot", "epoch": picture.epoch, "seq": picture.seq, "now": now}
        return Parts(said, self._totals, rows, self)


class Parts:
    """A snapshot to be made: the first screenful in part 1, the rest in parts that no link chokes on."""

    def __init__(self, said: dict[str, Any], totals: bytes, rows: list[Row], view: View) -> None:
        self.said, self.totals, self.rows = said, totals, rows
        self.names, self.masked = view.picture.names, view.scope.masked

    def make(self) -> list[Frame]:
        first, rest = self._first_and_rest()
        bodies = [self._join(first), *self._cut(rest)]
        return [self._part(number, len(bodies), body) for number, body in enumerate(bodies, start=1)]

    def _first_and_rest(self) -> tuple[list[Row], list[Row]]:
        live = [row for row in self.rows if row.live]
        ended = [row for row in self.rows if not row.live]
        now = self.said["now"]
        urgent = nsmallest(FIRST_LIVE, live, key=lambda row: urgency(row, now))
        first = set(urgent)
        return urgent + ended[:FIRST_ENDED], [row for row in live if row not in first] + ended[FIRST_ENDED:]

    def _cut(self, rows: list[Row]) -> list[bytes]:
        bodies: list[bytes] = []
        waiting: list[bytes] = []
        size = 0
        for row in rows:
            text = row.json(self.masked, self.names)
            if waiting and size + len(text) > PART_BYTES:
                bodies.append(b",".join(waiting))
                waiting, size = [], 0
            waiting.append(text)
            size += len(text) + 1
        return [*bodies, b",".join(waiting)] if waiting else bodies

    def _join(self, rows: list[Row]) -> bytes:
        return b",".join([row.json(self.masked, self.names) for row in rows])

    def _part(self, number: int, count: int, body: bytes) -> Frame:
        head = encode(self.said | {"part": number, "parts": count})[:-1]
        return Frame(head + b',"totals":' + self.totals + b',"calls":[' + body + b"]}", self.said["seq"])


def urgency(row: Row, now: datetime) -> tuple[int, datetime, int]:
    """Longest waiting first, then other calls that nobody has answered, then the talking, then the lost."""
    call = row.call
    if row.lost_at is not None and row.lost_at <= now:
        rank = 3
    elif call.state == State.TALKING:
        rank = 2
    else:
        rank = 0 if call.waiting else 1
    return rank, call.began_at, call.id
