"""Who may see what: a person's role, groups and masking, read in one place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from .directory import CallGroup

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class Role(models.TextChoices):
    ADMIN = "admin", "Admin"
    SUPERVISOR = "supervisor", "Supervisor"
    VIEWER = "viewer", "Viewer"


class Access(models.Model):
    """What one person is entitled to. A person without one sees nothing."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    all_groups = models.BooleanField(default=False, help_text="Sees every call, also those without a group.")
    groups = models.ManyToManyField(CallGroup, blank=True)
    masked = models.BooleanField(default=False, help_text="Never receives a full phone number.")

    class Meta:
        verbose_name_plural = "access"

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a viewer is entitled to: ids of call groups (None: all calls), and whether numbers are masked."""

    groups: frozenset[int] | None
    masked: bool

    def allows(self, group_id: int | None) -> bool:
        return self.groups is None or group_id in self.groups


def scope_of(user: "AbstractBaseUser | AnonymousUser") -> Scope | None:
    """The scope of a person, or None for somebody who may see nothing.

    Viewers are always masked. An active superuser without an access row sees all.
    """
    if not user.is_authenticated or not user.is_active:
        return None
    access = Access.objects.filter(user=user).first()
    if access is None:
        return Scope(None, masked=False) if getattr(user, "is_superuser", False) else None
    masked = access.masked or access.role == Role.VIEWER
    if access.role == Role.ADMIN or access.all_groups:
        return Scope(None, masked)
    return Scope(frozenset(access.groups.values_list("id", flat=True)), masked)
