"""`manage.py prune`: drop what is older than it has to be kept."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from calls.database.connecting import unhurried
from calls.upkeep.pruning import Pruned, database_size, give_back, prune

MEGABYTE = 1024 * 1024


class Command(BaseCommand):
    help = "Drop raw bytes and calls that are older than they have to be kept. Safe while the server runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--raw-days", type=int, default=settings.CALLBOARD_KEEP_RAW_DAYS, help="0: keep (default %(default)s)"
        )
        parser.add_argument(
            "--calls-days", type=int, default=settings.CALLBOARD_KEEP_CALLS_DAYS, help="0: keep (default %(default)s)"
        )
        parser.add_argument(
            "--audit-days", type=int, default=settings.CALLBOARD_KEEP_AUDIT_DAYS, help="0: keep (default %(default)s)"
        )
        parser.add_argument("--give-back", action="store_true", help="then shrink the file; stop the server first")

    def handle(self, *args: Any, **options: Any) -> None:
        with unhurried():
            self.prune(**options)

    def prune(self, **options: Any) -> None:
        now = timezone.now()
        kept = (options[name] for name in ("raw_days", "calls_days", "audit_days"))
        raw, calls, audit = (now - timedelta(days=days) if days else None for days in kept)
        size_before, _ = database_size()
        pruned, told = Pruned(), 0
        for pruned in prune(raw, calls, audit):
            if pruned.stripped + pruned.deliveries + pruned.calls - told >= 50_000:
                told = pruned.stripped + pruned.deliveries + pruned.calls
                self.stdout.write(
                    f"  {pruned.stripped:,} emptied, {pruned.deliveries:,} deliveries, {pruned.calls:,} calls"
                )
        if options["give_back"]:
            give_back()
        self.tell(pruned, size_before)

    def tell(self, pruned: Pruned, size_before: int) -> None:
        self.stdout.write(f"Raw bytes emptied of {pruned.stripped:,} deliveries.")
        self.stdout.write(f"Dropped {pruned.calls:,} calls and {pruned.deliveries:,} deliveries.")
        self.stdout.write(f"Dropped {pruned.audit:,} rows of the audit.")
        size, free = database_size()
        self.stdout.write(
            f"The database takes {size / MEGABYTE:,.1f} MB (before: {size_before / MEGABYTE:,.1f}),"
            f" {free / MEGABYTE:,.1f} MB of it free for new rows."
        )
