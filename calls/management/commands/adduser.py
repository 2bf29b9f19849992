"""`adduser NAME --role supervisor --groups Sales`: gives a person a role, and a password where they are new."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from calls.intake.sources import base_url
from calls.models import Role
from calls.people.accounts import Granted, grant


class Command(BaseCommand):
    help = "Add a person, or change the rights of a known one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", choices=Role.values, required=True)
        parser.add_argument("--groups", help="call groups, with commas; without it, all calls")
        parser.add_argument("--masked", action="store_true", help="never show a full phone number")
        parser.add_argument("--password", help="for scripts; without it, one is made up and printed once")
        parser.add_argument("--new-password", action="store_true", help="make up another password for a known person")

    def handle(self, *_: Any, **options: Any) -> None:
        groups = options["groups"]
        if options["role"] == Role.ADMIN and (groups or options["masked"]):
            raise CommandError(
                "An admin sees all calls in full: leave out --groups and --masked, or take another role."
            )
        names = None if groups is None else [name.strip() for name in groups.split(",") if name.strip()]
        if names == []:
            raise CommandError("--groups names no group: leave it out for all calls.")
        try:
            granted = grant(
                options["name"], options["role"], names, options["masked"], options["password"], options["new_password"]
            )
        except ValidationError as wrong:
            raise CommandError(" ".join(wrong.messages)) from None
        self.stdout.write(told(granted, options["role"], names, options["password"] is None))


def told(granted: Granted, role: str, groups: list[str] | None, made_up: bool) -> str:
    lines = [
        f"{'Added' if granted.created else 'Changed the rights of'} {granted.user.username}: {role}, "
        f"sees {'all calls' if groups is None else 'the calls of ' + ', '.join(groups)}."
    ]
    if granted.password and made_up:
        lines += [f"  password  {granted.password}   (shown only now)"]
    elif granted.password:
        lines += ["  The password is the one that was given."]
    else:
        lines += ["  The password is as it was; --new-password makes another."]
    return "\n".join([*lines, f"  sign in   {base_url()}/accounts/login/"])
