"""The product as shipped, prepared once and measured in copies; or with a long history, where it was seeded."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from bench import stores
from bench.load import Target
from bench.subjects import ROOT, Place, Subject


@dataclass(frozen=True)
class Prepared:
    """A prepared installation: what `bench.prepare` said of it."""

    folder: Path
    database_url: str
    token: str
    cookies: tuple[str, ...]
    seed_seconds: float | None = None


@dataclass(frozen=True)
class Product(Subject):
    """`manage.py serve` with its defaults: every rule, the token check, the signed-in boards, full durability."""

    health = "/healthz"

    @contextmanager
    def place(self, port: int) -> Iterator[Place]:
        """A copy of an installation that was prepared once."""
        prepared = self.prepared
        folder = Path(mkdtemp(prefix="callboard-bench-"))
        try:
            shutil.copytree(prepared.folder, folder, dirs_exist_ok=True)
            with stores.database(self.store, folder, stores.name_of(prepared.database_url)) as url:
                yield Place(port, folder, url)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def command(self, place: Place) -> list[str]:
        return [sys.executable, "manage.py", "serve", "--port", str(place.port), "--server", self.server]

    def environment(self, place: Place) -> dict[str, str]:
        here = {"CALLBOARD_DATA_DIR": str(place.folder), "CALLBOARD_CONNECTIONS_PER_ADDRESS": "100000"}
        return place.environment | here

    @property
    def prepared(self) -> Prepared:
        return installation(self.store)

    def target(self, place: Place) -> Target:
        prepared = self.prepared
        base = f"127.0.0.1:{place.port}"
        return Target(
            webhook=f"http://{base}/hooks/{prepared.token}",
            socket=f"ws://{base}/ws/board/",
            shape="callerdesk",
            acks=True,
            cookies=prepared.cookies,
        )


@dataclass(frozen=True)
class Aged(Product):
    """The product with a history: many stored calls with their deliveries, in the installation itself.

    They are seeded over so many days; or they are `there` already, in the database of this URL.
    """

    calls: int = 10_000
    days: int = 90
    there: str = ""

    @property
    def prepared(self) -> Prepared:
        return taken_over(self.there) if self.there else installation(self.store, self.calls, self.days)

    @contextmanager
    def place(self, port: int) -> Iterator[Place]:
        yield Place(port, self.prepared.folder, self.prepared.database_url)


_installations = ExitStack()
"""Prepared installations live until `forget_installations`."""


@cache
def installation(store: str, calls: int = 0, days: int = 0) -> Prepared:
    """A new installation of the product with a source, people who are signed in, and so many stored calls."""
    folder = _folder()
    url = _installations.enter_context(stores.database(store, folder))
    said = json.loads(run_there(["-m", "bench.prepare"], folder, url))
    began = time.monotonic()
    if calls:
        run_there(["manage.py", "seed", "--calls", str(calls), "--days", str(days)], folder, url)
    return Prepared(folder, url, said["token"], tuple(said["cookies"]), time.monotonic() - began)


@cache
def taken_over(url: str) -> Prepared:
    """An installation whose database is there already: it gets a source and people too, and is never dropped."""
    folder = _folder()
    said = json.loads(run_there(["-m", "bench.prepare"], folder, url))
    return Prepared(folder, url, said["token"], tuple(said["cookies"]))


def _folder() -> Path:
    folder = Path(mkdtemp(prefix="callboard-bench-prepared-"))
    _installations.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def forget_installations() -> None:
    installation.cache_clear()
    taken_over.cache_clear()
    _installations.close()


def run_there(arguments: list[str], folder: Path, url: str) -> str:
    """What Python prints with an installation's settings."""
    environment = Place(0, folder, url).environment | {"CALLBOARD_DATA_DIR": str(folder)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout
