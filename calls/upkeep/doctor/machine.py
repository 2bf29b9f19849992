"""What a board stands on: settings, database, channel layer, disk, files, clock."""

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from channels.layers import get_channel_layer
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.utils import timezone

from calls.intake.sources import serving_process
from calls.models import Delivery
from calls.private_files import is_open_to_others
from calls.upkeep import installation

from .finding import Finding

LEAST_FREE_BYTES = 500 * 1024 * 1024
MOST_HANDLES_SHARE = 0.8
"""Of the files that a process may have open: more is a problem."""


def system() -> Iterator[Finding]:
    messages = [message for message in checks.run_checks() if not message.is_silenced()]
    for message in messages:
        yield Finding(message.level < checks.ERROR and None, message.msg, message.hint or "")
    if not messages:
        yield Finding(True, "settings fit together")


def database() -> Iterator[Finding]:
    where = settings.DATABASES["default"]
    name = f"{connection.vendor} {where['NAME']}"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as problem:
        first = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        yield Finding(False, f"database {name}: {first}", "Check DATABASE_URL, and that the server runs.")
        return
    yield Finding(True, f"database answers ({name})")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
            sync = cursor.execute("PRAGMA synchronous").fetchone()[0]
        well = (mode, sync) == ("wal", 2)
        yield Finding(well, f"SQLite journal {mode}, synchronous {sync}", "" if well else "Use a local disk for var.")


def wholeness() -> Iterator[Finding]:
    """Look through all of a SQLite file: seconds for each gigabyte, so no page does this."""
    if connection.vendor != "sqlite":
        return
    if damage := installation.damage_of(Path(settings.DATABASES["default"]["NAME"])):
        yield Finding(False, f"the database is damaged: {damage}", f"{installation.RESTORE}.")
    else:
        yield Finding(True, "the database's file is whole")


def migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        yield Finding(False, f"{missing} migrations are missing", "Run `manage firstrun`, or start `serve`.")
    elif lacks := list(installation.missing_parts()):
        yield Finding(False, f"the database is not whole: {'; '.join(lacks)}", f"{installation.RESTORE}.")
    else:
        yield Finding(True, "the database is up to date")


def layer() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        shared = connection.vendor == "postgresql"
        yield Finding(True, "PostgreSQL notifies of changes" if shared else "one process: no others to notify")
        return
    try:
        asyncio.run(asyncio.wait_for(round_trip(), timeout=5))
    except Exception as problem:
        yield Finding(False, f"Redis: {type(problem).__name__}", "Check REDIS_URL. Boards go on, a second later.")
    else:
        yield Finding(True, "Redis passes messages on")


async def round_trip() -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "doctor"})
    await layer.receive(channel)


def disk() -> Iterator[Finding]:
    folder = Path(settings.DATA_DIR)
    try:
        with tempfile.TemporaryFile(dir=folder):
            yield Finding(True, f"{folder} can be written to")
    except OSError as problem:
        yield Finding(False, f"{folder}: {problem.strerror}", "Give the user that runs Callboard the right to write.")
    free = shutil.disk_usage(folder).free
    advice = "" if free >= LEAST_FREE_BYTES else "Free some: a full disk refuses deliveries."
    yield Finding(free >= LEAST_FREE_BYTES, f"{free // 1024**2:,} MB free", advice)
    if os.name != "nt":
        private = folder.stat().st_mode & 0o077 == 0
        advice = "" if private else f"It holds telephone numbers and the secret key: `chmod 700 {folder}`."
        yield Finding(private or None, f"{folder} is {'its owner’s alone' if private else 'open to others'}", advice)


def files() -> Iterator[Finding]:
    """Whether the key, the database and the first secrets are their owner's alone."""
    kept = [Path(settings.DATA_DIR) / "secret_key", installation.first_secrets()]
    if connection.vendor == "sqlite":
        kept += [Path(f"{settings.DATABASES['default']['NAME']}{end}") for end in ("", "-wal", "-shm")]
    exposed = [path for path in kept if path.exists() and is_open_to_others(path)]
    for path in exposed:
        mode = path.stat().st_mode & 0o777
        yield Finding(False, f"{path} is open to others (mode {mode:04o})", f"Close it: `chmod 600 {path}`.")
    if not exposed:
        yield Finding(True, "key and database are their owner’s alone")
    if installation.first_secrets().exists():
        yield Finding(
            None,
            f"{installation.first_secrets()} still holds the first password and webhook address",
            "Keep them where secrets are kept, and remove the file.",
        )


def handles() -> Iterator[Finding]:
    """How many files and connections the processes that serve have open. Only Linux tells."""
    for process in serving_processes(Path("/proc")):
        try:
            count = len(list((process / "fd").iterdir()))
            limits = (process / "limits").read_text()
        except OSError:  # It ended just now, or is another user's.
            continue
        most = re.search(r"^Max open files\s+(\d+)", limits, re.MULTILINE)
        if most is None:
            continue
        well = count < int(most[1]) * MOST_HANDLES_SHARE
        what = f"process {process.name} has {count} of {most[1]} files and connections open"
        yield Finding(well, what, "" if well else "Restart it, raise the limit (LimitNOFILE), and please report this.")


def serving_processes(proc: Path) -> list[Path]:
    """The process that was started with `serve`, and its workers."""
    served = serving_process()
    first = proc / str(served)
    try:
        if served is None or b"serve" not in (first / "cmdline").read_bytes():
            return []
        children = (first / "task" / str(served) / "children").read_text().split()
    except OSError:
        return []
    return [first, *(proc / child for child in children)]


def clock() -> Iterator[Finding]:
    now = timezone.now()
    latest = Delivery.objects.aggregate(latest=Max("received_at"))["latest"]
    if latest and latest > now + timedelta(seconds=5):
        yield Finding(False, "the clock stands before the latest delivery", "Set the clock, and keep it with NTP.")
    local = timezone.localtime(now)
    yield Finding(True, f"the day here is {local:%Y-%m-%d}, the time {local:%H:%M} ({settings.TIME_ZONE})")
