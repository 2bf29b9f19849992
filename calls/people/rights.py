"""The rights of those who have a board open, looked up again while they have it."""

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.utils import timezone

from calls.models.access import Scope, scopes_of


class Refusal(IntEnum):
    """Why somebody gets no board: the code that the socket is closed with."""

    SIGNED_OUT = 4401
    NO_RIGHT = 4403


class Claim(NamedTuple):
    """Who somebody was when the socket opened: user id, session key, and the password's hash."""

    user_id: int | None
    session_key: str | None
    password: str


def verdicts(claims: Iterable[Claim]) -> dict[Claim, Scope | Refusal]:
    """What each may see now, or why not any more; a fixed number of queries for all of them."""
    claims = set(claims)
    sessions = {claim.session_key for claim in claims if claim.session_key}
    valid = set(
        Session.objects.filter(session_key__in=sessions, expire_date__gt=timezone.now()).values_list(
            "session_key", flat=True
        )
    )
    asked = {claim.user_id for claim in claims if claim.user_id and claim.session_key in valid}
    users = {user.pk: user for user in get_user_model()._default_manager.filter(pk__in=asked)}
    scopes = scopes_of(users.values())

    def verdict(claim: Claim) -> Scope | Refusal:
        user = users.get(claim.user_id) if claim.user_id else None
        if user is None or claim.session_key not in valid or not user.is_active or user.password != claim.password:
            return Refusal.SIGNED_OUT
        return scopes.get(user.pk, Refusal.NO_RIGHT)

    return {claim: verdict(claim) for claim in claims}
