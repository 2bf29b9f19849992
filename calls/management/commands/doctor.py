"""`doctor`: looks at everything that a board depends on, and says of each problem what to do."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.models import User
from django.core import checks
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Max
from django.utils import timezone

from calls.display import wording
from calls.health.doubles import doubled_sources
from calls.health.shares import unusual_shares
from calls.models import Delivery, Source

LEAST_FREE_BYTES = 500 * 1024 * 1024
SILENT_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: how it is, and what to do where it is not well. `well` None: worth knowing, no problem."""

    well: bool | None
    what: str
    advice: str = ""


class Command(BaseCommand):
    help = "Check everything that a board depends on. Exits with 1 where something needs doing."
    requires_system_checks: list[str] = []

    def handle(self, *_: Any, **__: Any) -> None:
        findings = [finding for examine in EXAMINATIONS for finding in examined(examine)]
        for finding in findings:
            self.stdout.write(line(finding))
        problems = sum(finding.well is False for finding in findings)
        self.stdout.write(f"{problems} problem{'' if problems == 1 else 's'}." if problems else "All is well.")
        if problems:
            raise SystemExit(1)


def examined(examine: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """The findings of one examination; one that cannot be made is itself a problem."""
    try:
        return list(examine())
    except DatabaseError:
        return [Finding(False, f"{examine.__name__}: the database cannot say", "See above.")]
    except Exception as problem:
        return [Finding(False, f"{examine.__name__}: {type(problem).__name__}", "Please report this with its log.")]


def line(finding: Finding) -> str:
    mark = {True: "ok     ", False: "PROBLEM", None: "note   "}[finding.well]
    return f"{mark} {finding.what}" + (f"\n        -> {finding.advice}" if finding.advice else "")


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


def migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        yield Finding(False, f"{missing} migrations are missing", "Run `manage firstrun`, or start `serve`.")
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


def clock() -> Iterator[Finding]:
    now = timezone.now()
    latest = Delivery.objects.aggregate(latest=Max("received_at"))["latest"]
    if latest and latest > now + timedelta(seconds=5):
        yield Finding(False, "the clock stands before the latest delivery", "Set the clock, and keep it with NTP.")
    local = timezone.localtime(now)
    yield Finding(True, f"the day here is {local:%Y-%m-%d}, the time {local:%H:%M} ({settings.TIME_ZONE})")


def people() -> Iterator[Finding]:
    admins = User.objects.filter(is_active=True, is_superuser=True).count()
    lost = User.objects.filter(is_active=True, is_superuser=False, access=None).count()
    if not admins:
        yield Finding(False, "nobody is an administrator", "Run `manage adduser NAME --role admin`.")
    else:
        yield Finding(True, f"{admins} administrator{'' if admins == 1 else 's'}")
    if lost:
        yield Finding(None, f"{lost} people may sign in but see nothing", "Give them a role with `manage adduser`.")


def sources() -> Iterator[Finding]:
    heard = dict(Delivery.objects.values_list("source").annotate(Max("received_at")))
    for source in Source.objects.all():
        yield heard_from(source, heard.get(source.pk))
        if not source.tokens.active().exists():
            advice = f"Run `manage rotatetoken {source.name!r}`."
            yield Finding(False, f"source {source.name} has no working token", advice)
    if not heard and not Source.objects.exists():
        yield Finding(False, "there is no source", "Run `manage createsource NAME`.")


def heard_from(source: Source, at: Any) -> Finding:
    name = f"source {source.name}{'' if source.enabled else ' (switched off)'}"
    if at is None:
        return Finding(None, f"{name} never delivered", "Give its webhook address to the provider.")
    told = f"{name} delivered last at {at:%Y-%m-%d %H:%M} UTC"
    if timezone.now() - at > SILENT_AFTER and source.enabled and not source.synthetic:
        return Finding(None, told, "If calls were made since, look whether the provider switched the webhook off.")
    return Finding(True, told)


def quarantine() -> Iterator[Finding]:
    reasons = Delivery.objects.quarantined().values_list("reason").annotate(Count("id")).order_by("reason")
    for reason, count in reasons:
        yield Finding(
            None,
            f"{count} deliver{'y' if count == 1 else 'ies'} set aside ({reason}): {wording.set_aside(reason).sentence}",
            str(wording.set_aside(reason).advice) or "`manage replay --quarantined` reads them again.",
        )
    if not reasons:
        yield Finding(True, "nothing is set aside")


def doubles() -> Iterator[Finding]:
    for pair in doubled_sources(timezone.now()):
        yield Finding(
            False,
            f"sources {pair.source.name} and {pair.other.name} deliver the same calls ({pair.shared} lately)",
            "Each stands on the board twice. Take the webhook out of one account, or switch one source off.",
        )


def shares() -> Iterator[Finding]:
    for found in unusual_shares(timezone.now()):
        what = f"{found.odd} of {found.looked_at} {wording.UNUSUAL[found.kind]}; usual is {found.usual:.1%}"
        yield Finding(None, what, "See the deliveries in the admin: did the provider change something?")


EXAMINATIONS = (system, database, migrations, layer, disk, clock, people, sources, doubles, quarantine, shares)
