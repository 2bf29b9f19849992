"""A subject at work: started in a place of its own, warm, with its meters; stopped whatever happens."""

import http.client
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import Load, Target, measure
from bench.load.measure import Meter
from bench.machine import Usage, free_port, usage_of_tree
from bench.stores import POSTGRES, usage_of_store
from bench.subjects import Place, Subject

WARM = Load(calls=40, connections=4, active=12, drain=0.2, retries=20)
START_SECONDS = 60
STOP_SECONDS = 20


class NotServing(Exception):
    """The subject did not start, or ended by itself."""


@dataclass(frozen=True)
class Running:
    """A subject that serves."""

    subject: Subject
    place: Place
    process: subprocess.Popen[bytes]

    @property
    def target(self) -> Target:
        return self.subject.target(self.place)

    @property
    def meters(self) -> dict[str, Meter]:
        meters: dict[str, Meter] = {"server": self.usage}
        if self.subject.store == POSTGRES:
            meters["pg"] = lambda: usage_of_store(self.place.database_url)
        return meters

    def usage(self) -> Usage:
        return usage_of_tree(self.process.pid)

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.place.port, timeout=5)
        try:
            connection.request("GET", self.subject.health or "/")
            return not self.subject.health or connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@contextmanager
def running(subject: Subject, warm: bool = True) -> Iterator[Running]:
    """Start it and wait until it serves. Raises NotServing, with the end of its log."""
    with subject.place(free_port()) as place:
        log = place.folder / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                subject.command(place),
                cwd=subject.cwd,
                env=subject.environment(place),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        at_work = Running(subject, place, process)
        try:
            wait_until_serving(at_work, log)
            if warm:
                measure(WARM, at_work.target, {})
            yield at_work
            if process.poll() is not None:
                raise NotServing(f"It ended by itself:\n{tail(log)}")
        finally:
            stop(process)


def wait_until_serving(at_work: Running, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not at_work.answers():
        if at_work.process.poll() is not None or time.monotonic() > deadline:
            raise NotServing(f"It did not come up:\n{tail(log)}")
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        return


def tail(log: Path) -> str:
    return log.read_text(errors="replace")[-1500:]
