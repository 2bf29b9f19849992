"""One figure is one text in all five places that show it: page, strip, interface, inspector and screen on a wall."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from calls.boards.audience import Audience
from calls.boards.site import SiteState
from calls.figures import rollups
from calls.live.first_page import snapshot_for
from calls.live.loading import load_picture
from calls.models import FigureSettings, Kiosk
from calls.models.access import scope_of
from calls.pages.shown_calls import group_sums
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import catch_up
from tests.support.boards import Shown, whole
from tests.support.factories import make_call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

SHOWN = ("service-level", "answered", "lost")
COUNTS = ("offered", "answered", "lost", "outgoing")


def ended(group, outcome="answered", wait=3):
    at = timezone.now() - timedelta(seconds=100)
    answered = at + timedelta(seconds=wait) if outcome == "answered" else None
    make_call(group, "ended", began_at=at, started_at=at, outcome=outcome, wait_seconds=wait, answered_at=answered)


def none(sales, support):
    """Only what no service level counts."""
    ended(sales, "failed")


def nine(sales, support):
    for _ in range(5):
        ended(sales)
    for _ in range(3):
        ended(support, wait=15)
    ended(None, "abandoned", wait=60)


def many(sales, support):
    nine(sales, support)
    for wait in (3, 12, 15, 40):
        ended(support, wait=wait)
    ended(support, "missed", wait=30)
    ended(sales, "abandoned", wait=2)
    make_call(sales, "ringing", ago=70)
    make_call(support, "talking", ago=70, answered_at=timezone.now() - timedelta(seconds=60))


def menu(sales, support):
    many(sales, support)
    FigureSettings.objects.filter(group=support).update(menu_offered=True)
    for group in (sales, support):
        ended(group, "ivr_only", wait=None)


SCENES = {
    none: ("–", "0", "0"),
    nine: ("8 of 9", "8", "1"),
    many: ("50.0 %", "12", "2"),
    menu: ("47.1 %", "12", "3"),
}
"""Of many, Sales has 5 of 6, Support (by formula 3) 3 of 9, and the call without a group 0 of 1."""


def on_page(client, span):
    page = client.get(f"/figures/?span={span}").content.decode()
    as_of = re.search(r"Exact as of change (\d+)", page)[1]
    tiles = dict(re.findall(r'href="/figures/([\w-]+)/[^>]*>\s*<h2>[^<]*</h2>\s*<p class="fig-value">([^<]*)<', page))
    foot = re.search(r"<tfoot>(.*?)</tfoot>", page, re.DOTALL)
    cells = dict(re.findall(r'href="/figures/([\w-]+)/[^>]*>([^<]*)</a>', foot[1])) if foot else tiles
    for name in SHOWN:
        assert cells[name] == tiles[name], "the table's last row is the tiles"
    return int(as_of), tuple(tiles[name] for name in SHOWN)


def by_interface(client, span):
    said = client.get(f"/api/v1/figures/?span={span}").json()
    for name in COUNTS:
        in_rows = sum(row["figures"][name]["numerator"] for row in said["rows"])
        assert in_rows == said["figures"][name]["numerator"], "sums over groups are the total"
    levels = [row["figures"]["service-level"] for row in said["rows"]]
    whole = said["figures"]["service-level"]
    for part in ("numerator", "denominator"):
        assert sum(level[part] for level in levels) == whole[part]
    return said["as_of"], tuple(said["figures"][name]["text"] for name in SHOWN)


def in_inspector(client, span):
    found, numbers = [], set()
    for name in SHOWN:
        page = client.get(f"/figures/{name}/?span={span}").content.decode()
        found.append(re.search(r'<p class="fig-value">([^<]*)</p>', page)[1])
        numbers.add(int(re.search(r"Exact as of change (\d+)", page)[1]))
        counted = int(re.search(r'<h3>Counted <span class="count">(\d+)<', page)[1])
        assert found[-1] in ("–", str(counted)) or name == "service-level"
    assert len(numbers) == 1
    return numbers.pop(), tuple(found)


def in_strip(client, span):
    said = client.get("/figures/now/").json()
    level = said["level"]["today" if span == "today" else "lately"]["text"]
    return said["as_of"], (level, said["answered"], said["lost"])


def on_wall(client, span):
    kiosk = Kiosk.objects.get_or_create(name="Hall", all_groups=True)[0]
    said = Client().get(f"/wall/{kiosk.new_token()}/figures/").json()
    level = said["level"]["today" if span == "today" else "lately"]["text"]
    return said["as_of"], (level, said["answered"], said["lost"])


PLACES = (on_page, by_interface, in_inspector, in_strip, on_wall)


@pytest.mark.parametrize("span", ["today", "30m"])
@pytest.mark.parametrize("caught_up", [True, False])
@pytest.mark.parametrize("scene", SCENES)
def test_five_places_say_the_same_as_of_the_same_number(client, admin_person, sales, support, scene, caught_up, span):
    FigureSettings.objects.create(group=support, threshold=12, goal=90, formula="3")
    FigureSettings.objects.create(group=None, threshold=20)
    scene(sales, support)
    if scene is nine:
        FigureSettings.objects.filter(group=support).update(threshold=15)
    if caught_up:
        catch_up(PROJECTIONS[rollups.NAME])
    client.force_login(admin_person)

    said = {place.__name__: place(client, span) for place in PLACES}

    assert len(set(said.values())) == 1, said
    as_of, texts = said["on_page"]
    assert as_of == max(as_of for as_of, _ in said.values()) > 0
    assert texts == SCENES[scene]


@pytest.mark.parametrize("query", ["", "group=Sales", "group=Sales&group=Support", "group=-"])
def test_the_strip_counts_offered_and_outgoing_calls_as_the_figures_page_does(
    client, admin_person, sales, support, query
):
    many(sales, support)
    for outcome in ("unknown", "failed", "ivr_only"):
        ended(sales, outcome)
    for state in ("ended", "talking"):
        make_call(sales, state, ago=50, direction="outgoing", **({"outcome": "answered"} if state == "ended" else {}))
    client.force_login(admin_person)

    board = client.get(f"/?{query}").content.decode()
    said = client.get(f"/figures/now/?{query}").json()
    page = client.get(f"/figures/?span=today&{query}").content.decode()

    tiles = dict(re.findall(r'href="/figures/([\w-]+)/[^>]*>\s*<h2>[^<]*</h2>\s*<p class="fig-value">([^<]*)<', page))
    names = ("answered", "offered", "outgoing")
    answered, note = re.search(r'data-figure="answered">([^<]*)</p><p [^>]*"answered-note">([^<]*)<', board).groups()
    assert (answered, note) == (tiles["answered"], f"of {tiles['offered']} offered · {tiles['outgoing']} outgoing")
    assert [said[name] for name in names] == [tiles[name] for name in names]


def live_in_memory(scope):
    picture = load_picture(timezone.now())
    audience = Audience(scope, picture)
    for part in whole(audience):
        shown = Shown().apply(part)
    shown.apply(audience.heartbeat(timezone.now(), SiteState()))
    return shown.totals


def test_a_call_in_doubt_is_live_and_talking_in_every_total(client, admin_person, sales):
    """A doubt marks a row and moves no figure."""
    for flags in (["agent_elsewhere"], []):
        make_call(sales, "talking", ago=70, answered_at=timezone.now() - timedelta(seconds=60), flags=flags)
    scope = scope_of(admin_person)
    client.force_login(admin_person)

    strip = snapshot_for(admin_person)
    groups = group_sums(strip["calls"], timezone.now())
    wall = Client().get(f"/wall/{Kiosk.objects.create(name='Hall', all_groups=True).new_token()}/figures/").json()
    listed = client.get("/api/calls/?state=talking").json()["calls"]

    for said in (strip["totals"], live_in_memory(scope), *groups):
        assert (said["live"], said["talking"]) == (2, 2)
    assert (wall["live"], wall["live_note"], wall["lost_track"]) == (2, "2 talking", 0)
    assert len(listed) == 2
    assert by_interface(client, "30m")[1] == in_strip(client, "30m")[1] == on_wall(client, "30m")[1]
