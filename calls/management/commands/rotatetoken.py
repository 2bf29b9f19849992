"""`rotatetoken NAME`: gives a source another token; the one before works until the next rotation."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.intake.sources import rotate
from calls.models import Source, SourceToken
from calls.people.audit import command, record
from calls.words import Act

from .createsource import addresses


class Command(BaseCommand):
    help = "Give a source another token. The newest one before it goes on working."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")

    def handle(self, *_: Any, **options: Any) -> None:
        source = Source.objects.filter(name=options["name"]).first()
        if source is None:
            names = ", ".join(Source.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no source {options['name']!r}. Known: {names}.")
        made, before = rotate(source)
        record(command(), Act.ADDRESS_MADE, source.name)
        self.stdout.write(f"Another token for {source.name}.\n{addresses(made)}")
        for place, token in enumerate(before):
            self.stdout.write(f"  {fate(token, kept=place == 0)}")


def fate(token: SourceToken, kept: bool) -> str:
    used = f"was last used {token.last_used_at:%Y-%m-%d %H:%M} UTC" if token.last_used_at else "was never used"
    then = "and still works: rotate again once the provider has the new one" if kept else "and has ended now"
    return f"The token that ends in {token.hint} {used} {then}."
