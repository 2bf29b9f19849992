"""`manage.py replay`: read stored deliveries again by the rules of today. Shows what would change, then does it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.commit.cache import cache
from calls.models import Delivery
from calls.upkeep.replaying import Outcome, RawBytesGone, forget_all_calls, replay


class Command(BaseCommand):
    help = "Read stored deliveries again by today's rules. Without --apply it only says what would change."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--quarantined", action="store_true", help="those that could not be applied")
        which.add_argument("--all", action="store_true", help="every stored delivery")
        which.add_argument(
            "--from-nothing",
            action="store_true",
            help="forget all calls, then every stored delivery; calls get new numbers. Stop the server first.",
        )
        parser.add_argument("--source", help="only deliveries of the source with this name")
        parser.add_argument("--apply", action="store_true", help="do it")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["from_nothing"] and not options["apply"]:
            self.stdout.write(f"Would forget all calls and replay {Delivery.objects.count():,} deliveries.")
            return
        if options["from_nothing"]:
            self.forget()
        deliveries = Delivery.objects.quarantined() if options["quarantined"] else Delivery.objects.all()
        if options["source"]:
            deliveries = deliveries.filter(source__name=options["source"])
        outcome = replay(deliveries, cache, options["apply"], self.progress)
        self.tell(outcome, options["apply"])

    def forget(self) -> None:
        try:
            forget_all_calls()
        except RawBytesGone:
            raise CommandError("Raw bytes were pruned: calls cannot be made from nothing. Use --all.") from None

    def progress(self, outcome: Outcome) -> None:
        if outcome.deliveries % 10_000 == 0:
            self.stdout.write(f"  {outcome.deliveries:,} deliveries read")

    def tell(self, outcome: Outcome, applied: bool) -> None:
        would = "" if applied else "would "
        self.stdout.write(f"{outcome.deliveries:,} deliveries read again.")
        for (old, new), count in sorted(outcome.changed.items()):
            self.stdout.write(f"  {count:,} {would}go from {old} to {new}")
        self.stdout.write(f"  {outcome.calls_changed:,} visible changes of calls{'' if applied else ' would follow'}.")
        if not applied:
            self.stdout.write("Nothing was changed. Add --apply to do it.")
