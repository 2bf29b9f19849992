"""An audience: all open boards with one scope, and the frames that keep them up to date."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from calls.boards.frames import MOST_LIVE_SENT, Frame, Parts, Snapshot, json_of
from calls.boards.site import SiteState
from calls.boards.viewer import Viewer
from calls.display.rows import encode
from calls.live.picture import Picture
from calls.live.selection import Selection
from calls.live.shown_call import Change
from calls.live.today_by_group import TodayByGroup
from calls.models.access import Scope

SNAPSHOT_FRAMES = 32
"""A snapshot with more frames after it is not worth keeping: a new one is shorter."""
CALLS_MADE_AT_ONCE = 500
"""A snapshot of more calls is made in a thread, so that the boards of others do not wait for it."""

ALL_AGAIN = 0.8
"""Live calls that were left out are sent once there are fewer than this share of the most that are sent."""


class Audience:
    """All open boards with one scope."""

    def __init__(self, scope: Scope, picture: Picture) -> None:
        self.scope = scope
        self.viewers: set[Viewer] = set()
        self.rebuild(picture)

    def rebuild(self, picture: Picture) -> None:
        """Forget what was shown: another picture stands now."""
        self._picture = picture
        self._selection = Selection(self.scope, picture)
        self._totals = self._totals_now()
        self._today = TodayByGroup(self.scope, picture)
        self._snapshot: Snapshot | None = None

    def _totals_now(self) -> bytes:
        return encode(self._selection.totals())

    # Frames

    def frame(self, changes: Iterable[Change], now: datetime) -> Frame | None:
        """The `changed` message that brings the boards from what they were shown to what is now, if they differ."""
        shown, gone = self._selection.difference(changes)
        totals = self._totals_now()
        today = self._today.update()
        if not shown and not gone and not today and totals == self._totals:
            return None
        seq = self._selection.seq
        parts = [encode({"type": "changed", "seq": seq, "now": now})[:-1]]
        if totals != self._totals:
            self._totals = totals
            parts.append(b',"totals":' + totals)
        if today:
            parts.append(b',"groups_today":' + encode(today))
        rows = json_of(shown, self.scope.masked, self._picture.names)
        parts.append(b',"gone":' + encode(sorted(gone)) + b',"calls":[' + rows + b"]}")
        frame = Frame(b"".join(parts), seq)
        self._remember(frame)
        return frame

    def heartbeat(self, now: datetime, site: SiteState) -> Frame:
        """A `heartbeat` message. But for the state of the site it moves with the calls of this scope alone."""
        selection = self._selection
        count, seq_sum = selection.live_digest()
        fields = {"type": "heartbeat", "epoch": self._picture.epoch, "seq": selection.seq, "now": now}
        fields |= {"live_count": count, "live_seq_sum": seq_sum, "heard_at": selection.heard_at}
        return Frame(encode(fields | site.told_to(self.scope)), selection.seq)

    # Snapshots

    async def snapshot(self, newest: bool) -> Snapshot:
        """A snapshot and what came since: made once for all newcomers of a second.

        The `newest` is for those who were shown more already: nobody is taken back in time.
        """
        while True:
            snapshot = self._snapshot
            if snapshot is None or not snapshot.fresh or (newest and snapshot.since):
                snapshot = self._snapshot = Snapshot(self._picture.epoch, self._selection.seq)
                snapshot.made = asyncio.ensure_future(self._make(snapshot))
            if snapshot.made is not None:
                await asyncio.shield(snapshot.made)
            if self._snapshot is snapshot:  # else it was void before it was ready
                return snapshot

    async def _make(self, snapshot: Snapshot) -> None:
        parts = self.parts(timezone.now())
        snapshot.left_out = parts.left_out
        few = len(parts.calls) <= CALLS_MADE_AT_ONCE
        try:
            snapshot.parts = parts.make() if few else await asyncio.to_thread(parts.make)
        except BaseException:
            self._snapshot = None
            raise

    def parts(self, now: datetime) -> Parts:
        """A snapshot of now, to be made."""
        picture = self._picture
        fields = {"type": "snapshot", "epoch": picture.epoch, "seq": self._selection.seq, "now": now}
        sums = b'"totals":' + self._totals + b',"groups_today":' + encode(self._today.figures)
        return Parts(fields, sums, self._selection.calls(), self.scope.masked, picture.names)

    def _remember(self, frame: Frame) -> None:
        if self._snapshot is not None:
            self._snapshot.since.append(frame)
            if len(self._snapshot.since) > SNAPSHOT_FRAMES and self._snapshot.parts:
                self._snapshot = None

    def tidy(self) -> None:
        """Drop a snapshot that is too old for newcomers; send all calls where some were left out, once they are few."""
        if self._selection.live_digest()[0] <= ALL_AGAIN * MOST_LIVE_SENT:
            for viewer in self.viewers:
                if viewer.left_out:
                    viewer.resend_all()
        if self._snapshot is not None and self._snapshot.parts and not self._snapshot.fresh:
            self._snapshot = None
