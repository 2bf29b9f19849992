"""What the desk can be told to do. Runs in a process of its own, on a database that is no test's: see `desk.py`."""

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction

from calls.models import Access, CallGroup

from .factories import end_call, make_call


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
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
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
