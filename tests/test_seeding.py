"""Seeded history is what intake would have stored: replaying its deliveries changes no call."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from calls.models import Call, CallAlias, Delivery
from tests.provider import picture


@pytest.mark.django_db(transaction=True)
def test_seeded_calls_equal_what_their_deliveries_make_of_them():
    call_command("seed", calls=120, days=4, seed=3, stdout=StringIO())
    days = {call.began_at.astimezone(timezone.get_current_timezone()).date() for call in Call.objects.all()}
    seeded = picture()

    call_command("replay", "--all", "--apply", stdout=StringIO())

    assert picture() == seeded
    assert len(days) >= 4 and max(days) <= timezone.localdate() - timedelta(days=1) + timedelta(days=1)
    assert Call.objects.count() == Call.objects.values("ref").distinct().count() > 60
    assert not Call.objects.live().exists()
    assert not Delivery.objects.exclude(result="applied").exclude(reason="pre_dial").exists()
    assert CallAlias.objects.filter(kind="sid").count() == Call.objects.count()


@pytest.mark.django_db(transaction=True)
def test_a_seeded_database_is_not_seeded_again():
    call_command("seed", calls=10, days=2, stdout=StringIO())

    with pytest.raises(CommandError, match="already"):
        call_command("seed", calls=10, days=2, stdout=StringIO())
