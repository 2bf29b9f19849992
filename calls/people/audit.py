"""Writing the audit: who looked at what, from where; and how often a masked person may ask for a number."""

import getpass
import ipaddress
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from calls.models import Access, AuditEntry
from calls.words import Act

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

SEARCHES_A_MINUTE = 10
"""Whole numbers that a masked person may search for. With its last four digits shown, the rest of a number of ten
digits is a million tries: at this pace 70 days, each of them a row."""
AGAIN = timedelta(minutes=10)
"""Looking again at the same thing within this time is no further row."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a person at an address, or a command."""

    user_id: int | None
    name: str
    address: str | None = None


class TooManySearches(Exception):
    """A masked person asked for more numbers in a minute than they may."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"more than {SEARCHES_A_MINUTE} numbers a minute")
        self.wait_seconds = wait_seconds


def person(request: "HttpRequest") -> Actor:
    """Whoever asks, at the address that the proxies vouch for."""
    return Actor(request.user.pk, request.user.get_username(), _address(request.META.get("REMOTE_ADDR", "")))


def _address(text: str) -> str | None:
    """An address, or None for what is none: a socket of the system has a name or nothing."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def command() -> Actor:
    """The command that runs now, under the name of the system's account."""
    try:
        return Actor(None, f"command ({getpass.getuser()})"[:150])
    except (KeyError, OSError):  # An account without a name, as in some containers.
        return Actor(None, "command")


def record(by: Actor, act: Act, about: str = "", result: str = "") -> None:
    """Add a row."""
    AuditEntry.objects.create(
        user_id=by.user_id, who=by.name, act=act, about=about[:200], result=result[:200], address=by.address
    )


def record_look(by: Actor, act: Act, about: str) -> None:
    """Add a row, unless the same person did the same a moment ago: paging through a list is one look."""
    if not _did(by, act, about):
        record(by, act, about)


def record_search(by: Actor, number: str, *, masked: bool) -> None:
    """Add a row for a search by number. Raises TooManySearches for a masked person who asks for too many."""
    if not masked:
        record_look(by, Act.NUMBER_SEARCHED, number[:200])
        return
    with transaction.atomic():
        # Requests that come at once are counted one after the other: the row of their own rights is locked.
        list(Access.objects.select_for_update().filter(user_id=by.user_id or 0))
        if not _did(by, Act.NUMBER_SEARCHED, number[:200]):
            _refuse_too_many(by)
            record(by, Act.NUMBER_SEARCHED, number)


def _did(by: Actor, act: Act, about: str) -> bool:
    return _kept(by, act, AGAIN).filter(about=about).exists()


def _refuse_too_many(by: Actor) -> None:
    lately = _kept(by, Act.NUMBER_SEARCHED, _MINUTE).order_by("-at").values_list("at", flat=True)
    moments = list(lately[:SEARCHES_A_MINUTE])
    if len(moments) >= SEARCHES_A_MINUTE:
        raise TooManySearches(math.ceil((moments[-1] + _MINUTE - timezone.now()).total_seconds()))


def _kept(by: Actor, act: Act, within: timedelta) -> "QuerySet[AuditEntry]":
    return AuditEntry.objects.filter(user_id=by.user_id or 0, act=act, at__gt=timezone.now() - within)
