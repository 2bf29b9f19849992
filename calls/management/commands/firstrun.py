"""`firstrun`: brings database and static files up to date, and makes what an empty installation lacks."""

import hashlib
import os
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from calls.database.connecting import unhurried, what_is_wrong
from calls.intake.sources import base_url, connect
from calls.models import Role, Source
from calls.people.accounts import grant
from calls.private_files import add_private
from calls.upkeep import installation

RULE = "-" * 78
LOCK = 0x63616C6C  # "call": any number that no other program takes on this database.


class Command(BaseCommand):
    help = "Prepare everything that serving needs. Safe to run at any time, by several processes too."

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.held: list[tuple[str, tuple[str, ...]]] = []
        self.hold = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--hold", action="store_true", help=SUPPRESS)  # `serve` shows the first secrets later
        parser.add_argument("--new", action="store_true", help="begin a new installation where there was one before")

    def handle(self, *_: Any, **options: Any) -> None:
        self.hold = options["hold"]
        # What is written here holds telephone numbers.
        os.umask(0o077)
        try:
            installation.refuse_damaged()
            self.prepare(new=options["new"])
        except installation.Unusable as problem:
            raise CommandError(str(problem)) from None
        except OperationalError as problem:
            raise CommandError(f"The database cannot be used: {what_is_wrong(problem)}. See DATABASE_URL.") from None
        except DatabaseError as problem:
            raise CommandError(
                f"The database cannot be used: {what_is_wrong(problem)}. {installation.RESTORE}."
            ) from None

    def prepare(self, new: bool) -> None:
        with one_at_a_time():
            if not new:
                installation.refuse_emptied()
            self.migrate()
            installation.refuse_incomplete()
            collect_static()
            self.first_administrator()
            if new or not installation.mark().exists():
                self.first_source()
            installation.set_mark()
        call_command("clearsessions")

    def migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database ...")
            try:
                call_command("migrate", verbosity=0, interactive=False)
            except DatabaseError as problem:
                raise installation.Unusable(
                    f"The database {settings.DATABASES['default']['NAME']} cannot be brought up to this version: "
                    f"{what_is_wrong(problem)}. If it is another program's, set DATABASE_URL to one of its own. If it "
                    f"is not whole: {installation.RESTORE}."
                ) from None

    def first_administrator(self) -> None:
        if User.objects.exists():
            return
        granted = grant("admin", Role.ADMIN)
        self.tell(
            "First administrator",
            f"sign in    {base_url()}/accounts/login/",
            f"name       {granted.user.username}",
            f"password   {granted.password}",
            "Shown only now. `adduser admin --role admin --new-password` makes another.",
        )

    def first_source(self) -> None:
        if Source.objects.filter(synthetic=False).exists():
            return
        made = connect("CallerDesk")
        self.tell(
            f"First source: {made.source.name}",
            f"webhook    {made.webhook_url}",
            f"or         {made.short_webhook_url}",
            "           (for panels that refuse the first form)",
            f"Shown only now. `rotatetoken {made.source.name}` makes another.",
        )

    def tell(self, title: str, *lines: str) -> None:
        self.held.append((title, lines))
        if not self.hold:
            self.show()

    def show(self) -> None:
        """Show what is held back. The administrator's name and password come last."""
        while self.held:
            title, lines = self.held.pop()
            self._show(title, lines)

    def _show(self, title: str, lines: tuple[str, ...]) -> None:
        """Show secrets on the terminal. Where there is none, output goes to a log: it gets the name of a file only."""
        text = "\n".join([RULE, f"  {title}", *(f"    {line}" for line in lines), RULE])
        if not self.stdout.isatty():
            add_private(installation.first_secrets(), f"{text}\n")
            text = f"{title}: written to {installation.first_secrets()}. Read it, and remove it."
        self.stdout.write(text)
        self.stdout.flush()


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Processes of several hosts that start together on PostgreSQL prepare one after the other."""
    if connection.vendor != "postgresql":
        yield
        return
    with unhurried(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def collect_static() -> None:
    """Collect the static files if they changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    state = static_state()
    if stamp.exists() and stamp.read_text() == state:
        return
    # What is there stays: a process of the version before may still serve pages that name it.
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(state)


def static_state() -> str:
    """A digest over names, sizes and times of all static files."""
    found = []
    for finder in get_finders():
        for name, storage in finder.list(["CVS", ".*", "*~"]):
            status = Path(storage.path(name)).stat()
            found.append(f"{getattr(storage, 'prefix', '')}/{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()
