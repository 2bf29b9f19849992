"""The first page of Set-up: does the provider deliver, what was set aside, what does the doctor say, who is here."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone

from calls.display import formats, wording
from calls.health.last_heard import last_heard
from calls.health.silent_sources import silent_sources
from calls.intake.sources import address_form
from calls.models import Delivery, Source, SourceToken
from calls.upkeep.doctor import EXAMINATIONS, examined, quarantine
from calls.whole_numbers import LARGEST_ID, whole_number

from . import shown

MOST_READ = 10_000
"""Set-aside deliveries that the page looks at, the latest first."""
MOST_SESSIONS = 500
_MARKS = {True: "ok", None: "note", False: "problem"}


def health() -> dict[str, Any]:
    """What the page shows, read anew each time."""
    now = timezone.now()
    lines = doctor_lines()
    silent = {found.source for found in silent_sources(now)}
    return {
        "sources": [_source(source, now, silent) for source in _sources()],
        "reasons": set_aside_by_reason(now),
        "lines": lines,
        "problems": sum(line["mark"] == "problem" for line in lines),
        "well": sum(line["mark"] == "ok" for line in lines),
        "people": signed_in(now),
        "silence": formats.about(settings.CALLBOARD_SILENCE_SECONDS),
    }


# Sources


def _sources() -> list[Source]:
    heard = last_heard()
    tokens: dict[int, list[SourceToken]] = defaultdict(list)
    for token in SourceToken.objects.active().order_by("-created_at", "-id"):
        tokens[token.source_id].append(token)
    found = list(Source.objects.order_by("-enabled", "name"))
    for source in found:
        source.heard_at, source.active_tokens = heard.get(source.pk), tokens[source.pk]
    return found


def _source(source: Source, now: datetime, silent: set[Source]) -> dict[str, Any]:
    heard = source.heard_at
    return {
        "source": source,
        "state": _state(source, heard, source in silent),
        "heard": shown.moment(heard, source.time_zone),
        "ago": formats.about((now - heard).total_seconds()) if heard else "",
        "addresses": [address_form(token) for token in source.active_tokens],
        "pings": source.ping_count,
    }


def _state(source: Source, heard: datetime | None, silent: bool) -> tuple[str, str]:
    """(look, word)"""
    if not source.enabled:
        return "off", "Switched off"
    if not source.active_tokens:
        return "problem", "No working token"
    if heard is None:
        return "note", "Waits for its first delivery"
    return ("note", "Silent") if silent else ("ok", "Delivers")


# Set aside


def set_aside_by_reason(now: datetime) -> list[dict[str, Any]]:
    """The latest set-aside deliveries by reason, most frequent first."""
    latest = Delivery.objects.quarantined().order_by("-id").values_list("reason", "received_at")[:MOST_READ]
    counts: Counter[str] = Counter()
    newest: dict[str, datetime] = {}
    for reason, at in latest:
        counts[reason] += 1
        newest.setdefault(reason, at)
    more = "over " if counts.total() == MOST_READ else ""
    return [
        {
            "reason": reason,
            "count": more + formats.figure(count),
            "said": wording.set_aside(reason),
            "latest": shown.moment(newest[reason]),
            "ago": formats.about((now - newest[reason]).total_seconds()),
        }
        for reason, count in counts.most_common()
    ]


# The doctor


def doctor_lines() -> list[dict[str, str]]:
    """What `manage doctor` says: {mark ("ok", "note", "problem"), what, advice}. What is set aside stands beside it."""
    found = [finding for examine in EXAMINATIONS if examine is not quarantine for finding in examined(examine)]
    found.sort(key=lambda finding: (finding.well is not False, finding.well is not None))
    return [{"mark": _MARKS[finding.well], "what": finding.what, "advice": finding.advice} for finding in found]


# People


def signed_in(now: datetime) -> list[dict[str, Any]]:
    """Who has a session that has not ended, with when the latest of them ends; the latest sign-in first."""
    ends: dict[int, list[datetime]] = defaultdict(list)
    for session in Session.objects.filter(expire_date__gt=now).order_by("-expire_date")[:MOST_SESSIONS]:
        who = whole_number(str(session.get_decoded().get("_auth_user_id", "")), LARGEST_ID)
        if who is not None:
            ends[who].append(session.expire_date)
    people = User.objects.filter(pk__in=ends, is_active=True).select_related("access").order_by("-last_login")
    return [
        {
            "user": person,
            "role": _role(person),
            "since": shown.moment(person.last_login),
            "until": shown.moment(max(ends[person.pk])),
            "sessions": len(ends[person.pk]),
        }
        for person in people
    ]


def _role(person: User) -> str:
    access = getattr(person, "access", None)
    return access.get_role_display() if access else "Admin" if person.is_superuser else "sees nothing"
