"""A source whose clock or time zone is wrong is named, on every page where somebody could set it right."""

from datetime import timedelta
from io import StringIO
from itertools import count, cycle
from operator import itemgetter

import pytest
from django.core.management import call_command
from django.utils import timezone

from calls.health.clocks import CALLS_LOOKED_AT, LEAST_WRONG, wrong_clocks
from calls.models import Call
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


# Of reports alone


@pytest.fixture
def reports(source, source_token):
    """Reports of calls that ended so many minutes ago by the provider's clock, and came so many minutes ago."""
    provider, now = Provider(source, source_token), timezone.now()
    numbers = count()

    def ago(minutes):
        return now - timedelta(minutes=minutes)

    def come(pairs):
        for ended, came in sorted(pairs, key=itemgetter(1), reverse=True):
            provider.clock = ago(came)
            said = {"type": "call_report", "Status": "ANSWER", "CallSid": f"report.{next(numbers)}"}
            times = {"StartTime": india(ago(ended + 2)), "EndTime": india(ago(ended)), "TalkDuration": "60"}
            provider.says(FIELDS | said | times)

    return come


TRUE_DELAYS = [0.5, 0.1, 1, 40, 0.3, 0.2, 3, 0.1, 95, 0.4]
"""How many minutes after its call each report comes, now and then one held up."""


def every_ten_minutes(behind, calls=20):
    ends = range(10 * calls, 0, -10)
    return [(end + behind, end - min(delay, end)) for end, delay in zip(ends, cycle(TRUE_DELAYS), strict=False)]


@pytest.mark.parametrize("behind", [330, 60, 30, 45, 720])
def test_reports_that_are_all_late_by_the_same_tell_that_a_clock_is_behind(source, reports, behind):
    reports(every_ten_minutes(behind))

    [found] = wrong_clocks(timezone.now())
    assert (found.source, found.seconds_ahead, found.of_reports) == (source, -60 * behind, True)


def test_a_clock_that_is_ahead_is_told_by_reports_alone_too(source, reports):
    reports(every_ten_minutes(-330))

    [found] = wrong_clocks(timezone.now())
    assert (found.source, found.seconds_ahead) == (source, 5.5 * 3_600)


OUTAGES = {
    "in time": every_ten_minutes(0),
    "a burst, the first that was ever heard": [(end, 0.1) for end in range(60, 600, 10)],
    "a burst of a busy hour": [(60 + end / 10, 0.1) for end in range(300)],
    "a burst after an ordinary morning": [
        *((end, end - 0.1) for end in range(300, 600, 10)),
        *((end, 0.1) for end in range(90, 300, 10)),
    ],
    "worked off in two thirds of its time": [(end, (end - 60) / 1.5) for end in range(60, 420, 5)],
    "the newest first": [(end, (720 - end) / 10) for end in range(60, 720, 10)],
    "ever later": [(end, end / 2) for end in range(120, 720, 10)],
    "always a quarter of an hour after the call": every_ten_minutes(15),
    "late for less than an hour": [(end + 120, end) for end in range(2, 52, 2)],
    "late until the zone was set right": [*every_ten_minutes(330), (0.2, 0.1)],
}


@pytest.mark.parametrize("outage", OUTAGES)
def test_what_was_held_up_and_came_later_says_nothing_of_a_clock(reports, outage):
    reports(OUTAGES[outage])

    assert not wrong_clocks(timezone.now())


def test_ends_that_nobody_told_say_nothing_of_a_clock(reports, source):
    reports(every_ten_minutes(330))
    Call.objects.update(flags=["end_time_assumed"])

    assert not wrong_clocks(timezone.now())


def test_doctor_does_not_say_of_reports_that_their_calls_were_put_right(reports, source):
    reports(every_ten_minutes(330))

    told = StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=told)
    assert "Times of Callerdesk are 5:30 h behind: is its time zone right?" in told.getvalue()
    assert "Its calls stand at the times that its reports say" in " ".join(told.getvalue().split())
