"""Who may try to sign in, how often, and how many at a time: checking a password costs a third of a second of CPU.

Three limits hold at once. axes counts by name and address together. Here tries are counted by name alone, which does
not shut out a person at an address where they signed in before, and by network. A try counts as failed before its
password is checked, and is taken back when it was right: those who try at the same time count, too.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Max, Sum, Value
from django.db.models.functions import Greatest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from calls.database.connecting import lend_back
from calls.models import FailedSignIns

HASHED_AT_ONCE = 2
RETRY_AFTER_SECONDS = 2
KNOWN_PLACE_DAYS = 30
_slots = threading.BoundedSemaphore(HASHED_AT_ONCE)
MOST_HELD_UP = 10_000
held_up: dict[str, datetime] = {}
"""Networks that tried too often, until when: they take neither a slot nor a connection from anybody."""

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failed tries within so long, of one kind of thing."""

    kind: str
    failures: int
    within: timedelta


BY_NAME = Limit("name", 10, timedelta(hours=1))
BY_NETWORK = Limit("network", 20, timedelta(minutes=15))


def a_few_at_a_time(view: View) -> View:
    """Let two requests of a process check passwords at a time; the others are asked at once to come again."""

    @wraps(view)
    def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        if not _slots.acquire(blocking=False):
            return _busy(request)
        try:
            return view(request, *args, **kwargs)
        finally:
            _slots.release()

    return limited


def unless_held_up(view: View) -> View:
    """Turn away who tried too often, before anything of this process is taken for it."""

    @wraps(view)
    def open_to_others(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and (until := held_up_until(client_address(request))):
            return locked_out(request, until)
        return view(request, *args, **kwargs)

    return open_to_others


def locked_out(request: HttpRequest, until: datetime, name: str = "") -> HttpResponse:
    """The page for who tried too often. It says until when, and whom it holds up."""
    return render(request, "lockout.html", {"until": until, "username": name}, status=429)


def axes_lockout(
    request: HttpRequest, _answer: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """The same, where axes asks for it: its own count is over, or `SignInBackend` has said that ours is."""
    name = str((credentials or {}).get("username") or "")
    own_until: datetime | None = getattr(request, "held_up_until", None)
    return locked_out(request, own_until or _axes_until(name, client_address(request)), name)


def _axes_until(name: str, address: str) -> datetime:
    attempts = AccessAttempt.objects.filter(username=name, ip_address=address)
    latest: datetime = attempts.aggregate(at=Max("attempt_time"))["at"] or timezone.now()
    return latest + settings.AXES_COOLOFF_TIME


def _busy(request: HttpRequest) -> HttpResponse:
    answer = render(request, "busy.html", status=503)
    answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return answer


class SignInBackend(ModelBackend):
    """Checks a password while no database connection is held: others need it."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        if username is None or password is None:
            return None
        address = client_address(request) if request else ""
        if request and (until := claim(username, address)):
            request.held_up_until = until  # type: ignore[attr-defined]
            request.axes_locked_out = True  # type: ignore[attr-defined]  # axes answers so, and counts nothing
            raise PermissionDenied
        person = User.objects.filter(username=username).first()
        lend_back()
        if person is None:
            User().set_password(password)  # as slow as for a name that exists
        elif person.check_password(password) and self.user_can_authenticate(person):
            if request:
                take_back(username, address)
            return person
        return None


def client_address(request: HttpRequest) -> str:
    """Where somebody asks from. A network of IPv6 counts as one address: who has one of them has all."""
    text = request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return "0.0.0.0"  # noqa: S104  (a socket without addresses)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False).network_address)
    return str(address)


def network_of(address: str) -> str:
    found = ip_address(address)
    return str(ip_network((found, 64 if found.version == 6 else 24), strict=False))


def _key(limit: Limit, value: str) -> str:
    return f"{limit.kind}:{hashlib.sha256(value.encode('utf-8', 'replace')).hexdigest()}"


def _keys(name: str, address: str) -> dict[str, Limit]:
    return {_key(BY_NAME, name): BY_NAME, _key(BY_NETWORK, network_of(address)): BY_NETWORK}


def claim(name: str, address: str) -> datetime | None:
    """Count this try of the name from there. Where it may not be tried now, nothing is counted: gives until when."""
    now = timezone.now()
    keys = _keys(name, address)
    rows = FailedSignIns.objects.filter(key__in=keys)
    with transaction.atomic():
        known = {row.key: _of_now(row, keys[row.key], now) for row in rows.select_for_update().order_by("key")}
        over = {
            keys[key]: row.since + keys[key].within for key, row in known.items() if row.failures >= keys[key].failures
        }
        if BY_NETWORK in over:
            hold_up(address, over[BY_NETWORK])
        if BY_NETWORK in over or (BY_NAME in over and not _is_known_place(name, address, now)):
            return max(over.values())  # and nothing is written: who is held up leaves no more rows
        if missing := sorted(keys.keys() - known.keys()):
            drop_old(now)
            FailedSignIns.objects.bulk_create(
                [FailedSignIns(key=key, since=now) for key in missing], ignore_conflicts=True
            )
        FailedSignIns.objects.bulk_update(known.values(), ["failures", "since"])
        rows.update(failures=F("failures") + 1)
    return None


def hold_up(address: str, until: datetime) -> None:
    if len(held_up) >= MOST_HELD_UP:
        held_up.clear()  # the database still knows them
    held_up[network_of(address)] = until


def held_up_until(address: str) -> datetime | None:
    """Until when nothing is tried from this network; None: it may try."""
    until = held_up.get(network_of(address))
    return until if until is not None and timezone.now() < until else None


def _of_now(row: FailedSignIns, limit: Limit, now: datetime) -> FailedSignIns:
    """The row without what was too long ago."""
    if row.since <= now - limit.within:
        row.failures, row.since = 0, now
    return row


def _is_known_place(name: str, address: str, now: datetime) -> bool:
    """Whether this person signed in from there of late: what strangers try elsewhere does not shut them out."""
    since = now - timedelta(days=KNOWN_PLACE_DAYS)
    return AccessLog.objects.filter(username=name, ip_address=address, attempt_time__gt=since).exists()


def take_back(name: str, address: str) -> None:
    """The password was right: neither this try nor the wrong ones before it count against name and network."""
    own = AccessAttempt.objects.filter(username=name, ip_address=address)
    wrong = own.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
    left = Greatest(F("failures") - (wrong + 1), Value(0))
    FailedSignIns.objects.filter(key__in=_keys(name, address)).update(failures=left)


def drop_old(now: datetime) -> None:
    """Forget the tries that count no longer, names that nobody has among them."""
    FailedSignIns.objects.filter(since__lte=now - max(BY_NAME.within, BY_NETWORK.within)).delete()
    AccessAttempt.objects.filter(attempt_time__lte=now - settings.AXES_COOLOFF_TIME).delete()
