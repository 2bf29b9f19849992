"""Pages as somebody who is signed in gets them, and how long a deed takes."""

import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


def page(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> bytes:
    """The whole answer. Raises RuntimeError for one that is not 200."""
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answers {answer.status}.")
    return body


@dataclass(frozen=True)
class Timed:
    """Milliseconds: of the first time, and of the times after it, at the median; and the processor's for each."""

    first_ms: float
    ms: float
    cpu_ms: float


def timed(deed: Callable[[], object], cpu_seconds: Callable[[], float], times: int) -> Timed:
    """Do it once, and then so many times. `cpu_seconds` reads what the processes at work have taken so far."""
    first = milliseconds(deed)
    before = cpu_seconds()
    found = [milliseconds(deed) for _ in range(times)]
    return Timed(first, round(median(found), 2), round(1e3 * (cpu_seconds() - before) / times, 2))


def milliseconds(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return round(1e3 * (time.perf_counter() - began), 2)
