"""Which screen asks, by the token in its address; and when each was last seen."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import OperationalError
from django.db.models import Q

from calls.models import Kiosk
from calls.models.source import digest

SEEN_EVERY = timedelta(seconds=30)
"""A screen asks every 2 s; that it was seen is written this often."""
STALE_AFTER = timedelta(minutes=2)
"""A screen that was not seen for so long shows nothing, or something old."""


def kiosk_of(token: str) -> Kiosk | None:
    """The screen of a token, revoked ones too. Looked up at each read, so a revoked one shows nothing from then on."""
    return Kiosk.objects.prefetch_related("groups").filter(digest=digest(token)).first()


def note_seen(kiosk: Kiosk, now: datetime) -> None:
    """Note that a screen asks. A database that takes no writes now is no reason to show it nothing."""
    if kiosk.last_seen_at is None or kiosk.last_seen_at <= now - SEEN_EVERY:
        unseen = Q(last_seen_at=None) | Q(last_seen_at__lte=now - SEEN_EVERY)
        with suppress(OperationalError):
            Kiosk.objects.filter(unseen, pk=kiosk.pk).update(last_seen_at=now)


def is_stale(kiosk: Kiosk, now: datetime) -> bool:
    return kiosk.works and kiosk.last_seen_at is not None and kiosk.last_seen_at < now - STALE_AFTER
