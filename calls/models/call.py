"""A call: what its deliveries make of it. Every column here is derived and can be derived again."""

import secrets
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from calls.words import Direction, Outcome, State, choices

from .access import scope_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class CallQuerySet(models.QuerySet["Call"]):
    def standing(self) -> "CallQuerySet":
        """Without the rows that turned out to be another call."""
        return self.filter(merged_into=None)

    def live(self) -> "CallQuerySet":
        return self.standing().exclude(state=State.ENDED)

    def ended(self) -> "CallQuerySet":
        return self.standing().filter(state=State.ENDED)

    def visible_to(self, user: "AbstractBaseUser | AnonymousUser") -> "CallQuerySet":
        """The calls this person may see: where every page, socket, answer and export starts."""
        scope = scope_of(user)
        if scope is None:
            return self.none()
        return self.standing() if scope.groups is None else self.standing().filter(group_id__in=scope.groups)


class Call(models.Model):
    """One conversation or attempt.

    Moments end in `_at` and are UTC; lengths end in `_seconds` and are whole seconds. Unknown is null.
    """

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey("calls.Source", on_delete=models.PROTECT, related_name="calls", db_index=False)
    ref = models.CharField(max_length=128, help_text="The provider's id of the call.")
    direction = models.CharField(max_length=8, choices=choices(Direction), default=Direction.UNKNOWN)
    state = models.CharField(max_length=8, choices=choices(State))
    provisional = models.BooleanField(default=False, help_text="Ended by a live event; the report is awaited.")
    outcome = models.CharField(max_length=16, choices=choices(Outcome), null=True)
    reason = models.CharField(max_length=40, null=True)
    provider_status = models.CharField(max_length=200, null=True, help_text="The provider's own words.")
    customer_number = models.CharField(max_length=64, null=True)
    customer_key = models.CharField(max_length=16, null=True, help_text="Stable pseudonym of the customer's number.")
    customer_reversed = models.CharField(max_length=64, blank=True, help_text="Its digits, last first, for search.")
    virtual_number = models.CharField(max_length=64, null=True)
    agent_number = models.CharField(max_length=64, null=True)
    agent_name = models.CharField(max_length=120, null=True, help_text="As this call's own deliveries say it.")
    group = models.ForeignKey("calls.CallGroup", null=True, on_delete=models.SET_NULL, db_index=False)
    ring_attempts = models.JSONField(default=list, help_text='[{"agent_number", "state", "at"}], by number.')
    began_at = models.DateTimeField(help_text="started_at, or where that is unknown, when we first heard of it.")
    started_at = models.DateTimeField(null=True)
    ringing_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    wait_seconds = models.PositiveIntegerField(null=True)
    talk_seconds = models.PositiveIntegerField(null=True)
    duration_seconds = models.PositiveIntegerField(null=True)
    coins = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    recording_url = models.TextField(null=True, help_text="As the provider sent it; linked only where allowed.")
    campaign_id = models.CharField(max_length=100, null=True, help_text="The request that the call was made for.")
    error_code = models.CharField(max_length=20, null=True, help_text="Telephony's cause code (ITU-T Q.850), as text.")
    leg_a_picked_at = models.DateTimeField(null=True)
    leg_b_started_at = models.DateTimeField(null=True)
    leg_b_picked_at = models.DateTimeField(null=True)
    also_said = models.JSONField(null=True, help_text="What has no column here: {name: text}.")
    roles_assumed = models.BooleanField(default=False)
    flags = models.JSONField(default=list, help_text="Names of what was odd, sorted.")
    set_by = models.JSONField(default=dict, help_text="Which delivery set which field: {field: delivery id}.")
    heard_at = models.DateTimeField(help_text="When the latest delivery of this call came.")
    # Its index holds the merged only: of one that holds all, SQLite believes that it finds the standing ones fastest.
    merged_into = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="merged", db_index=False)
    digest = models.CharField(max_length=32, editable=False, help_text="Of all that is shown: the same, unchanged.")
    seq = models.BigIntegerField(help_text="Number of its latest visible change.")

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-began_at", "-id"]
        indexes = [
            models.Index(fields=["seq"], name="call_seq"),
            models.Index(
                fields=["state", "agent_number"],
                name="call_live",
                condition=~Q(state=State.ENDED) & Q(merged_into=None),
            ),
            models.Index(fields=["source", "ref"], name="call_ref"),
            models.Index(fields=["-began_at", "-id"], name="call_began"),
            models.Index(fields=["group", "-began_at", "-id"], name="call_group"),
            models.Index(fields=["agent_number", "-began_at", "-id"], name="call_agent"),
            models.Index(fields=["outcome", "-began_at", "-id"], name="call_outcome"),
            models.Index(fields=["direction", "-began_at", "-id"], name="call_direction"),
            models.Index(
                fields=["error_code", "-began_at", "-id"], name="call_error", condition=Q(error_code__isnull=False)
            ),
            models.Index(
                fields=["campaign_id", "-began_at", "-id"], name="call_campaign", condition=Q(campaign_id__isnull=False)
            ),
            models.Index(fields=["customer_reversed"], name="call_customer"),
            models.Index(fields=["virtual_number"], name="call_virtual"),
            models.Index(fields=["-ended_at", "-id"], name="call_completed", condition=Q(ended_at__isnull=False)),
            models.Index(fields=["merged_into"], name="call_merged", condition=Q(merged_into__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"Call {self.ref}"


class CallAlias(models.Model):
    """An id that means this call.

    `sid` is the call's own id. `uid` and `campid` were said next to it, and draw in deliveries that have no `sid`.
    `lone_uid` and `lone_camp` are all that a call is known by whose deliveries have no `sid` yet.
    `number` is no id, but a phone number that the call was said with and its row does not show: when the directory
    learns that it is ours, the call is found by it and derived again.
    """

    source = models.ForeignKey("calls.Source", on_delete=models.CASCADE, db_index=False)
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=128)
    starts_at = models.DateTimeField(null=True, help_text="StartTime of the events that said it (campid only).")
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name_plural = "call aliases"
        indexes = [models.Index(fields=["source", "kind", "value"], name="alias_value")]
        constraints = [
            models.UniqueConstraint(fields=["source", "value"], condition=Q(kind="sid"), name="alias_sid"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


def new_epoch() -> str:
    return secrets.token_hex(8)


def new_pseudonym_key() -> str:
    return secrets.token_hex(32)


class Head(models.Model):
    """The one row that numbers the changes. Locked last in every commit, so numbers appear in order."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    epoch = models.CharField(max_length=16, default=new_epoch)
    seq = models.BigIntegerField(default=0)
    raw_pruned_to = models.BigIntegerField(default=0, help_text="Up to this delivery the raw bytes are gone.")
    pseudonym_key = models.CharField(max_length=64, default=new_pseudonym_key)

    def __str__(self) -> str:
        return f"{self.epoch} {self.seq}"
