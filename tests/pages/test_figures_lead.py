"""Every number of the Figures page leads to an inspector that says the same, and lists as many calls."""

import html
import random
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from calls.days import day_bounds, day_of
from calls.figures import rollups
from calls.figures.definitions import FIGURES, Unit
from calls.models import FigureSettings
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import catch_up
from tests.support.factories import make_call

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

LINK = re.compile(r'<a (?:class="[^"]*" )?href="(/figures/([\w-]+)/\?[^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
OUTCOMES = ("answered", "answered", "answered", "abandoned", "missed", "failed", "unknown", "ivr_only")


@pytest.fixture
def page_of(client, admin_person):
    client.force_login(admin_person)

    def opened(path):
        answer = client.get(html.unescape(path))
        assert answer.status_code == 200, path
        return answer.content.decode()

    return opened


@pytest.fixture
def weeks(sales, support):
    """Calls of three weeks, at a few hours only, and of now; roll-ups have taken in some of them."""
    rng = random.Random(7)
    today = day_bounds(day_of(timezone.now()))[0]
    for n in range(90):
        at = today - timedelta(days=rng.choice([0, 1, 7, 8, 15]), minutes=-60 * rng.choice([0, 9, 10]) - n % 60)
        wait, outcome = rng.choice([2, 15, 40]), rng.choice(OUTCOMES)
        make_call(
            rng.choice([sales, support, None]), "ended", began_at=at, started_at=at, outcome=outcome,
            answered_at=at + timedelta(seconds=wait) if outcome == "answered" else None, wait_seconds=wait,
            ended_at=at + timedelta(seconds=wait + 60), direction=rng.choice(["incoming", "incoming", "outgoing"]),
        )  # fmt: skip
        if n == 60:
            catch_up(PROJECTIONS[rollups.NAME])
    make_call(sales, "ringing", ago=70)
    make_call(support, "talking", ago=40, answered_at=timezone.now())


def links_of(page):
    """The address, the figure, and the number that stands in the link: in words, or in the title of a bar's part."""
    for address, name, inner in LINK.findall(page):
        if name == "close":
            continue
        value = re.search(r'fig-value">([^<]*)<', inner)
        title = re.search(r"<title>[^:]*: (\d+) ", inner)
        yield address, name, value[1] if value else title[1] if title else re.sub(r"<[^>]*>", "", inner).strip()


def inspected(page_of, address):
    """What the inspector says, and the calls that it lists on all its pages."""
    page = page_of(address)
    text, found = re.search(r'fig-value">([^<]*)<', page)[1], []
    while True:
        found += re.findall(r"/admin/calls/call/(\d+)/change/", page)
        older = re.search(r'class="button" href="\?[^"]*(&amp;place=[^"&]*)', page)
        if not older:
            return text, found
        page = page_of(address + older[1])


@pytest.mark.parametrize(
    "query",
    [
        *("span=today", "span=30d", "span=7d&group=Sales", "span=30d&hours=business", "span=30m"),
        "from={:%Y-%m-%dT03:10:30Z}&to={:%Y-%m-%dT06:20Z}",
    ],
)
def test_each_number_is_that_of_its_inspector_and_of_the_calls_in_it(page_of, weeks, sales, query):
    FigureSettings.objects.create(group=sales, hours="Mon-Sun 09:30-14:15", menu_offered=True)
    query = query.format(timezone.now() - timedelta(8), timezone.now())
    seen = dict.fromkeys(links_of(page_of(f"/figures/?{query}")))
    before = {name for address, name, _ in seen if "span=moments" in address}

    assert before == set(FIGURES), "those of the span before, too"
    assert len({name for _, name, _ in seen}) > 8
    for address, name, text in seen:
        said, calls = inspected(page_of, address)
        assert said == text, address
        if FIGURES[name].unit is Unit.CALLS:
            assert len(calls) == len(set(calls)) == int(text), address


def test_a_cell_of_the_heat_map_leads_to_its_hour_of_the_week(page_of, weeks):
    page = page_of("/figures/?span=30d")
    heat = re.search(r'<table class="heat">(.*?)</table>', page, re.DOTALL)[1]
    cells = list(LINK.findall(heat))

    assert sum(int(text) for _, _, text in cells) == int(
        re.search(r"/figures/lost/.*?fig-value\">(\d+)<", page, re.DOTALL)[1]
    )
    assert all("by=week_hour" in address for address, _, _ in cells)
    address = next(address for address, _, text in cells if int(text))
    day, hour = divmod(int(re.search(r"of=(\d+)", address)[1]), 24)
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert f"<h1>Lost: <bdi>{names[day]} {hour:02}:00</bdi></h1>" in page_of(address)


def test_a_bar_and_its_parts_lead_to_their_calls(page_of, weeks):
    chart = re.search(r'<svg class="bars".*?</svg>', page_of("/figures/?span=30d"), re.DOTALL)[0]
    names = {name for _, name, _ in links_of(chart)}

    assert names == {"offered", "answered", "lost", "other"}
    assert all("by=day&amp;of=" in address for address, _, _ in links_of(chart))


def test_an_hour_that_a_change_of_clocks_repeats_is_one_cell_with_the_calls_of_both(page_of, sales, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    with time_machine.travel(datetime(2026, 10, 28, 12, tzinfo=UTC)):
        for hour, minute in ((0, 10), (0, 50), (1, 30), (2, 0)):
            at = datetime(2026, 10, 25, hour, minute, tzinfo=UTC)
            make_call(sales, "ended", began_at=at, started_at=at, outcome="missed", wait_seconds=9)
        address = f"/figures/lost/?span=7d&by=week_hour&of={6 * 24 + 2}"

        said, calls = inspected(page_of, address)
        assert (said, len(calls)) == ("3", 3)


def test_a_row_stays_where_its_calls_have_left_the_span(page_of, sales, client, sales_supervisor, support):
    for query in ("by=hour&of=3", "by=week_hour&of=167", "by=weekday&of=6", f"by=group&of={sales.pk}", "by=group&of=0"):
        page = page_of(f"/figures/lost/?{query}")
        assert 'fig-value">0<' in page
        assert "No call stands on this side" in page
    for query in ("by=hour&of=24", "by=week_hour&of=168", "by=weekday&of=7", "by=day&of=1", "by=source&of=999"):
        assert client.get(f"/figures/lost/?{query}").status_code == 404, query
    client.force_login(sales_supervisor)
    assert client.get(f"/figures/lost/?by=group&of={sales.pk}").status_code == 200
    for not_theirs in (support.pk, 0, 99_999):
        assert client.get(f"/figures/lost/?by=group&of={not_theirs}").status_code == 404
