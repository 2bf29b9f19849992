"""Who may see what: a person's role, groups and masking, read in one place."""

from collections.abc import Iterable
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
    return scopes_of([user]).get(user.pk) if user.is_authenticated else None


def scopes_of(users: Iterable["AbstractBaseUser"]) -> dict[int, Scope]:
    """The scopes of several people by id, in two queries; who may see nothing is not in it."""
    active = {user.pk: user for user in users if user.is_active}
    known = {access.user_id: access for access in Access.objects.filter(user__in=active).prefetch_related("groups")}
    scopes = {pk: _scope(user, known.get(pk)) for pk, user in active.items()}
    return {pk: scope for pk, scope in scopes.items() if scope is not None}


def _scope(user: "AbstractBaseUser", access: Access | None) -> Scope | None:
    if access is None:
        return Scope(None, masked=False) if getattr(user, "is_superuser", False) else None
    masked = access.masked or access.role == Role.VIEWER
    if access.role == Role.ADMIN or access.all_groups:
        return Scope(None, masked)
    return Scope(frozenset(group.id for group in access.groups.all()), masked)
