"""Screens on walls: each opens one address that holds a secret, and shows the figures of its groups."""

import secrets

from django.db import models
from django.utils import timezone

from .access import Scope
from .directory import CallGroup
from .source import digest


class Kiosk(models.Model):
    """A screen that shows figures to whoever has its address. Only a digest of the token in it is kept."""

    name = models.CharField(max_length=80, unique=True, help_text="Where it hangs.")
    all_groups = models.BooleanField(default=False, help_text="Counts every call, also those without a group.")
    groups = models.ManyToManyField(CallGroup, blank=True, help_text="Counts the calls of these.")
    digest = models.CharField(max_length=64, unique=True, null=True, editable=False)
    hint = models.CharField("ends in", max_length=4, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_seen_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "screen"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def works(self) -> bool:
        return self.digest is not None and self.revoked_at is None

    @property
    def scope(self) -> Scope:
        """Whose calls it counts. Always masked: people who pass by look at it, too."""
        groups = None if self.all_groups else frozenset(group.pk for group in self.groups.all())
        return Scope(groups, masked=True)

    def new_token(self) -> str:
        """Make a token, keep its digest, and return it: it cannot be shown again. The one before ends now."""
        token = secrets.token_urlsafe(24)
        self.digest, self.hint, self.revoked_at, self.last_seen_at = digest(token), token[-4:], None, None
        self.save()
        return token

    def revoke(self) -> None:
        """End its token now. Its digest stays, so that the screen is told why it shows nothing."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])
