"""A source: one connected provider account, and the secret tokens its webhooks carry."""

import hashlib
import secrets
from datetime import datetime

from django.db import models
from django.utils import timezone


def digest(token: str) -> str:
    """The only form in which a token is kept: SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


class Source(models.Model):
    """One connected provider account, with its time zone, its habits and its directory."""

    name = models.CharField(max_length=80, unique=True)
    provider = models.CharField(max_length=32, default="callerdesk")
    time_zone = models.CharField(
        max_length=64, default="Asia/Kolkata", help_text="The zone of the provider's zone-less times."
    )
    region = models.CharField(max_length=2, default="IN", help_text="Country of numbers without a code (ISO 3166).")
    enabled = models.BooleanField(
        default=True, help_text="Switched off: deliveries are answered and stored, but change no call."
    )
    synthetic = models.BooleanField(default=False, help_text="Made-up traffic: every call says so.")
    outgoing_source_is_agent = models.BooleanField(
        "on outgoing calls, SourceNumber is the agent",
        default=True,
        help_text="Used only where the directory knows neither number; such calls say that their roles are assumed.",
    )
    recording_hosts = models.TextField(
        default="callrecords.callerdesk.io\nnewcallrecords.callerdesk.io",
        blank=True,
        help_text="Hosts, one a line, that recordings may be linked at (https only).",
    )
    allowed_networks = models.TextField(
        blank=True, help_text="Networks, one a line (203.0.113.0/24), that may deliver. Empty: any."
    )
    require_https = models.BooleanField(default=False, help_text="Refuse deliveries that came over plain HTTP.")
    accept_put = models.BooleanField(default=False, help_text="Treat PUT as POST.")
    new_calls_per_minute = models.PositiveIntegerField(
        default=2_000, help_text="Beyond this many new calls a minute, deliveries are quarantined."
    )
    live_calls_limit = models.PositiveIntegerField(
        default=5_000, help_text="With this many live calls, deliveries of new calls are quarantined."
    )
    answer_body = models.CharField(
        max_length=200, blank=True, help_text="Sent instead of our JSON answer, for providers that read it."
    )
    ping_count = models.PositiveBigIntegerField(default=0, editable=False)
    last_ping_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def new_token(self) -> str:
        """Make a token, keep its digest, and return it: it cannot be shown again.

        Two tokens of a source are active at a time; an older third one expires now.
        """
        token = secrets.token_urlsafe(24)
        active = list(self.tokens.active().order_by("-created_at", "-id"))
        for old in active[1:]:
            old.expires_at = timezone.now()
            old.save(update_fields=["expires_at"])
        self.tokens.create(digest=digest(token), hint=token[-4:])
        return token


class SourceTokenQuerySet(models.QuerySet["SourceToken"]):
    def active(self, at: datetime | None = None) -> "SourceTokenQuerySet":
        at = at or timezone.now()
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=at))


class SourceToken(models.Model):
    """A secret that proves a delivery to be ours. Only its digest is kept."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField("ends in", max_length=4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = SourceTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"…{self.hint}"
