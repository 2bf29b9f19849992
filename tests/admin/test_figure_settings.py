"""Figure settings are edited in Set-up, previewed on yesterday's calls, and count all calls anew at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.days import day_bounds, day_of
from calls.figures import rollups
from calls.figures.definitions import FIGURES
from calls.figures.group_rules import Rules
from calls.figures.reading import Asked, read
from calls.models import FigureCell, FigureSettings, Projection
from calls.models.access import Scope
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import catch_up
from tests.support.factories import make_call

pytestmark = pytest.mark.django_db
ADD = "/admin/calls/figuresettings/add/"


@pytest.fixture
def admin(client, admin_person):
    client.force_login(admin_person, backend="calls.people.sign_in.SignInBackend")
    return client


@pytest.fixture
def yesterday(sales, support):
    start, end = day_bounds(day_of(timezone.now()) - timedelta(1))
    for group, wait in ((sales, 10), (sales, 30), (sales, 50), (support, 30), (None, 30)):
        began = start + timedelta(hours=10)
        make_call(group, "ended", began_at=began, started_at=began, wait_seconds=wait, answered_at=began)
    return start, end


def entered(group=None, **changes):
    said = {"threshold": 20, "short": 5, "goal": 80, "clock": "p", "ivr_allowance": 0, "formula": "6"}
    said |= {"hours": "", "promise": 60}
    return {**said, "group": group.pk if group else "", **changes}


def level(bounds):
    reading = read(Asked(*bounds, Scope(None, masked=False)), "", timezone.now())
    value = FIGURES["service-level"].of(reading.tally(Rules()))
    return value.numerator, value.denominator


def test_a_preview_says_what_yesterday_would_have_been_and_saves_nothing(admin, sales, yesterday):
    page = admin.post(ADD, entered(sales, threshold=40, _preview="1")).content.decode()

    assert "Yesterday as it is counted now: 1 of 3 in time (1 of 3)" in page
    assert "By these settings: 2 of 3 in time (2 of 3)" in page
    assert 'value="40"' in page
    assert "correct the error" not in page
    assert not FigureSettings.objects.exists()


def test_settings_for_all_others_leave_those_out_that_have_their_own(admin, sales, yesterday):
    FigureSettings.objects.create(group=sales, threshold=60)

    page = admin.post(ADD, entered(threshold=40, _preview="1")).content.decode()

    assert "counted now: 0 of 2 in time" in page
    assert "By these settings: 2 of 2 in time" in page


def test_saved_they_count_the_past_anew(admin, sales, yesterday):
    assert level(yesterday) == (1, 5)

    assert admin.post(ADD, entered(sales, threshold=40)).status_code == 302
    assert admin.post(ADD, entered(threshold=30)).status_code == 302

    assert level(yesterday) == (4, 5)


def test_calls_that_ended_in_the_menu_count_at_once_and_nothing_is_rebuilt(admin, sales, yesterday):
    began = yesterday[0] + timedelta(hours=10)
    for seconds in (4, 15, 60):
        ends = began + timedelta(seconds=seconds)
        make_call(sales, "ended", outcome="ivr_only", began_at=began, started_at=began, ended_at=ends)
    catch_up(PROJECTIONS[rollups.NAME])
    cells = list(FigureCell.objects.order_by("id").values_list())
    projection = Projection.objects.values_list().get()

    page = admin.post(ADD, entered(sales, menu_offered="on", _preview="1")).content.decode()
    assert "counted now: 1 of 3 in time (1 of 3), 0 lost of 3 offered" in page
    assert "By these settings: 1 of 5 in time (1 of 5), 2 lost of 6 offered" in page
    assert level(yesterday) == (1, 5)

    assert admin.post(ADD, entered(sales, menu_offered="on")).status_code == 302
    assert level(yesterday) == (1, 7), "but for the short abandon"
    assert list(FigureCell.objects.order_by("id").values_list()) == cells
    assert Projection.objects.values_list().get() == projection
    assert "Menu calls offered" in admin.get("/admin/calls/figuresettings/").content.decode()


@pytest.mark.parametrize(
    "changes",
    [{"threshold": 0}, {"threshold": 99999}, {"goal": 101}, {"short": 30}, {"clock": "x"}, {"formula": "7"},
     {"hours": "always"}, {"hours": "Mon-Fri 9-18"}, {"hours": "Mon 09:10-10:00"}, {"promise": 0}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(admin, sales, changes):
    assert admin.post(ADD, entered(sales, **changes)).status_code == 200
    assert not FigureSettings.objects.exists()


def test_business_hours_that_cannot_be_read_are_told_why(admin, sales):
    page = admin.post(ADD, entered(sales, hours="Mon-Fri 09:10-18:00")).content.decode()

    assert "figures are kept by the quarter of an hour" in page
    assert 'value="Mon-Fri 09:10-18:00"' in page


def test_business_hours_and_the_promise_are_kept(admin, sales):
    assert admin.post(ADD, entered(sales, hours=" Mon-Sat 09:30-18:30 ", promise=45)).status_code == 302

    settings = Rules().of(sales.pk)
    assert (settings.hours.text, settings.promise) == ("Mon-Sat 09:30-18:30", 45)


def test_a_group_has_one_and_all_others_have_one(admin, sales):
    for group in (sales, None):
        assert admin.post(ADD, entered(group)).status_code == 302
        assert admin.post(ADD, entered(group)).status_code == 200
    assert FigureSettings.objects.count() == 2


def test_a_supervisor_may_not(client, sales_supervisor):
    client.force_login(sales_supervisor, backend="calls.people.sign_in.SignInBackend")
    assert client.get(ADD).status_code in (302, 403)
