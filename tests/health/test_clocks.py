"""A source whose clock or time zone is wrong is named, on every page where somebody could set it right."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from calls.health.clocks import CALLS_LOOKED_AT, LEAST_WRONG, wrong_clocks
from tests.support.provider import Provider, india

pytestmark = pytest.mark.django_db
FIELDS = {"type": "live_call", "Direction": "IVR", "SourceNumber": "9000000101", "DialWhomNumber": "8000000201"}


@pytest.fixture
def rings(source, source_token):
    """Calls that begin now, by the provider's clock."""
    provider = Provider(source, source_token)

    def so_many(count, first=0, **off):
        said = {"Status": "Transfer to agent", "StartTime": india(timezone.now() + timedelta(**off))}
        for n in range(first, first + count):
            provider.says(FIELDS | said | {"CallSid": f"clock.{n}"})

    return so_many


@pytest.mark.parametrize(
    ("off", "ahead"),
    [
        ({"hours": 5, "minutes": 30}, 5.5 * 3_600),
        ({"hours": -5, "minutes": -30}, -5.5 * 3_600),
        ({"hours": 1}, 3_600),
        ({"hours": -1, "seconds": -2}, -3_600),
        ({"minutes": 15}, 900),
    ],
)
def test_a_wrong_time_zone_is_named_with_its_length(source, rings, off, ahead):
    rings(LEAST_WRONG, **off)

    [found] = wrong_clocks(timezone.now())
    assert (found.source, found.seconds_ahead) == (source, ahead)


def test_few_calls_and_calls_of_before_the_zone_was_set_right_say_nothing(rings):
    rings(LEAST_WRONG - 1, hours=3)
    assert not wrong_clocks(timezone.now())

    rings(3, first=100, hours=3)
    assert wrong_clocks(timezone.now())
    rings(CALLS_LOOKED_AT, first=200, seconds=2)
    assert not wrong_clocks(timezone.now())


def test_a_source_that_is_switched_off_is_not_named(source, rings):
    rings(LEAST_WRONG, hours=3)
    source.enabled = False
    source.save()

    assert not wrong_clocks(timezone.now())


def test_doctor_and_the_source_s_page_ask_for_the_time_zone(source, rings, client, admin_person):
    page = f"/admin/calls/source/{source.pk}/change/"
    client.force_login(admin_person)
    assert b"Its times agree with ours." in client.get(page).content
    rings(LEAST_WRONG, hours=5, minutes=30)

    told = StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=told)
    sentence = "Times of Callerdesk are 5:30 h ahead: is its time zone right?"
    assert sentence in told.getvalue()
    assert sentence in client.get(page).content.decode()
