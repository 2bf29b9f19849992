"""A delivery: one webhook request, kept as it came. The truth is the set of these.

A request that held several calls has a row for each: the first one has the bytes, the others are parts of it.
"""

from django.db import models

from calls.words import Result, choices


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def quarantined(self) -> "DeliveryQuerySet":
        return self.filter(result=Result.QUARANTINED)

    def while_disabled(self) -> "DeliveryQuerySet":
        """Those that came while their source was switched off."""
        return self.filter(result=Result.IGNORED, reason="source_disabled")


class Delivery(models.Model):
    """One webhook request: its bytes as they came, what they said, and what became of it."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey("calls.Source", on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    received_at = models.DateTimeField(help_text="When the last byte was here (UTC).")
    method = models.CharField(max_length=8)
    query = models.TextField(blank=True, help_text="The raw query string, without the token.")
    content_type = models.CharField(max_length=200, blank=True)
    content_encoding = models.CharField(max_length=40, blank=True)
    body = models.BinaryField(help_text="The bytes as they came (the first 64 KB of a larger body).")
    body_size = models.PositiveIntegerField(default=0)
    content_key = models.CharField(
        max_length=32, help_text="Digest of what it says: repeats share it, however they were encoded."
    )
    result = models.CharField(max_length=12, choices=choices(Result))
    reason = models.CharField(max_length=40, blank=True, help_text="Why it was ignored or quarantined, by name.")
    flags = models.CharField(max_length=120, blank=True, help_text="Names of what was odd about its bytes.")
    event = models.TextField(blank=True, help_text="The call event read from it (JSON), empty where there is none.")
    part_of = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,  # The request's own row may be pruned first.
        db_index=False,
        related_name="parts",
        help_text="The delivery whose bytes this call stood in, of a request that held several.",
    )
    part = models.PositiveSmallIntegerField(default=0, help_text="Which further call of that request, from 1.")
    call = models.ForeignKey("calls.Call", null=True, on_delete=models.SET_NULL, related_name="deliveries")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["source", "content_key"], name="delivery_content"),
            models.Index(fields=["received_at"], name="delivery_received"),
            models.Index(
                fields=["reason", "id"],
                name="delivery_not_applied",
                condition=models.Q(result__in=[Result.IGNORED, Result.QUARANTINED]),
            ),
            models.Index(fields=["part_of", "part"], name="delivery_parts", condition=models.Q(part_of__isnull=False)),
            # For lists of one result. Whole: SQLite does not see that `result = 'quarantined'` meets a condition.
            models.Index(fields=["result", "id"], name="delivery_result"),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"
