"""`projections`: what is made from calls behind the traffic: list, prove, make anew."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.database.connecting import as_of_one_moment, unhurried
from calls.database.turns import Turns
from calls.figures.rollups import differences
from calls.projections.registry import PROJECTIONS, Kind
from calls.projections.runner import Step, catch_up, lag, make_anew

MOST_SHOWN = 20
CALLS_PER_STEP = 500
"""Taken in at once beside a server that stores deliveries: a fraction of a second."""
LONGEST_WAIT_SECONDS = 60.0


class Command(BaseCommand):
    help = "List what is made from calls (figures), and how far behind each is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--rebuild", metavar="NAME", help="make it from nothing, beside a running server or without")
        what.add_argument(
            "--verify", metavar="NAME", help="compute it from nothing and compare; exits with 1 if it differs"
        )
        what.add_argument("--catch-up", metavar="NAME", help="take in all changes now")

    def handle(self, *_: Any, **options: Any) -> None:
        with unhurried():
            if name := options["rebuild"]:
                make_anew(self.kind(name))
                self.catch_up(self.kind(name))
            elif name := options["catch_up"]:
                self.catch_up(self.kind(name))
            elif name := options["verify"]:
                self.verify(self.kind(name))
        for kind in PROJECTIONS.values():
            behind, row = lag(kind)
            moved = f"{row.moved_at:%Y-%m-%d %H:%M:%S} UTC" if row and row.moved_at else "never"
            self.stdout.write(f"{kind.name}: {behind:,} changes behind, last moved {moved}")

    def kind(self, name: str) -> Kind:
        if name not in PROJECTIONS:
            raise CommandError(f"There is no projection {name!r}: {', '.join(PROJECTIONS)}.")
        return PROJECTIONS[name]

    def catch_up(self, kind: Kind) -> None:
        taken, turns = 0, Turns()

        def tell(done: Step) -> None:
            nonlocal taken
            if done.behind and taken // 50_000 != (taken + done.taken) // 50_000:
                self.stdout.write(f"  {done.behind:,} changes left")
            taken += done.taken
            turns.give_way()

        catch_up(kind, tell, CALLS_PER_STEP)

    def verify(self, kind: Kind) -> None:
        self.catch_up(kind)
        found = 0
        with caught_up(kind):
            for cell, is_, should in differences():
                found += 1
                if found <= MOST_SHOWN:
                    self.stdout.write(f"  {cell}: holds {is_}, should hold {should}")
        if found:
            raise CommandError(f"{found} cells differ. `manage projections --rebuild {kind.name}` makes them anew.")
        self.stdout.write(f"{kind.name}: every cell is as computed from nothing.")


@contextmanager
def caught_up(kind: Kind) -> Iterator[None]:
    """Read as of one moment at which the projection had taken in all changes: beside traffic it seldom has for long."""
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < until:
        with as_of_one_moment():
            if lag(kind)[0] == 0:
                yield
                return
        time.sleep(0.002)
    raise CommandError("Changes come without a pause: verify it while less is delivered.")
