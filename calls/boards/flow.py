"""The flow to one board: what waits for it, what it was sent and has acknowledged. No socket, and no clock of its own.

A board is sent no more than it can take. One that falls behind loses its queue, and gets a snapshot instead once it
has acknowledged all that it was sent. Moments are seconds of a monotonic clock.
"""

from collections import deque

from calls.boards.frames import Frame, Snapshot

FRAMES_AHEAD = 256
BYTES_QUEUED = 1024 * 1024
BYTES_AHEAD = 2 * 1024 * 1024
"""Sent and not acknowledged: more than a second of the busiest hour, since boards acknowledge by the clock."""
BYTES_WAITING = 4 * 1024 * 1024
"""What may wait while a snapshot is on its way: these frames are shared by all boards of the audience."""
STUCK_SECONDS = 10


class Flow:
    """`resend_due`: the board is to be sent a snapshot before anything else. `left_out`: live calls that the last
    snapshot did not hold."""

    __slots__ = (
        "_acked",
        "_ahead",
        "_ahead_bytes",
        "_behind",
        "_epoch",
        "_progress_at",
        "_queue",
        "_queued_bytes",
        "_sending",
        "_sent",
        "_whole",
        "left_out",
        "resend_due",
    )

    def __init__(self, now: float) -> None:
        self.resend_due = True
        self.left_out = 0
        self._queue: deque[Frame] = deque()
        self._queued_bytes = 0
        self._ahead: deque[tuple[int, int]] = deque()  # sent and not acknowledged: seq and size
        self._ahead_bytes = 0
        # No change has the number 0: what is sent before the first one is not acknowledged.
        self._acked = 0
        self._sent = -1
        self._epoch = ""
        self._behind = False
        self._whole = False  # whether the last snapshot, and what came during it, is all sent
        self._sending = False
        self._progress_at = now

    # What is to be sent

    def resend_all(self) -> None:
        self.clear()
        self._behind = False
        self.resend_due = True

    def offer(self, frame: Frame, now: float) -> None:
        """Queue this; what a board cannot take is dropped, and a snapshot stands for it."""
        if self._behind or self.resend_due:
            return
        self._queue.append(frame)
        self._queued_bytes += frame.size
        if self._too_far_behind():
            self._behind = True
            self._progress_at = now
            self.clear()

    def _too_far_behind(self) -> bool:
        if not self._whole:
            return self._queued_bytes > BYTES_WAITING
        frames = len(self._queue) + len(self._ahead)
        too_large = self._queued_bytes > BYTES_QUEUED or self._ahead_bytes > BYTES_AHEAD
        return frames > FRAMES_AHEAD or (too_large and frames > 1)

    def clear(self) -> None:
        self._queue.clear()
        self._queued_bytes = 0

    # What is sent

    @property
    def was_sent_any(self) -> bool:
        return self._sent >= 0

    def begin(self, snapshot: Snapshot) -> None:
        """The parts of this snapshot are sent now; the frames that came since it was taken wait behind them."""
        self.resend_due = self._whole = False
        self.left_out = snapshot.left_out
        self._queue.extend(snapshot.since)
        self._queued_bytes = sum(frame.size for frame in snapshot.since)
        # The numbers begin anew: another epoch, or another scope, whose latest change is an earlier one.
        if snapshot.epoch != self._epoch or snapshot.seq < self._sent:
            self._epoch, self._acked, self._sent = snapshot.epoch, 0, -1
            self._ahead.clear()
            self._ahead_bytes = 0

    def next_frame(self) -> Frame | None:
        """Take the next frame out of the queue; None: everything is sent."""
        if not self._queue:
            self._whole = True
            return None
        frame = self._queue.popleft()
        self._queued_bytes -= frame.size
        if frame.seq > self._acked:
            self._ahead.append((frame.seq, frame.size))
            self._ahead_bytes += frame.size
        return frame

    def sending(self, frame: Frame, now: float) -> None:
        """This frame is given to the socket."""
        self._sent = max(self._sent, frame.seq)
        self._progress_at = now
        self._sending = True

    def sent(self) -> None:
        """The socket has taken it."""
        self._sending = False

    # How the board keeps up

    def acknowledge(self, seq: int, now: float) -> None:
        seq = min(seq, self._sent)
        if seq > self._acked:
            self._acked = seq
            self._progress_at = now
            while self._ahead and self._ahead[0][0] <= seq:
                self._ahead_bytes -= self._ahead.popleft()[1]

    @property
    def recovered(self) -> bool:
        """Whether a board that had fallen behind has shown all that it was sent."""
        return self._behind and not self._ahead and not self._sending

    def stuck(self, now: float) -> bool:
        """Whether it has taken nothing for too long."""
        return (self._behind or self._sending) and now - self._progress_at > STUCK_SECONDS
