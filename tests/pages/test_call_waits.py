"""The waits of one call are the same in the interface, on its page in Set-up and in the inspector of a figure."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.utils import timezone

from calls.display import formats
from calls.figures.levels import ANSWERED
from calls.models import FigureSettings
from tests.support.factories import make_call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]


def at(began, seconds):
    return began + timedelta(seconds=seconds)


@pytest.fixture
def answered(sales):
    """Picked up by the platform after 2 s, rung from 20 s on, answered after 35 s."""
    began = timezone.now() - timedelta(seconds=100)
    moments = {"began_at": began, "started_at": began, "leg_a_picked_at": at(began, 2)}
    moments |= {"ringing_at": at(began, 20), "answered_at": at(began, 35)}
    return make_call(sales, "ended", wait_seconds=33, talk_seconds=65, **moments)


def in_interface(client, call):
    return client.get(f"/api/calls/{call.pk}/").json()["call"]["waits"]


def on_page(client, call):
    """What stands under the head of the waits, by its terms."""
    page = client.get(f"/admin/calls/call/{call.pk}/change/").content.decode()
    part = re.search(r"<h2>How long the caller waited</h2>(.*?)</section>", page, re.DOTALL)
    facts = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", part[1], re.DOTALL) if part else []
    return {term: unescape(re.sub(r"<[^>]*>", " ", value)).split() for term, value in facts}


def in_inspector(client, call):
    """What it counts as, and the wait that counts."""
    page = client.get("/figures/answered/?span=today").content.decode()
    row = page[page.index(f"/admin/calls/call/{call.pk}/change/") :]
    return re.search(r"</td>\s*<td>([^<]*)</td><td>([^<]*)</td>", row).groups()


@pytest.mark.parametrize(
    ("settings", "seconds", "counts", "word"),
    [
        ({}, [35, 33, 15], "p", "Answered late"),
        ({"threshold": 33}, [35, 33, 15], "p", "Answered in time"),
        ({"ivr_allowance": 13}, [35, 20, 15], "p", "Answered in time"),
        ({"clock": "r"}, [35, 33, 15], "r", "Answered in time"),
        ({"clock": "w", "threshold": 34}, [35, 33, 15], "w", "Answered late"),
    ],
)
def test_all_places_say_the_same_by_the_settings_of_the_group(
    client, admin_person, sales, answered, settings, seconds, counts, word
):
    FigureSettings.objects.create(group=sales, **settings)
    client.force_login(admin_person)

    told = in_interface(client, answered)
    page = on_page(client, answered)

    assert [each["seconds"] for each in told["clocks"]] == seconds
    [one] = [each for each in told["clocks"] if each["counts"]]
    assert (one["clock"], told["word"], told["threshold"]) == (counts, word, settings.get("threshold", 20))
    assert told["mark"] in ANSWERED
    assert in_inspector(client, answered) == (word, formats.length(one["seconds"]))
    for each in told["clocks"]:
        assert page[each["word"]] == [formats.length(each["seconds"]), *each["note"].split()]
    assert page["Counts as"] == [*word.split(), *f"threshold {told['threshold']} s".split()]


def test_a_caller_who_waits_is_told_until_now_and_since_when(client, admin_person, sales):
    client.force_login(admin_person)
    with time_machine.travel(timezone.now(), tick=False):
        call = make_call(sales, "ringing", ago=30, ringing_at=timezone.now() - timedelta(seconds=7))
        told, page = in_interface(client, call), on_page(client, call)

    assert [each["seconds"] for each in told["clocks"]] == [30, 30, 7]
    assert [each["since"] for each in told["clocks"]] == [
        moment.isoformat().replace("+00:00", "Z") for moment in (call.began_at, call.began_at, call.ringing_at)
    ]
    assert (told["word"], told["limit"]) == ("Waiting, past the threshold", "threshold 20 s")
    assert page["Ringing"] == ["0:07"]


def test_a_wait_that_nobody_knows_is_a_dash_with_the_reason(client, admin_person, sales):
    call = make_call(sales, "ended", outcome="missed", ended_at=None, wait_seconds=None)
    client.force_login(admin_person)

    assert [each["seconds"] for each in in_interface(client, call)["clocks"]] == [None, None, None]
    assert " ".join(on_page(client, call)["Whole call"]) == "– moment of the end not told"
    assert " ".join(on_page(client, call)["Ringing"]) == "– no ring told"


def test_outgoing_calls_have_no_waits(client, admin_person, sales):
    moments = {name: timezone.now() for name in ("ringing_at", "answered_at")}
    call = make_call(sales, "ended", direction="outgoing", **moments)
    client.force_login(admin_person)

    assert in_interface(client, call) is None
    assert on_page(client, call) == {}


def test_masked_people_are_told_the_waits_of_their_groups_only(client, masked_viewer, support, answered):
    other = make_call(support, "ended")
    client.force_login(masked_viewer)

    assert [each["seconds"] for each in in_interface(client, answered)["clocks"]] == [35, 33, 15]
    assert client.get(f"/api/calls/{other.pk}/").status_code == 404
