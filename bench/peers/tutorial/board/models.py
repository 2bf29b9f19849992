"""Raw deliveries, calls and events."""

from django.db import models


class RawDelivery(models.Model):
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)
    content_type = models.CharField(max_length=80)
    body = models.TextField()


class Call(models.Model):
    sid = models.CharField(max_length=40, unique=True)
    status = models.CharField(max_length=20)
    seq = models.IntegerField(default=0)
    direction = models.CharField(max_length=20)
    from_number = models.CharField(max_length=32)
    to_number = models.CharField(max_length=32)
    caller_name = models.CharField(max_length=80, blank=True)
    agent = models.CharField(max_length=80, blank=True)
    queue = models.CharField(max_length=80, blank=True)
    duration = models.IntegerField(null=True)
    price = models.CharField(max_length=20, null=True)
    recording_url = models.CharField(max_length=200, null=True)
    started_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["status", "updated_at"])]


class Event(models.Model):
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="events")
    delivery = models.ForeignKey(RawDelivery, on_delete=models.CASCADE)
    status = models.CharField(max_length=20)
    seq = models.IntegerField()
    at = models.DateTimeField(auto_now_add=True)
