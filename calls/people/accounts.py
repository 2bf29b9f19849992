"""Writing who may see what: a person, their role, their groups, in one place."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from calls.models import Access, CallGroup, Role
from calls.people.audit import Actor, command, record
from calls.words import Act

# Without signs that look alike, as it is read from a screen and typed.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Granted:
    """What became of a grant: the person, whether they are new, and the password if one was set."""

    user: User
    created: bool
    password: str | None


@transaction.atomic
def grant(
    name: str,
    role: str,
    groups: Sequence[str] | None = None,
    masked: bool = False,
    password: str | None = None,
    renew_password: bool = False,
    by: Actor | None = None,
) -> Granted:
    """Give a person a role; make them where they are not known. Without groups they see all calls.

    A new person gets a password, given or made up; a known one keeps theirs unless another is given or
    `renew_password` asks for one. The audit says who did it: the command that runs, unless `by` names another.
    Raises ValidationError for a name that cannot be one, and for a given password that the sign-in page would not
    let a person choose.
    """
    user = User.objects.filter(username=name).first() or User(username=name)
    created = user.pk is None
    if password is None and (created or renew_password):
        password = new_password()
    user.is_active = True
    user.is_staff = user.is_superuser = role == Role.ADMIN
    user.full_clean(exclude=["password"])
    if password is not None:
        validate_password(password, user)
        user.set_password(password)
    user.save()
    see(user, role, groups, masked)
    whose = "all calls" if role == Role.ADMIN or groups is None else ", ".join(groups)
    rights = f"{role}, sees {whose}{', masked' if masked else ''}{', new password' if password else ''}"
    record(by or command(), Act.RIGHTS_CHANGED, name, rights)
    return Granted(user, created, password)


def see(user: User, role: str, groups: Sequence[str] | None, masked: bool) -> None:
    everything = role == Role.ADMIN or groups is None
    rights = {"role": role, "all_groups": everything, "masked": masked}
    access, _ = Access.objects.update_or_create(user=user, defaults=rights)
    access.groups.set(CallGroup.objects.named(group) for group in groups or ())


def new_password() -> str:
    """A password to be typed once: 79 bits in four groups of four."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
