"""Prepares an installation to be measured, as its own process: prints token and cookies as JSON.

    python -m bench.prepare --people 40

Settings come from the environment, as for the product itself. The first person is an administrator. A database that is
there already is taken over, unless it holds calls that are not made up: what is measured is written into it.
"""

import argparse
import json
import os
import secrets
import sys
from io import StringIO

import django

from bench.load import words

SOURCE = "Bench"
UNLIMITED = 10**9
"""What is measured is how fast calls are taken, not where a source is stopped."""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--people", type=int, default=40)
    people = options.parse_args().people
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    from django.core.management import call_command

    refuse_real_calls()
    call_command("firstrun", stdout=StringIO())
    json.dump({"token": new_token(), "cookies": [cookie_of(number) for number in range(people)]}, sys.stdout)


def refuse_real_calls() -> None:
    """End where a source has calls that are neither made up nor this benchmark's."""
    from django.db import connection

    from calls.models import Call, Source

    if Source._meta.db_table not in connection.introspection.table_names():
        return
    for pk, name in Source.objects.filter(synthetic=False).exclude(name=SOURCE).values_list("id", "name"):
        if Call.objects.filter(source=pk).values("id").exists():
            raise SystemExit(f"The calls of {name} are not made up, and a benchmark would write among them.")


def new_token() -> str:
    """A new token of the benchmark's source, which has its directory, as after its first day."""
    from calls.intake.sources import connect, rotate
    from calls.models import Agent, Source, VirtualNumber
    from calls.phones import match_key, normalise

    if known := Source.objects.filter(name=SOURCE).first():
        return rotate(known)[0].token
    made = connect(SOURCE, new_calls_per_minute=UNLIMITED, live_calls_limit=UNLIMITED)
    for model, numbers in ((Agent, words.agents()), (VirtualNumber, words.lines())):
        known = {normalise(number, made.source.region) for number in numbers}
        rows = (model(source=made.source, number=n, number_key=match_key(n), settled=True) for n in sorted(known))
        model.objects.bulk_create(rows)
    return made.token


def cookie_of(number: int) -> str:
    """The cookie of somebody signed in who sees all calls. As sign-in makes it, without the costly password."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore

    from calls.models import Role
    from calls.people.accounts import see

    admin = number == 0
    user = User.objects.create(
        username=f"bench-{secrets.token_hex(4)}",
        password=f"!{secrets.token_hex(20)}",
        is_staff=admin,
        is_superuser=admin,
    )
    see(user, Role.ADMIN if admin else Role.SUPERVISOR, None, masked=False)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


if __name__ == "__main__":
    main()
