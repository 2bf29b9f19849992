"""The directory: call groups, agents and virtual numbers, learned from traffic and edited by people."""

from django.db import models
from django.utils import timezone


class CallGroup(models.Model):
    """Agents rung together. One name is one group, whichever source says it."""

    name = models.CharField(max_length=120, unique=True)
    learned_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


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
