"""The figures of one measurement, from what was sent and what the boards saw."""

import array
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from bench.load.board import Watched

Figures = dict[str, Any]
OK = 200


def figures_of(sent: Sequence[Sequence[float]], boards: Sequence[Watched], expects_pictures: bool) -> Figures:
    """Rates a second, times in milliseconds. `sent` as a poster keeps it, `boards` as a watcher does."""
    taken = [each for each in sent if each[4] == OK]
    seconds = max(each[3] for each in sent) - min(each[2] for each in sent)
    waited = [each[3] - each[2] for each in sent]
    found: Figures = {
        "sent": len(sent),
        "acked": len(taken),
        "not_200": dict(Counter(int(each[4]) for each in sent if each[4] != OK)),
        "acked_per_s": round(len(taken) / seconds, 1),
        "post_p50_ms": percentile(waited, 0.5),
        "post_p99_ms": percentile(waited, 0.99),
        "seconds": round(seconds, 2),
    }
    if boards:
        found |= _traffic(boards, seconds)
    if boards and expects_pictures:
        found |= _pictures(taken, boards)
    return found


def _traffic(boards: Sequence[Watched], seconds: float) -> Figures:
    frames = [board.frames for board in boards]
    return {
        "boards": len(boards),
        "frames": round(sum(frames) / len(boards), 1),
        "fewest_frames": min(frames),
        "all_frames": sum(frames),
        "frames_per_s": round(max(frames) / seconds, 1),
        "kb": round(sum(board.bytes for board in boards) / len(boards) / 1e3, 1),
        "closed": sum(board.closed for board in boards),
        "starts": round(sum(board.starts for board in boards) / len(boards), 1),
    }


def _pictures(taken: Sequence[Sequence[float]], boards: Sequence[Watched]) -> Figures:
    """From each delivery to the first frame at or after it that shows its call, over all observing boards."""
    sent: dict[int, list[float]] = {}
    answered: dict[int, float] = {}
    for call, _, moment, answer, _ in taken:
        sent.setdefault(int(call), []).append(moment)
        answered[int(call)] = max(answered.get(int(call), 0), answer)
    waits: list[float] = []
    lost = 0
    for board in boards:
        if board.observing:
            shown = _shown(board.seen)
            lost += sum(_is_lost(call, shown.get(call, []), sent[call], answered[call], board) for call in sent)
            waits += (wait for call, moments in sent.items() for wait in _waits(shown.get(call, []), moments))
    return {"screen_p50_ms": percentile(waits, 0.5), "screen_p99_ms": percentile(waits, 0.99), "lost": lost}


def _shown(data: bytes) -> dict[int, list[float]]:
    flat = array.array("d")
    flat.frombytes(data)
    shown: dict[int, list[float]] = {}
    for call, moment in zip(*[iter(flat)] * 2, strict=True):
        shown.setdefault(int(call), []).append(moment)
    return shown


def _waits(shown: list[float], moments: list[float]) -> Iterable[float]:
    place = 0
    for moment in sorted(moments):
        while place < len(shown) and shown[place] < moment:
            place += 1
        if place < len(shown):
            yield shown[place] - moment


def _is_lost(call: int, shown: list[float], moments: list[float], answered: float, board: Watched) -> bool:
    """Whether a board does not know a call's last state: no frame since showed it, nor a whole picture without it."""
    if call in board.live:
        return True
    starts_over = any(whole > answered for whole in board.wholes)
    return not starts_over and (not shown or shown[-1] < max(moments))


def percentile(seconds: Iterable[float], share: float) -> float | None:
    """In milliseconds, or None of nothing."""
    ordered = sorted(seconds)
    return round(1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) if ordered else None
