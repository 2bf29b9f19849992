"""A real server with a source and a person, ready to be attacked."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.desk import Desk
from tests.support.running import RunningServer


class Site(RunningServer):
    """A running server with a source (`token`), and a viewer who is signed in (`cookie`)."""

    desk: Desk
    token: str
    cookie: str


@contextmanager
def site(data: Path, server: str = "uvicorn", handles: int = 0, **environment: str) -> Iterator[Site]:
    """One that runs until the block is left; its process may open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if handles:
        resource.setrlimit(resource.RLIMIT_NOFILE, (handles, hard))
    try:
        running = Site(data, "--server", server, **environment)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        running.wait_until_ready()
        running.desk = Desk(data, **environment)
        running.token = running.desk("webhook", name="Strangers").removeprefix("/hooks/")
        running.desk("add_person", name="viewer", role="viewer", group="Sales")
        running.cookie = f"callboard_session={running.desk('sign_in', name='viewer')}"
        yield running
        running.desk.close()
    finally:
        running.process.kill()
        running.process.wait()
