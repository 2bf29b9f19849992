"""When a source delivered last is known without a look through all deliveries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.health import last_heard as module
from calls.health.last_heard import last_heard
from calls.models import Delivery, Source

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def came(source, *moments):
    for moment in moments:
        Delivery.objects.create(source=source, received_at=moment, method="POST", body=b"", content_key="k")


def test_each_source_has_its_latest_delivery_whatever_its_tokens_say(source):
    other, never = Source.objects.create(name="Other"), Source.objects.create(name="Never")
    source.new_token(), never.new_token()
    source.tokens.update(last_used_at=NOW - timedelta(hours=1))
    came(other, NOW - timedelta(minutes=9))
    came(source, NOW - timedelta(minutes=5), NOW - timedelta(minutes=3))
    assert last_heard() == {source.pk: NOW - timedelta(minutes=3), other.pk: NOW - timedelta(minutes=9)}


def test_one_that_is_not_among_the_latest_is_known_by_its_tokens(source, monkeypatch):
    monkeypatch.setattr(module, "LATEST_LOOKED_AT", 3)
    quiet = Source.objects.create(name="Quiet")
    for hours in (5, 2, None):
        quiet.new_token()
        quiet.tokens.filter(last_used_at=None).update(last_used_at=hours and NOW - timedelta(hours=hours))
    came(quiet, NOW - timedelta(hours=2))
    came(source, NOW, NOW, NOW)
    assert last_heard() == {source.pk: NOW, quiet.pk: NOW - timedelta(hours=2)}
