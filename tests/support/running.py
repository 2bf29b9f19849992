"""The real server as a process of its own, for tests of what only a process does."""

import contextlib
import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def clean_environment(**values: str) -> dict[str, str]:
    """This environment without any setting of Callboard, and with these."""
    # Nor without byte code kept: a start takes three times as long then.
    ours = ("CALLBOARD_", "DATABASE_URL", "REDIS_URL", "DJANGO_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | values


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
    )


class RunningServer:
    """`manage.py serve` on a port of its own, from answering /healthz until it is stopped."""

    def __init__(
        self, data_dir: Path, *arguments: str, port: int | None = None, obeys_modes: bool = False, **environment: str
    ) -> None:
        self.port = port or unused_port()
        self.data_dir = data_dir
        self.log = data_dir / f"serve-{self.port}.log"
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(self.port), *arguments],
            cwd=ROOT,
            env=clean_environment(CALLBOARD_DATA_DIR=str(data_dir), **environment),
            stdout=self.log.open("a"),
            stderr=subprocess.STDOUT,
            preexec_fn=obey_modes if obeys_modes else None,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def first_secrets(self) -> str:
        """What the first start told: its output is a file, so it wrote another one."""
        return (self.data_dir / "first_secrets.txt").read_text()

    def wait_until_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not self.is_healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"The server did not come up:\n{self.output}")
            time.sleep(0.05)

    def is_healthy(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def post(self, path: str, body: bytes) -> int:
        """Post JSON, and give the status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            return connection.getresponse().status
        finally:
            connection.close()

    def headers(self, path: str) -> set[str]:
        """The names of the headers of an answer, in lower case."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            return {name.lower() for name, _ in connection.getresponse().getheaders()}
        finally:
            connection.close()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and give the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


@contextlib.contextmanager
def running_server(
    data_dir: Path, *arguments: str, obeys_modes: bool = False, **environment: str
) -> Iterator[RunningServer]:
    server = RunningServer(data_dir, *arguments, obeys_modes=obeys_modes, **environment)
    try:
        server.wait_until_ready()
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def obey_modes() -> None:
    """Let the modes of files hold for root too, in a process that is about to start."""
    drop_from_bounding_set, may_write_anything, may_read_anything = 24, 1, 2
    for capability in (may_write_anything, may_read_anything):
        ctypes.CDLL(None).prctl(drop_from_bounding_set, capability, 0, 0, 0)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
