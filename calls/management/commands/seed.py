"""`manage.py seed`: history in bulk, to try the product at size."""

from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.models import Call, Delivery
from calls.upkeep.seeding import SOURCE, AlreadySeeded, seed


class Command(BaseCommand):
    help = "Fill the database with made-up history, with its deliveries. Stop the server first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=100_000, help="about how many (default %(default)s)")
        parser.add_argument("--days", type=int, default=90, help="spread over so many days (default %(default)s)")
        parser.add_argument("--seed", type=int, default=1, help="the same number makes the same day")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["calls"] < 1 or options["days"] < 1:
            raise CommandError("--calls and --days must be at least 1.")
        began = monotonic()
        try:
            made = seed(options["calls"], options["days"], options["seed"], self.stdout.write)
        except AlreadySeeded:
            raise CommandError(
                f'There is seeded history already (source "{SOURCE}"): seed an empty database.'
            ) from None
        self.stdout.write(f"{made:,} calls made in {monotonic() - began:.0f} s.")
        self.stdout.write(f"Now stored: {Call.objects.count():,} calls, {Delivery.objects.count():,} deliveries.")
