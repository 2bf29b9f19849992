"""What is measured beside the product: the peers, and servers with nothing behind them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from bench import stores
from bench.load import Target

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PEERS = HERE / "peers"
SETTINGS = ("CALLBOARD_", "DATABASE_URL", "REDIS_URL", "DJANGO_", "TEST_")


@dataclass(frozen=True)
class Place:
    """Where a subject runs for one measurement."""

    port: int
    folder: Path
    database_url: str

    @property
    def environment(self) -> dict[str, str]:
        """This environment without any setting of ours, and the place's database."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        python = os.pathsep.join(filter(None, (str(ROOT), clean.get("PYTHONPATH"))))
        return clean | {"DATABASE_URL": self.database_url, "PORT": str(self.port), "PYTHONPATH": python}


@dataclass(frozen=True)
class Subject:
    """A server to be measured; `command` starts it and `target` says how it is reached."""

    server: str = "uvicorn"
    store: str = stores.SQLITE

    cwd: Path = field(default=ROOT, init=False)
    health: str = field(default="", init=False)

    @contextmanager
    def place(self, port: int) -> Iterator[Place]:
        """A folder and a database of its own."""
        folder = Path(mkdtemp(prefix="callboard-bench-"))
        try:
            with stores.database(self.store, folder) as url:
                place = Place(port, folder, url)
                self.prepare(place)
                yield place
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def prepare(self, place: Place) -> None:
        pass

    def command(self, place: Place) -> list[str]:
        raise NotImplementedError

    def environment(self, place: Place) -> dict[str, str]:
        return place.environment

    def target(self, place: Place) -> Target:
        base = f"127.0.0.1:{place.port}"
        return Target(webhook=f"http://{base}/hook", socket=f"ws://{base}/ws")


def python_server(server: str, application: str, port: int) -> list[str]:
    """uvicorn or daphne as people start them: the peers get no help, and no hindrance."""
    if server == "daphne":
        options = ["-b", "127.0.0.1", "-p", str(port), "--access-log", os.devnull]
        return [sys.executable, "-m", "daphne", *options, application]
    options = ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", "--log-level", "warning"]
    return [sys.executable, "-m", "uvicorn", *options, application]


# The peers: each the smallest honest version of the same contract


@dataclass(frozen=True)
class Tutorial(Subject):
    """Django, REST framework and Channels as their tutorials put them together."""

    cwd = PEERS / "tutorial"

    def prepare(self, place: Place) -> None:
        command = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "-v", "0"]
        subprocess.run(command, cwd=self.cwd, env=self.environment(place), check=True, capture_output=True)

    def environment(self, place: Place) -> dict[str, str]:
        here = {"DJANGO_SETTINGS_MODULE": "board.settings", "PYTHONPATH": str(self.cwd)}
        return place.environment | here

    def command(self, place: Place) -> list[str]:
        return python_server(self.server, "board.asgi:application", place.port)


@dataclass(frozen=True)
class Peer(Subject):
    """A peer whose durability on SQLite can be chosen: `normal`, as such services ship, or `full`, as ours does."""

    synchronous: str = "normal"

    def environment(self, place: Place) -> dict[str, str]:
        return place.environment | {"SYNCHRONOUS": self.synchronous}


@dataclass(frozen=True)
class FastApi(Peer):
    """FastAPI with aiosqlite or asyncpg."""

    cwd = PEERS / "fastapi"

    def command(self, place: Place) -> list[str]:
        return python_server("uvicorn", "app:app", place.port)


@dataclass(frozen=True)
class Node(Peer):
    """Express and ws with better-sqlite3 or pg."""

    cwd = PEERS / "node"

    def command(self, place: Place) -> list[str]:
        return ["node", "app.js"]


def why_no_node(install: bool) -> str:
    """Why the Node peer cannot run, or nothing. Its packages are installed where that is asked for."""
    if not shutil.which("node"):
        return "node is not installed"
    if (PEERS / "node" / "node_modules" / "better-sqlite3").exists():
        return ""
    if not install or not shutil.which("npm"):
        return "its packages are not installed (npm ci in bench/peers/node)"
    print("Installing the Node peer's packages; a compiled one may take minutes ...", file=sys.stderr, flush=True)
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=PEERS / "node", capture_output=True)
    return "npm could not install its packages" if done.returncode else ""


# The raw limits that are servers


@dataclass(frozen=True)
class Empty(Subject):
    """An application that answers 200 and does nothing else: what the server alone costs."""

    def command(self, place: Place) -> list[str]:
        return python_server(self.server, "bench.limits.empty:application", place.port)


@dataclass(frozen=True)
class Fanout(Subject):
    """Frames as fast as they go: one pre-built frame to every socket (`raw`), or the same through uvicorn."""

    def command(self, place: Place) -> list[str]:
        if self.server == "raw":
            return [sys.executable, "-m", "bench.limits.preframed", str(place.port)]
        *command, application = python_server(self.server, "bench.limits.fanout:application", place.port)
        return [*command, "--ws-per-message-deflate", "false", application]
