"""The inspectors of now: the same numbers as the board as of the same change, and each live call on one side."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.boards.audience import Audience
from calls.figures.learned_patience import patiences
from calls.figures.parts import Clock
from calls.figures.patience import Patience
from calls.live.first_page import snapshot_for
from calls.live.loading import load_picture
from calls.live.now import FIGURES_OF_NOW
from calls.models.access import scope_of
from calls.pages import now as pages
from calls.pages.shown_calls import is_lost, is_waiting
from tests.support.boards import Shown, whole
from tests.support.factories import make_call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

GROUPS = ["", "group=Sales", "group=Sales&group=-", "group=-", "group=Nobody"]


@pytest.fixture
def scene(sales, support):
    """Live calls of each kind, and some that are no part of now."""
    now = timezone.now()
    make_call(sales, "ringing", ago=70, customer_number="+919000000170")
    make_call(sales, "ivr", ago=5)
    make_call(support, "dialing", ago=130)
    make_call(None, "ringing", ago=30)
    make_call(sales, "talking", ago=400, answered_at=now - timedelta(seconds=300))
    make_call(support, "talking", ago=90, answered_at=now, flags=["agent_elsewhere"])
    make_call(sales, "ringing", ago=500, direction="outgoing")
    make_call(support, "ringing", ago=20, direction="internal")
    make_call(sales, "dialing", ago=20, direction="unknown")
    make_call(sales, "ringing", ago=900, heard_at=now - timedelta(seconds=800))
    make_call(None, "talking", ago=9_000, heard_at=now - timedelta(seconds=8_000), direction="outgoing")
    make_call(sales, "talking", ago=60, answered_at=now, began_at=now - timedelta(hours=30))
    make_call(sales, "ringing", ago=100_000, heard_at=now - timedelta(hours=25))
    make_call(sales, "ended", ago=80)


def opened(client, person, path):
    client.force_login(person, backend="calls.people.sign_in.SignInBackend")
    return client.get(path)


def inspected(client, person, name, query=""):
    page = opened(client, person, f"/figures/now/{name}/?{query}").content.decode()
    return re.search(r'<p class="fig-value">([^<]*)<', page)[1], page


def numbers_of(rows):
    """By hand: what the board's own rules make of its rows."""
    now = timezone.now()
    live = [row for row in rows if row["state"] != "ended"]
    lost = [row for row in live if is_lost(row, now)]
    waiting = [row for row in live if is_waiting(row, now)]
    return {"live": len(live) - len(lost), "waiting": len(waiting), "lost-track": len(lost)}


def counts(page):
    return [int(count) for count in re.findall(r'<h3>[^<]*<span class="count">(\d+)<', page)]


def listed(client, person, name, query, side):
    found, place = [], ""
    while place is not None:
        page = inspected(client, person, name, f"{query}&side={side}{place}")[1]
        found += [int(call) for call in re.findall(r'href="/\?call=(\d+)"', page)]
        older = re.search(r'class="button" href="\?[^"]*(&amp;place=\d+)', page)
        place = html.unescape(older[1]) if older else None
    return found


@pytest.mark.parametrize("query", GROUPS)
def test_the_inspectors_say_what_the_board_and_the_interface_say_as_of_the_same_change(
    client, admin_person, scene, query
):
    board = snapshot_for(admin_person, None)
    names = re.findall("group=([^&]*)", query)
    rows = [row for row in board["calls"] if not names or (row["group"] or "-") in names]
    told = opened(client, admin_person, f"/api/v1/figures/now/?{query}").json()

    assert told["as_of"] == board["seq"]
    for name, number in numbers_of(rows).items():
        text, page = inspected(client, admin_person, name, query)
        assert (told["figures"][name]["value"], text) == (number, str(number)), name
        assert f"As of change {board['seq']}," in page


def test_they_are_the_totals_of_the_picture_in_memory_and_those_on_the_page_of_the_board(client, admin_person, scene):
    audience, shown = Audience(scope_of(admin_person), load_picture(timezone.now())), Shown()
    for part in whole(audience):
        shown.apply(part)
    totals = shown.totals
    told = opened(client, admin_person, "/api/v1/figures/now/").json()
    strip = opened(client, admin_person, "/").content.decode()

    assert told["as_of"] == shown.seq
    values = {name: each["value"] for name, each in told["figures"].items()}
    assert values == {"live": 9, "waiting": 4, "longest-wait": pytest.approx(130, abs=3), "lost-track": 3}
    assert [totals[name] for name in ("live", "waiting", "lost_track")] == [9, 4, 3]
    for state in ("ivr", "dialing", "ringing", "talking"):
        assert sum(number for mark, number in told["calls"].items() if mark.startswith(state)) == totals[state]
    assert re.search(r'data-figure="waiting">(\d+)<', strip)[1] == "4"
    assert inspected(client, admin_person, "longest-wait")[0] in ("2:10", "2:11", "2:12")


@pytest.mark.parametrize("query", GROUPS)
@pytest.mark.parametrize("name", FIGURES_OF_NOW)
def test_each_live_call_stands_on_one_side_and_says_as_what(client, admin_person, scene, monkeypatch, name, query):
    monkeypatch.setattr(pages, "PAGE", 3)
    text, page = inspected(client, admin_person, name, query)
    counted, out = (listed(client, admin_person, name, query, side) for side in ("counted", "out"))

    assert counts(page) == [len(counted), len(out)]
    assert len({*counted, *out}) == len(counted) + len(out)
    everything = opened(client, admin_person, f"/api/v1/figures/now/?{query}").json()["calls"]
    assert len(counted) + len(out) == sum(everything.values())
    if name == "longest-wait":
        assert (text == "–") == (not counted)
    else:
        assert text == str(len(counted))


def test_who_is_left_out_of_those_who_wait_is_said(client, admin_person, scene):
    page = inspected(client, admin_person, "waiting", "side=out")[1]
    left_out = dict(re.findall(r"<li><span>([^<]*)</span> <b>(\d+)</b>", page.partition("<h3>Left out")[2]))

    assert left_out == {
        "Dialling, and no customer waits": "1",
        "Ringing, and no customer waits": "2",
        "Talking": "2",
        "Lost track": "3",
    }
    assert "<td>Talking, in doubt</td>" in page
    assert "<td>Lost track</td>" in page


def test_those_who_wait_are_listed_the_longest_first_with_their_wait(client, admin_person, scene):
    page = inspected(client, admin_person, "longest-wait")[1]
    waits = re.findall(r"<td>Waiting, [^<]*</td><td>([^<]*)</td><td>–</td>", page)

    assert [wait[:3] for wait in waits] == ["2:1", "1:1", "0:3", "0:0"]


def test_a_supervisor_is_told_of_their_group_only_and_masked_people_get_no_number(
    client, sales_supervisor, masked_viewer, support, scene
):
    assert inspected(client, sales_supervisor, "waiting")[0] == "2"
    assert inspected(client, sales_supervisor, "waiting", "group=Support")[0] == "0"
    assert "Support" not in inspected(client, sales_supervisor, "live")[1]
    assert "90000 00170" in re.sub("</span><span>", " ", inspected(client, sales_supervisor, "waiting")[1])
    for name in FIGURES_OF_NOW:
        for side in ("counted", "out"):
            page = inspected(client, masked_viewer, name, f"side={side}")[1]
            assert not re.search("9000000|90000|8000000201", re.sub("</span><span>", "", page))
    assert opened(client, masked_viewer, "/api/v1/figures/now/").json()["figures"]["waiting"]["value"] == 2


def test_the_limits_in_force_are_said(
    client, admin_person, sales_supervisor, sales, support, scene, monkeypatch, settings
):
    settings.CALLBOARD_LOST_TRACK_SECONDS = {**settings.CALLBOARD_LOST_TRACK_SECONDS, "ringing": 240}
    known = {
        sales.pk: Patience(Clock.RINGING, 0, 20, 40, (50,)),
        support.pk: Patience(Clock.AFTER_PICKUP, 7, 30, 60, (5,)),
    }
    monkeypatch.setattr(patiences, "get", lambda now: known)

    def rows(page):
        found = re.findall(r"<tr><th scope=\"row\">(?:<bdi>)?([^<]*)(?:</bdi>)?</th>(.*?)</tr>", page)
        return {name: re.findall("<td>([^<]*)</td>", cells) for name, cells in found}

    said = rows(inspected(client, admin_person, "waiting")[1])
    assert said["All calls"] == ["45 s", "90 s", "Whole call", "0 s"]
    assert said["Sales"] == ["20 s", "40 s", "Ringing", "0 s"]
    assert said["Support"] == ["30 s", "60 s", "After the pick-up", "7 s"]
    assert (said["Ringing"], said["Talking"]) == (["4 min"], ["2 h"])
    assert "All calls" not in rows(inspected(client, admin_person, "live")[1])
    assert "Support" not in rows(inspected(client, sales_supervisor, "waiting")[1])
    assert "Sales" not in rows(inspected(client, admin_person, "waiting", "group=Support")[1])


@pytest.mark.parametrize("query", ["", "group=Sales&group=-"])
def test_the_strip_leads_there_and_back(client, admin_person, scene, query):
    page = opened(client, admin_person, f"/?{query}").content.decode()
    links = {
        html.unescape(link) for link in re.findall(r'href="(/figures/now/[\w-]+/[^"]*)" data-inspects="now"', page)
    }

    assert links == {f"/figures/now/{name}/?{query}" for name in FIGURES_OF_NOW}
    assert client.get(f"/figures/now/?{query}").json()["queries"]["now"] == query
    there = inspected(client, admin_person, "waiting", query)[1]
    assert f'<a href="/?{html.escape(query)}">Board</a>' in there


def test_who_may_not_and_what_is_not_there(client, admin_person, outsider):
    assert client.get("/figures/now/waiting/").status_code == 302
    assert opened(client, outsider, "/figures/now/waiting/").status_code == 403
    assert client.get("/api/v1/figures/now/").status_code == 403
    assert opened(client, admin_person, "/figures/now/moon/").status_code == 404
    assert client.get("/api/v1/figures/now/?groups=1").json() == {"groups": ["Unknown parameter."]}
    for place in ("-1", "x", "9" * 40):
        page = inspected(client, admin_person, "waiting", f"place={place}&side=moon")[1]
        assert "No call stands on this side now." in page
