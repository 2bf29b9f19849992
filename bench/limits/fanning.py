"""Counting frames: how many a second reach all boards, and what each costs the server."""

import multiprocessing
import time
from typing import Any

from bench.load import Load, LoadFailed
from bench.load.figures import Figures
from bench.load.watching import watcher
from bench.running import Running


def frames_reached(at_work: Running, boards: int, seconds: float) -> Figures:
    """Open boards and count what comes, for so long."""
    context = multiprocessing.get_context("fork")
    ready, out = context.Semaphore(0), context.Queue()
    reset, stop = context.Event(), context.Event()
    load = Load(boards=boards, observers=0)
    shared: tuple[Any, ...] = (load, at_work.target, "", context.Value("d", 0.0))
    child = context.Process(target=watcher, args=(*shared, ready, reset, stop, out), daemon=True)
    child.start()
    if not ready.acquire(timeout=60):
        child.terminate()
        raise LoadFailed("The boards could not connect.")
    reset.set()
    before, began = at_work.usage(), time.perf_counter()
    time.sleep(seconds)
    after, passed = at_work.usage(), time.perf_counter() - began
    stop.set()
    _, seen, _ = out.get(timeout=60)
    child.join(5)
    frames = sum(board.frames for board in seen)
    cpu = after.cpu_seconds - before.cpu_seconds
    return {
        "boards": boards,
        "all_frames": frames,
        "fewest_frames": min(board.frames for board in seen),
        "frames_per_s": round(frames / passed),
        "frame_us": round(1e6 * cpu / max(1, frames), 2),
        "end_mb": round(after.memory_mb, 2),
    }
