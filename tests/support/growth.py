"""Whether the time a text takes grows with its length only, on a machine and under a tracer of any speed."""

import time
from collections.abc import Callable

# Seconds of processor time. A text that takes less harms nobody, and is too short to judge by.
LITTLE = 0.1
# No text of the lengths that are let in may take so long, however it grows.
FAR_TOO_LONG = 5


def is_linear(read: Callable, made: Callable[[int], str | bytes], size: int) -> bool:
    """Whether the text of this size takes less than three times what one of half the size takes.

    Two is right, and where the time grows with the square it is four. The best of up to three tries counts: a pause
    of the machine says nothing.
    """
    whole, half = made(size), made(size // 2)
    for _ in range(3):
        took = seconds(read, whole)
        if took < LITTLE or (took < FAR_TOO_LONG and took < 3 * seconds(read, half)):
            return True
    return False


def seconds(read: Callable, text: str | bytes) -> float:
    """Processor time of this thread."""
    began = time.thread_time()
    read(text)
    return time.thread_time() - began
