"""`serve`: prepares what is needed, then serves boards and webhooks until it is told to stop."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import DatabaseError, connection, connections

from calls.intake.queue import NotStored
from calls.intake.sources import Connected, base_url, connect, note_address
from calls.management.arguments import amount, count
from calls.models import Source
from calls.simulation import DAYS
from calls.simulation.scripts import RECORDING_HOST
from calls.upkeep.demo import end_left, set_stage
from dashboard.servers import run_daphne, run_uvicorn

from . import firstrun

SIMULATION = "Simulation"


class Command(BaseCommand):
    help = "Serve boards and webhooks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        # These three are settings: manage.py has put them into the environment before the settings were read.
        parser.add_argument("--host", help="address to listen on (CALLBOARD_HOST, 127.0.0.1)")
        parser.add_argument("--port", help="port to listen on (CALLBOARD_PORT, 8000)")
        parser.add_argument("--workers", help="processes; more than one needs PostgreSQL (CALLBOARD_WORKERS)")
        parser.add_argument("--server", choices=["uvicorn", "daphne"], default="uvicorn")
        parser.add_argument("--simulate", action="store_true", help="make up calls, with a day behind them")
        parser.add_argument("--day", choices=DAYS, default="busy", help="with --simulate: what kind of day (busy)")
        parser.add_argument("--live", type=count, help="with --simulate: never fewer calls at a time")
        parser.add_argument("--speed", type=amount, default=1.0, help="with --simulate: how much faster than life (1)")
        parser.add_argument("--seed", type=count, default=2026, help="with --simulate: another seed, other calls")
        parser.add_argument("--new", action="store_true", help="begin a new installation where there was one before")

    def handle(self, *_: Any, **options: Any) -> None:
        # Until a server takes over, a signal just ends the preparation.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        host, port, workers = settings.CALLBOARD_HOST, settings.CALLBOARD_PORT, settings.CALLBOARD_WORKERS
        if options["server"] == "daphne" and workers > 1:
            raise CommandError("daphne serves with one process: leave out --workers, or use uvicorn.")
        refuse_taken(host, port)
        with alone() if connection.vendor == "sqlite" else nothing():
            self.serve(host, port, workers, options)
        self.stdout.write("Stopped.")

    def serve(self, host: str, port: int, workers: int, options: dict[str, Any]) -> None:
        note_address()
        prepare = firstrun.Command(stdout=self.stdout)
        try:
            call_command(prepare, new=options["new"], hold=options["simulate"])
            demo = Demo(options, self.stdout) if options["simulate"] else nothing()
        finally:
            prepare.show()  # The last lines of the terminal are address, name and password.
        door = listening(host, port) if workers == 1 and options["server"] == "uvicorn" else None
        self.tell(host)
        with demo:
            let_go_of_the_database(for_good=workers > 1)
            if options["server"] == "daphne":
                run_daphne(host, port)
            else:
                run_uvicorn(host, port, workers, door)

    def tell(self, host: str) -> None:
        self.stdout.write(f"Callboard is at {base_url()}/  (stop it with Ctrl+C)")
        if host not in ("127.0.0.1", "::1", "localhost") and not settings.CALLBOARD_BASE_URL:
            self.stdout.write(
                "It listens to other machines, but browsers may only open it by the names in CALLBOARD_ALLOWED_HOSTS: "
                "set CALLBOARD_BASE_URL to its address."
            )
        self.stdout.flush()


def refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise CommandError(
                f"Cannot listen on {host} port {port}: {problem.strerror}. Choose another --port."
            ) from None


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on: whoever opens the address as soon as it is told waits a moment,
    and is not refused, while the server is still being loaded."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)


def let_go_of_the_database(for_good: bool) -> None:
    """What prepared does not serve: a process that only looks after its workers keeps no pool either."""
    connections.close_all()
    if for_good and connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


@contextmanager
def alone() -> Iterator[None]:
    """Hold the SQLite file against other servers: two processes would not tell each other what they change."""
    with suppress(ImportError, OSError):  # Windows, and disks that know no locks
        import fcntl

        held = Path(f"{settings.DATABASES['default']['NAME']}.serving").open("w")  # noqa: SIM115  (until the end)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                "Another process serves this SQLite database already: stop it, or set DATABASE_URL to PostgreSQL."
            ) from None
    yield


@contextmanager
def nothing() -> Iterator[None]:
    yield


class Demo:
    """Made-up calls with a day behind them. While it is entered, a process of its own sends those that go on; at the
    end, what is left live is ended by reports.
    """

    def __init__(self, options: dict[str, Any], stdout: OutputWrapper) -> None:
        self.made = simulated_source()
        stdout.write("Making up a day of calls ...")
        stdout.flush()
        wanted = {name: options[name] for name in ("day", "seed", "live", "speed")}
        self.stage = set_stage(self.made.source, **wanted, now=datetime.now(UTC))

    def __enter__(self) -> None:
        stage, url = self.stage, self.made.webhook_url.replace(base_url(), own_url())
        self.child = subprocess.Popen(
            [
                *(sys.executable, sys.argv[0], "simulate", "--url", url, "--day", stage.day, "--seed", str(stage.seed)),
                *("--live", str(stage.live), "--speed", str(stage.speed), "--lost", "0", "--duplicates", "0"),
                *("--reorder", "0", "--since", stage.since.isoformat(), "--cut", stage.cut.isoformat()),
            ],
            preexec_fn=end_with_parent if sys.platform == "linux" else None,
            start_new_session=os.name != "nt",  # Ctrl+C is for the server: this process is told by it.
        )

    def __exit__(self, *_: object) -> None:
        self.child.terminate()
        try:
            self.child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.child.kill()
        with suppress(DatabaseError, NotStored):  # Then the next start ends them.
            end_left(self.made.source, datetime.now(UTC))


def simulated_source() -> Connected:
    """The source of made-up calls, with a new token: nobody keeps the text of the last one."""
    source = Source.objects.filter(name=SIMULATION).first()
    if source:
        return Connected(source, source.new_token())
    return connect(SIMULATION, synthetic=True, recording_hosts=RECORDING_HOST)


def own_url() -> str:
    """The server itself, not a proxy in front of it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.CALLBOARD_HOST, settings.CALLBOARD_HOST)  # noqa: S104
    return f"http://{host}:{settings.CALLBOARD_PORT}"


def end_with_parent() -> None:
    """Ask Linux to end this process when its parent does, even by kill -9."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
