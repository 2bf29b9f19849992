"""The directory: call groups, agents and virtual numbers, learned from traffic and edited by people."""

from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from calls.spellings import LONGEST_KEY, spelling_key, tidied

LONGEST_NAME = 120


class CallGroupQuerySet(models.QuerySet["CallGroup"]):
    def standing(self) -> "CallGroupQuerySet":
        """Without the groups that are being joined into another."""
        return self.filter(joined_into=None)

    def meant_by(self, *names: str) -> "CallGroupQuerySet":
        """The groups that have one of these names in some spelling, and those that are being joined into them."""
        keys = {spelling_key(name) for name in names}
        meant = models.Q(spellings__key__in=keys) | models.Q(joined_into__spellings__key__in=keys)
        return self.filter(meant).distinct()

    def named(self, name: str) -> "CallGroup":
        """The group that has this name in some spelling, made where there is none; it is shown as first spelled.

        The name must have a letter, digit or sign that shows.
        """
        name = tidied(name)[:LONGEST_NAME].rstrip()
        spelled = self.filter(spellings__key=spelling_key(name))
        if found := spelled.first():
            return found
        try:
            with transaction.atomic():
                return self.create(name=name)
        except IntegrityError:  # Another process has just made it.
            if found := spelled.all().first():
                return found
            raise


class CallGroup(models.Model):
    """Agents rung together. One name is one group in all its spellings, whichever source says it."""

    name = models.CharField(max_length=LONGEST_NAME, unique=True)
    learned_at = models.DateTimeField(default=timezone.now, editable=False)
    joined_into = models.ForeignKey(
        "self",
        null=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="joined",
        help_text="This group is deleted as soon as its calls have gone over to that one.",
    )

    objects = CallGroupQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A group keeps every name that it ever had: calls that still say an old one stay with it.

        Raises IntegrityError for a name that is a spelling of another group's.
        """
        with transaction.atomic():
            super().save(*args, **kwargs)
            if (key := spelling_key(self.name)) and not self.spellings.filter(key=key).exists():
                self.spellings.create(key=key)


class GroupSpelling(models.Model):
    """What all spellings of one name of a call group share. A group that was joined with others has several."""

    group = models.ForeignKey(CallGroup, on_delete=models.CASCADE, related_name="spellings")
    key = models.CharField(max_length=LONGEST_KEY, unique=True)

    def __str__(self) -> str:
        return self.key


class DirectoryNumber(models.Model):
    """A number of ours. Knowing it decides who is who on calls where the position does not."""

    source = models.ForeignKey("calls.Source", on_delete=models.CASCADE)
    number = models.CharField(max_length=64, help_text="E.164 where it is a phone number.")
    number_key = models.CharField(max_length=64, editable=False)
    ours = models.BooleanField(
        default=True, help_text="Untick where traffic taught us wrongly: it will not be learned again."
    )
    group = models.ForeignKey(
        CallGroup,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        help_text="Calls that name no group themselves count to this one.",
    )
    learned_at = models.DateTimeField(default=timezone.now, editable=False)
    settled = models.BooleanField(
        default=False, editable=False, help_text="The calls with this number have been derived again since it changed."
    )

    class Meta:
        abstract = True
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["source", "number_key"], name="%(class)s_number")]
        indexes = [
            models.Index(fields=["source"], name="%(class)s_unsettled", condition=models.Q(settled=False)),
        ]


class Agent(DirectoryNumber):
    """A person of ours who is rung or talks, known by the number that rings."""

    name = models.CharField(max_length=120, blank=True, help_text="Given by people; outranks the learned one.")
    learned_name = models.CharField(max_length=120, blank=True, editable=False)
    named_at = models.DateTimeField(null=True, editable=False, help_text="Start of the call that taught the name.")

    def __str__(self) -> str:
        return self.display_name or self.number

    @property
    def display_name(self) -> str:
        return self.name or self.learned_name


class VirtualNumber(DirectoryNumber):
    """A number of ours that customers dial, or that outgoing calls show (DID)."""

    label = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return self.label or self.number
