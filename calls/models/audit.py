"""The audit: who looked at what, and who was given which rights. Rows are added, never changed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from calls.words import Act, choices


class AuditEntry(models.Model):
    """One act of a person or a command. What it was about is said in words that mean something without other rows."""

    at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    who = models.CharField(max_length=150, help_text="The name at the time; a command names the account it ran under.")
    act = models.CharField(max_length=20, choices=choices(Act))
    about = models.CharField(max_length=200, blank=True)
    result = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["user", "act", "at"], name="audit_user_act")]

    def __str__(self) -> str:
        return f"{self.who}: {self.act} {self.about}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An audit entry is never changed.")
        super().save(*args, **kwargs)
