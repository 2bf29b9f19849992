"""Seeded history is what intake would have stored: replaying its deliveries changes no call."""

from datetime import timedelta
from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Length
from django.utils import timezone

from calls.models import Call, CallAlias, Delivery, Head
from tests.support.desk import Desk
from tests.support.provider import picture

pytestmark = pytest.mark.slow


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
def test_seeded_history_lies_in_the_order_in_which_it_would_have_come():
    call_command("seed", calls=120, days=4, seed=3, stdout=StringIO())

    seqs = list(Call.objects.order_by("began_at").values_list("seq", flat=True))
    assert len(set(seqs)) == len(seqs) and seqs[-1] <= Head.objects.get().seq
    assert sum(a > b + 40 for a, b in pairwise(seqs)) == 0, "each day after the one before"
    days = [at.date() for at in Delivery.objects.order_by("id").values_list("received_at", flat=True)]
    assert days[0] < days[-1] and sum(a > b for a, b in pairwise(days)) < len(days) / 20

    call_command("prune", raw_days=2, stdout=StringIO())
    bodies = dict.fromkeys(days, 0) | {
        at.date(): size for at, size in Delivery.objects.order_by("id").values_list("received_at", Length("body"))
    }
    assert bodies[min(days)] == 0 and bodies[max(days)] > 0


@pytest.mark.django_db(transaction=True)
def test_a_seeded_database_is_not_seeded_again():
    call_command("seed", calls=10, days=2, stdout=StringIO())

    with pytest.raises(CommandError, match="already"):
        call_command("seed", calls=10, days=2, stdout=StringIO())


@pytest.mark.needs_postgres
def test_a_command_is_given_the_time_it_takes(tmp_path, postgres_url):
    """Indexes of five million calls take longer than any statement of a server may."""
    desk = Desk(tmp_path, DATABASE_URL=postgres_url)
    usual, meanwhile, after = desk("limits_around_seeding")
    desk.close()

    assert usual != "0" and set(meanwhile) == {"0"} and after == usual
