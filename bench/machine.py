"""What processes cost, read from /proc: CPU and memory of a server's tree and of a database's backends."""

import os
import platform
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """CPU seconds so far, and memory now in MB: its own, without the files mapped into it (programs, databases)."""

    cpu_seconds: float = 0.0
    memory_mb: float = 0.0


def usage_of_tree(pid: int) -> Usage:
    """A process and all that came from it."""
    children: dict[int, list[int]] = {}
    for each in pids():
        with suppress(OSError):
            children.setdefault(int(_stat(each)[1]), []).append(each)
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return usage_of(found)


def usage_of_backends(database: str) -> Usage:
    """PostgreSQL's processes that serve this database, and those that have ended: some peers connect for each request.

    Those cannot be told from other databases' any more. The checkpointer and the WAL writer are not counted.
    """
    titles = {pid: title for pid in pids() if (title := _title(pid)).startswith("postgres: ")}
    usage = usage_of(pid for pid, title in titles.items() if f" {database} " in title)
    with suppress(OSError, StopIteration):
        ended = _stat(int(_stat(next(iter(titles)))[1]))[13:15]
        return Usage(usage.cpu_seconds + sum(map(int, ended)) / TICKS, usage.memory_mb)
    return usage


def usage_of(processes: Iterable[int]) -> Usage:
    ticks, kilobytes = 0, 0
    for pid in processes:
        with suppress(OSError):
            stat = _stat(pid)
            ticks += int(stat[11]) + int(stat[12])
            kilobytes += _memory(pid)
    return Usage(ticks / TICKS, kilobytes / 1024)


def pids() -> list[int]:
    return [int(each) for each in os.listdir(PROC) if each.isdigit()]  # noqa: PTH208  (a thousand of them)


def _stat(pid: int) -> list[str]:
    """The fields after the name: state, parent, ..., from proc(5)'s third on."""
    return (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()


def _title(pid: int) -> str:
    with suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def _memory(pid: int) -> int:
    with suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1])
    return 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def described() -> str:
    """What the figures were taken on, in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}; load of the machine at the start: {busy:.1f}"
    )
