"""What the desk can be told to do. Runs in a process of its own, on a database that is no test's: see `desk.py`."""

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone

from calls.intake.sources import base_url, connect
from calls.models import Access, Agent, Call, CallGroup, Delivery, VirtualNumber
from calls.upkeep.seeding import seed
from tests.support.factories import end_call, make_call
from tests.support.provider import picture


def add_person(name: str, role: str | None = None, group: str = "", **rights: bool) -> None:
    user = User.objects.create_user(name, password=name)
    if role:
        access = Access.objects.create(user=user, role=role, **rights)
        access.groups.set([CallGroup.objects.get_or_create(name=group)[0]] if group else [])


def sign_in(name: str) -> str:
    """A session of theirs, as signing in makes one; its key is given."""
    user = User.objects.get(username=name)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "calls.people.sign_in.SignInBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def sign_out(key: str) -> None:
    Session.objects.filter(session_key=key).delete()


def call(group: str | None = None, count: int = 1, ended: bool = False, **columns: Any) -> int:
    """Make calls; the id of the last is given."""
    found = CallGroup.objects.get_or_create(name=group)[0] if group else None
    with transaction.atomic():
        made = [make_call(found, **columns) for _ in range(count)]
        if ended:
            end_call(made[-1])
    return made[-1].id


def webhook(name: str) -> str:
    """The path of a new source's webhook. Its limits stop no test that sends as fast as it can."""
    made = connect(name, new_calls_per_minute=10**6, live_calls_limit=10**6)
    return made.webhook_url.removeprefix(base_url())


def board_truth() -> dict[str, Any]:
    """What every board that sees all calls must show, straight from the tables."""
    now = timezone.now()
    standing = Call.objects.standing()
    shown = [*standing.exclude(state="ended").filter(heard_at__gt=now - timedelta(days=1))]
    shown += standing.filter(state="ended", ended_at__gt=now - timedelta(days=1)).order_by("-ended_at", "-id")[:200]
    today = standing.filter(state="ended", began_at__gte=timezone.localtime(now).replace(hour=0, minute=0, second=0,
                            microsecond=0))  # fmt: skip
    incoming = today.filter(direction="incoming")
    figures = {f"{outcome}_today": incoming.filter(outcome=outcome).count()
               for outcome in ("answered", "abandoned", "missed", "failed")}  # fmt: skip
    figures["outgoing_today"] = today.filter(direction="outgoing").count()
    return {"rows": sorted([call.id, call.seq, call.state, call.outcome] for call in shown), "figures": figures}


def calls_by_ref() -> dict[str, Any]:
    """All calls as they must be, wherever and in whatever order their deliveries were taken."""
    # A customer's pseudonym is made with a key of the database's own; of several phones that ring, the one last
    # heard of is shown, and who picked up after whom is told by arrival alone until the report is there.
    by_arrival = {"customer_key"}, {"customer_key", "agent_number", "agent_name", "ring_attempts"}
    return {
        ref: {name: value for name, value in call.items() if name not in by_arrival[call["state"] != "ended"]}
        for ref, call in json.loads(json.dumps(picture(), default=str)).items()
    }


def counts() -> dict[str, int]:
    """Deliveries by result, and numbers of the directory whose calls are still to be derived again."""
    results = dict(Delivery.objects.values_list("result").annotate(Count("id")).order_by())
    unsettled = sum(model.objects.filter(settled=False).count() for model in (Agent, VirtualNumber))
    return results | {"unsettled": unsettled}


def deliveries_of(ids: list[int]) -> int:
    """How many of these deliveries are stored."""
    return Delivery.objects.filter(id__in=ids).count()


def limits_around_seeding() -> tuple[str, list[str], str]:
    """The statement timeout before, while and after an empty PostgreSQL database is seeded."""

    def limit() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return str(cursor.fetchone()[0])

    call_command("migrate", verbosity=0)
    usual, meanwhile = limit(), []
    seed(calls=20, days=2, number=1, tell=lambda _: meanwhile.append(limit()))
    return usual, meanwhile[1:], limit()


def missing(deliveries: list[int]) -> list[int]:
    """Which of these deliveries are not stored."""
    stored: set[int] = set()
    for start in range(0, len(deliveries), 500):
        stored |= set(Delivery.objects.filter(id__in=deliveries[start : start + 500]).values_list("id", flat=True))
    return sorted(set(deliveries) - stored)
