"""`createsource NAME`: connects a provider account and prints the address for its webhooks, once."""

from argparse import ArgumentParser
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from calls.intake.sources import Connected, connect
from calls.models import Source
from calls.people.audit import command, record
from calls.words import Act


class Command(BaseCommand):
    help = "Connect a provider account: makes a source and prints its webhook address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--provider", default="callerdesk")
        parser.add_argument("--time-zone", default="Asia/Kolkata", help="zone of the provider's zone-less times")
        parser.add_argument("--region", default="IN", help="country of numbers without a code (ISO 3166)")
        limit = "further new calls are stored and set aside"
        parser.add_argument("--new-calls-per-minute", type=int, default=2_000, help=f"beyond these, {limit}")
        parser.add_argument("--live-calls-limit", type=int, default=5_000, help=f"with so many live calls, {limit}")
        parser.add_argument("--synthetic", action="store_true", help="made-up traffic: every call says so")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["time_zone"] not in available_timezones():
            raise CommandError(f"--time-zone must be a time zone such as Asia/Kolkata, not {options['time_zone']!r}.")
        if Source.objects.filter(name=options["name"]).exists():
            raise CommandError(f"There is a source {options['name']!r} already: rotatetoken gives it another token.")
        details = ("provider", "time_zone", "region", "synthetic", "new_calls_per_minute", "live_calls_limit")
        try:
            made = connect(options["name"], **{name: options[name] for name in details})
        except ValidationError as wrong:
            raise CommandError(" ".join(wrong.messages)) from None
        record(command(), Act.ADDRESS_MADE, made.source.name)
        self.stdout.write(f"Made the source {made.source.name}.\n{addresses(made)}")


def addresses(made: Connected) -> str:
    return "\n".join(
        [
            f"  webhook   {made.webhook_url}",
            f"  or        {made.short_webhook_url}   (for panels that refuse the first form)",
            "  Shown only now: the token is kept as a digest. GET and POST, JSON and forms are understood.",
        ]
    )
