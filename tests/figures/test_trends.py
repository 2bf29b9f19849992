"""The last hour by quarter of an hour: bars and words that say the same, of one's own groups."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.display import formats
from calls.figures import rollups
from calls.figures.parts import quarter_of
from calls.figures.spans import moment_of
from calls.figures.trends import SHOWN, trends
from calls.models import FigureSettings
from calls.models.access import Scope
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import catch_up
from tests.support.factories import make_call

pytestmark = pytest.mark.django_db

ALL = Scope(None, masked=False)
NOW = moment_of(quarter_of(timezone.now())) + timedelta(minutes=10)


def call(group, quarters, outcome="answered", wait=4):
    """A call that began so many quarters of an hour ago."""
    at = moment_of(quarter_of(NOW) - quarters) + timedelta(minutes=3)
    answered = at + timedelta(seconds=wait) if outcome == "answered" else None
    make_call(
        group, "ended", began_at=at, started_at=at, outcome=outcome, wait_seconds=wait, answered_at=answered,
        ended_at=at + timedelta(seconds=wait + 30),
    )  # fmt: skip


@pytest.fixture
def hour(sales, support):
    for quarters, calls in ((5, 9), (4, 2), (3, 4), (0, 1)):
        for _ in range(calls):
            call(sales, quarters, wait=4 if quarters else 60)
    for _ in range(3):
        call(support, 1, "missed", 40)


def heights(found, name):
    return [bar["height"] for bar in found[name]["bars"]]


@pytest.mark.parametrize("caught_up", [False, True])
def test_five_quarters_as_bars_and_in_words(hour, caught_up):
    if caught_up:
        catch_up(PROJECTIONS[rollups.NAME])
    found = trends(ALL, None, NOW)

    assert heights(found, "answered") == [50, 100, 0, 0, 25]
    assert heights(found, "lost") == [0, 0, 0, 100, 0]
    assert heights(found, "service_level") == [100, 100, 0, 0, 0]
    assert heights(found, "average_wait") == [7, 7, 0, 0, 100]
    assert [bar["y"] for bar in found["lost"]["bars"]] == [100, 100, 100, 0, 100]
    assert (found["service_level"]["goal_y"], found["lost"]["goal_y"]) == (20, None)
    at = [formats.clock(moment_of(quarter_of(NOW) - back)) for back in (4, 3, 2, 1, 0)]
    assert found["answered"]["label"] == "Answered by quarter of an hour"
    assert [bar["said"] for bar in found["answered"]["bars"]] == [
        f"{at[0]} 2", f"{at[1]} 4", f"{at[2]} 0", f"{at[3]} 0", f"since {at[4]} 1",
    ]  # fmt: skip


def test_nothing_yet_has_no_bars_and_no_goal(db):
    found = trends(ALL, None, NOW)

    assert all(not any(heights(found, name)) for name in found)
    assert found["service_level"]["goal_y"] is None
    assert "since" in found["service_level"]["bars"][-1]["said"]


def test_only_the_groups_of_the_scope_and_of_the_address_count(hour, sales, support):
    assert heights(trends(Scope(frozenset([sales.pk]), masked=True), None, NOW), "lost") == [0] * 5
    assert heights(trends(ALL, frozenset([support.pk]), NOW), "answered") == [0] * 5


def test_the_page_has_them_before_a_script_does(client, admin_person, hour):
    client.force_login(admin_person, backend="calls.people.sign_in.SignInBackend")
    page = client.get("/").content.decode()
    told = client.get("/figures/now/").json()["trends"]

    for name, each in told.items():
        chart = re.search(rf'<svg [^>]*data-trend="{name}".*?</svg>', page)[0]
        assert f'role="group" aria-label="{each["label"]}"' in chart
        assert re.findall("<title>([^<]*)", chart) == [bar["said"] for bar in each["bars"]]
        assert re.findall('tabindex="([^"]*)"', chart) == ["-1"] * 4 + ["0"], "one stop, with scripts or without"


def test_settings_that_change_are_in_the_trends_that_a_board_asks_for_next(client, admin_person, hour):
    client.force_login(admin_person)

    def goal():
        return client.get("/figures/now/").json()["trends"]["service_level"]["goal_y"]

    assert goal() == 20
    FigureSettings.objects.create(group=None, goal=95)
    assert goal() == 5
    FigureSettings.objects.all().delete()
    assert goal() == 20


@pytest.mark.parametrize("query", ["", "?group=Sales"])
def test_each_bar_leads_to_its_calls(client, admin_person, hour, query):
    client.force_login(admin_person, backend="calls.people.sign_in.SignInBackend")
    page = client.get(f"/{query}").content.decode()
    bars = re.findall(r'<a href="(/figures/([\w-]+)/[^"]*)" tabindex="[^"]*"><title>([^<]*)</title>', page)

    assert [name for _, name, _ in bars] == [name for name in SHOWN for _ in range(5)]
    for address, name, said in bars:
        inspected = client.get(html.unescape(address)).content.decode()
        text = re.search(r'fig-value">([^<]*)<', inspected)[1]
        began = re.search(r'<p class="muted">(\d\d:\d\d) to', inspected)[1]
        assert said.removeprefix("since ") == f"{began} {text}", address
        if name in ("answered", "lost"):
            assert len(re.findall("/admin/calls/call/", inspected)) == int(text)
