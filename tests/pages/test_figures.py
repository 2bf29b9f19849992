"""The Figures page, its file, the interface and the inspector: the same numbers, for those who may see their calls."""

import csv
import html
import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.api import figures as api
from calls.days import day_bounds, day_of, site_zone
from calls.display.masking import MASK, mask_text
from calls.figures import rollups
from calls.figures.asking import BY, SPANS, question
from calls.figures.definitions import FIGURES
from calls.figures.inspector import SIDES, UNCLEAR
from calls.figures.reading import read
from calls.figures.telling import day_words
from calls.models import Agent, Call, CallGroup, FigureSettings, Source
from calls.pages import charts
from calls.pages import figures as pages
from calls.pages.figures import moments_words
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import catch_up
from tests.support.factories import a_source, make_call

pytestmark = pytest.mark.django_db

ASHA, BELA = "+918000000201", "+918000000202"


def began(hour=10, day=0):
    """A moment of today, or of some days before, in the site's time zone."""
    start, _end = day_bounds(day_of(timezone.now()) - timedelta(day))
    return start + timedelta(hours=hour)


def ended(group=None, outcome="answered", wait=3, hour=10, day=0, **columns):
    at = began(hour, day)
    answered = {"answered_at": at + timedelta(seconds=wait), "talk_seconds": 60} if outcome == "answered" else {}
    lengths = {"wait_seconds": wait, "ended_at": at + timedelta(seconds=wait + 60)}
    return make_call(
        group, "ended", began_at=at, started_at=at, outcome=outcome, **{**lengths, **answered, **columns}
    )  # fmt: skip


@pytest.fixture
def day(sales, support):
    """Twelve calls of Sales (nine answered, eight of them in time), three of Support, one without group or agent."""
    Agent.objects.create(source=a_source(), number=ASHA, number_key=ASHA, name="Asha Test", settled=True)
    for n in range(8):
        ended(sales, wait=n, agent_number=ASHA)
    ended(sales, wait=50, agent_number=BELA)
    ended(sales, "abandoned", wait=30, agent_number=None)
    ended(sales, "missed", wait=40, hour=15, agent_number=BELA)
    ended(sales, "abandoned", wait=2, agent_number=None)
    for _ in range(3):
        ended(support, hour=20, agent_number=BELA)
    ended(None, "failed", agent_number=None)
    ended(sales, day=1)


def opened(client, person, path):
    client.force_login(person, backend="calls.people.sign_in.SignInBackend")
    return client.get(path)


def told(client, person, query=""):
    answer = opened(client, person, f"/api/v1/figures/?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def texts(said):
    return {name: each["text"] for name, each in said["figures"].items()}


def test_who_is_not_signed_in_is_asked_and_who_sees_nothing_is_told(client, outsider):
    assert client.get("/figures/").status_code == 302
    assert opened(client, outsider, "/figures/").status_code == 403
    assert opened(client, outsider, "/figures/lost/").status_code == 403
    assert opened(client, outsider, "/api/v1/figures/").status_code == 403


def test_nothing_yet(client, admin_person):
    page = opened(client, admin_person, "/figures/?span=30d").content.decode()

    assert "No calls in this span" in page
    assert texts(told(client, admin_person))["service-level"] == "–"


@pytest.mark.parametrize("caught_up", [False, True])
def test_page_interface_and_inspector_say_the_same(client, admin_person, day, caught_up):
    if caught_up:
        catch_up(PROJECTIONS[rollups.NAME])
    said = texts(told(client, admin_person))
    page = opened(client, admin_person, "/figures/").content.decode()

    assert (said["offered"], said["answered"], said["lost"]) == ("16", "12", "2")
    assert said["service-level"] == "78.6 %"  # 11 of 14: without the short abandon and the failed call
    for name in ("offered", "service-level", "answered", "lost", "average-wait", "outgoing"):
        tile = re.search(rf'href="/figures/{name}/\?[^"]*".*?fig-value">([^<]*)<', page, re.DOTALL)
        assert tile[1].strip() == said[name]
    for name in FIGURES:
        inspected = opened(client, admin_person, f"/figures/{name}/").content.decode()
        assert f'fig-value">{said[name]}<' in inspected, name


def test_yesterday_is_beside_today_as_far_as_today_has_come(client, admin_person, day):
    page = opened(client, admin_person, "/figures/?span=yesterday").content.decode()

    assert re.search(r"<h2>Offered</h2>\s*<p class=\"fig-value\">1</p>", page)


@pytest.mark.parametrize("by", ["group", "agent", "line", "source", "day", "weekday", "hour", "quarter"])
def test_rows_add_up_to_the_whole(client, admin_person, day, by):
    said = told(client, admin_person, f"by={by}")
    whole, rows = said["figures"], said["rows"]
    in_rows = sum(row["figures"]["offered"]["numerator"] for row in rows)

    # Three calls name no agent: no row has them, and the whole does.
    assert in_rows == whole["offered"]["numerator"] - (3 if by == "agent" else 0) == (13 if by == "agent" else 16)
    page = opened(client, admin_person, f"/figures/?by={by}").content.decode()
    foot = re.search(r"<tfoot>(.*?)</tfoot>", page, re.DOTALL)[1]
    assert re.search(r"/figures/offered/[^>]*>16<", foot)


def test_a_supervisor_sees_the_figures_of_their_group_only(client, sales_supervisor, sales, support, day):
    said = told(client, sales_supervisor)
    assert texts(said)["offered"] == "12"
    assert [row["name"] for row in said["rows"]] == ["Sales"]

    for query in ("group=Support", "group=-", "group=Nobody"):
        assert texts(told(client, sales_supervisor, query))["offered"] == "0"
    page = opened(client, sales_supervisor, "/figures/?span=30d").content.decode()
    assert "Support" not in page
    inspected = opened(client, sales_supervisor, "/figures/offered/?group=Support").content.decode()
    assert "No call stands on this side" in inspected


def test_masked_people_get_no_number_on_no_page_and_in_no_address(client, masked_viewer, day):
    everything = [
        opened(client, masked_viewer, "/figures/?by=agent").content.decode(),
        opened(client, masked_viewer, "/figures/?by=line&format=csv").content.decode(),
        opened(client, masked_viewer, "/figures/lost/?by=agent").content.decode(),
        opened(client, masked_viewer, "/api/v1/figures/?by=agent").content.decode(),
    ]

    for said in everything:
        assert not re.search(r"8000000201|80000 00201|9000000101|90000 00101|1140000001", said)
    assert "Asha Test" in everything[0]


def test_masked_people_get_no_number_out_of_the_name_of_a_group_or_a_source(client, masked_viewer, sales, day):
    sales.name = "Desk 9000000199"
    sales.save()
    Source.objects.update(name="Trunk 9000000188")
    masked = mask_text(sales.name)
    group_query = urlencode({"group": masked})
    everything = {
        path: opened(client, masked_viewer, path).content.decode()
        for by in ("group", "source")
        for path in (
            f"/figures/?by={by}",
            f"/figures/?by={by}&format=csv",
            f"/figures/lost/?by={by}",
            f"/api/v1/figures/?by={by}",
            f"/figures/?{group_query}",
            f"/figures/now/?{group_query}",
        )
    }

    for path, said in everything.items():
        assert not re.search(r"9000000199|9000000188|90000 00199", said), path
    assert texts(told(client, masked_viewer))["offered"] == texts(told(client, masked_viewer, group_query))["offered"]
    assert told(client, masked_viewer)["rows"][0]["name"] == masked


@pytest.mark.parametrize("path", ["/figures/", "/figures/lost/", "/api/v1/figures/"])
def test_hundreds_of_groups_are_looked_up_at_once(client, masked_viewer, day, path):
    def questions(count):
        names = [f"{MASK} {n}" for n in range(count // 2)] + [f"Team {n}" for n in range(count // 2)]
        with CaptureQueriesContext(connection) as asked:
            assert opened(client, masked_viewer, f"{path}?{urlencode({'group': names}, doseq=True)}").status_code == 200
        return len(asked)

    questions(2)
    assert questions(200) == questions(2)


def test_groups_of_an_address_are_those_of_any_of_its_names(client, admin_person, sales, support, day):
    said = told(client, admin_person, urlencode({"group": ["SALES", "-", "Nobody", "\x00support\u200b"]}, doseq=True))
    assert {row["name"] for row in said["rows"]} == {"Sales", "Support", "No group"}
    assert told(client, admin_person, "group=Nobody")["rows"] == []


def test_a_group_that_was_deleted_is_not_the_calls_without_a_group(client, admin_person, sales, support, day):
    catch_up(PROJECTIONS[rollups.NAME])
    rollups.keep_figures_of(list(Call.objects.filter(group=support).values_list("id", flat=True)))
    Call.objects.filter(group=support).delete()
    support.delete()

    rows = {row["name"]: row["figures"]["offered"]["text"] for row in told(client, admin_person)["rows"]}
    assert rows == {"Sales": "12", "A group that was deleted": "3", "No group": "1"}
    assert "A group that was deleted" in opened(client, admin_person, "/figures/lost/").content.decode()


def test_a_row_leads_to_the_calls_of_that_row(client, admin_person, day):
    page = opened(client, admin_person, "/figures/?by=agent").content.decode()
    links = re.findall(r'href="(/figures/answered/\?[^"]*by=agent[^"]*of=[^"]*)"[^>]*>(\d+)<', page)
    assert sorted(int(count) for _, count in links) == [4, 8]

    for link, count in links:
        inspected = opened(client, admin_person, link.replace("&amp;", "&")).content.decode()
        assert len(re.findall(r"<td>Answered (?:in time|late)</td>", inspected)) == int(count)
        assert ASHA.removeprefix("+") not in link


def test_each_call_stands_on_one_side_and_says_why(client, admin_person, sales, day):
    counts, marks = {}, []
    for side in SIDES:
        page = opened(client, admin_person, f"/figures/service-level/?side={side}").content.decode()
        counts = dict(zip(SIDES, map(int, re.findall(r'<h3>.*?<span class="count">(\d+)</span>', page)), strict=True))
        table = re.search(r'<table class="grid grid--calls">(.*?)</table>', page, re.DOTALL)
        rows = re.findall(r"<tr><th scope=\"row\">", table[1])
        assert len(rows) == counts[side]
        marks += re.findall(r"<td>(Short abandon|Failed|Missed|Answered late)</td>", table[1])

    assert counts == {"counted": 11, "among": 3, "out": 2}
    assert sorted(marks) == ["Answered late", "Failed", "Missed", "Short abandon"]


def test_the_same_calls_by_six_formulas_and_the_settings_in_force(client, admin_person, sales, day):
    FigureSettings.objects.create(group=sales, threshold=60, formula="3")
    page = opened(client, admin_person, "/figures/service-level/").content.decode()

    assert "13 of 16" not in page
    assert all(
        label in page for label in ("Abandoned in time help", "Of answered calls only", "Short abandons left out")
    )
    assert re.search(r"<bdi>Sales</bdi></th><td>60 s</td>.*All abandoned count", page, re.DOTALL)
    assert re.search(r"<bdi>No group, Support</bdi></th><td>20 s</td>", page)
    assert texts(told(client, admin_person))["service-level"] == "80.0 %"  # 12 of 15: 9 of 12, and 3 of 3


def test_calls_that_ended_in_the_menu_count_where_their_group_says_so(client, admin_person, sales, support, day):
    for group, length in ((sales, 2), (sales, 61), (support, 61)):
        ended(group, "ivr_only", ended_at=began() + timedelta(seconds=length), wait_seconds=None)
    without = texts(told(client, admin_person))
    listed = opened(client, admin_person, "/figures/menu-only/").content.decode()
    assert listed.count("<td>Ended in the menu</td><td>–</td>") == 3, "it is no wait"

    FigureSettings.objects.create(group=sales, menu_offered=True)
    said = texts(told(client, admin_person))
    abandoned = opened(client, admin_person, "/figures/abandoned/").content.decode()
    short = opened(client, admin_person, "/figures/short-abandons/").content.decode()
    left_out = opened(client, admin_person, "/figures/abandoned/?side=out").content.decode()

    names = ("offered", "lost", "abandoned", "short-abandons", "menu-only", "service-level")
    assert [without[name] for name in names] == ["16", "2", "1", "1", "3", "78.6 %"]
    assert [said[name] for name in names] == ["18", "3", "2", "2", "1", "73.3 %"]  # 11 of 15
    assert "<td>Abandoned after the threshold, in the menu</td><td>1:01</td>" in abandoned
    assert "<td>Short abandon, in the menu</td><td>0:02</td>" in short
    assert "<td>Ended in the menu</td><td>–</td>" in left_out
    settings = dict(re.findall(r"<bdi>([^<]*)</bdi></th>(?:<td>[^<]*</td>){2}<td>([^<]*)</td>", abandoned))
    assert settings == {"Sales": "abandoned", "No group, Support": "not offered"}


def test_abandoned_calls_whose_side_is_unclear_are_a_list_of_their_own(
    client, admin_person, sales_supervisor, sales, support, day
):
    for group, wait, reason in ((sales, 30, "hung_up"), (sales, 2, "hung_up"), (sales, 30, "all_busy")):
        ended(group, "abandoned", wait=wait, reason=reason, hour=11)
    ended(support, "abandoned", wait=30, reason="hung_up", hour=11)
    ended(sales, "missed", wait=30, reason="rang_out", hour=11)
    figures = [name for name in FIGURES if f"side={UNCLEAR}" in opened(
        client, admin_person, f"/figures/{name}/").content.decode()]  # fmt: skip

    for person, count in ((admin_person, 3), (sales_supervisor, 2)):
        page = opened(client, person, "/figures/lost/?by=hour&of=11").content.decode()
        link = re.search(rf'href="(\?[^"]*side={UNCLEAR}[^"]*)">Side unclear: {count}</a>', page)
        listed = opened(client, person, f"/figures/lost/{html.unescape(link[1])}").content.decode()
        assert f"<b>Side unclear: {count}</b>" in listed
        marks = re.findall(r"<td>([^<]*), side unclear</td>", listed)
        assert sorted(marks) == ["Abandoned after the threshold"] * (count - 1) + ["Short abandon"]
        table = re.search(r'<table class="grid grid--calls">(.*?)</table>', listed, re.DOTALL)[1]
        assert table.count('<tr><th scope="row">') == count
    assert figures == [
        "lost", "lost-rate", "abandoned", "abandon-rate", "abandon-rate-offered", "short-abandons", "abandon-time",
        "ring-time-unanswered",
    ]  # fmt: skip
    assert opened(client, admin_person, f"/figures/missed/?side={UNCLEAR}").status_code == 200


def test_long_lists_are_read_on_page_by_page(client, admin_person, sales):
    for n in range(120):
        ended(sales, hour=n / 20)
    seen, address = [], "/figures/answered/?span=today"
    while address:
        page = opened(client, admin_person, address).content.decode()
        seen += re.findall(r"/admin/calls/call/(\d+)/change/", page)
        older = re.search(r'class="button" href="(\?[^"]*place=[^"]*)"', page)
        address = "/figures/answered/" + older[1].replace("&amp;", "&") if older else ""

    assert len(seen) == len(set(seen)) == 120


def test_of_many_rows_those_with_the_most_calls_are_shown_until_all_are_asked_for(
    client, admin_person, day, monkeypatch
):
    monkeypatch.setattr(pages, "MOST_ROWS", 2)
    named = re.compile(r"<tbody>(.*?)</tbody>\s*<tfoot>", re.DOTALL)

    page = opened(client, admin_person, "/figures/").content.decode()
    assert re.findall(r"<bdi>([^<]*)", named.search(page)[1]) == ["Sales", "Support"]
    assert "The 2 with the most calls, of 3." in page
    every = re.search(r'<a href="(\?[^"]*)">Show all of them', page)[1]
    page = opened(client, admin_person, "/figures/" + html.unescape(every)).content.decode()
    assert re.findall(r"<bdi>([^<]*)", named.search(page)[1]) == ["Sales", "Support", "No group"]
    assert "Show all of them" not in page
    file = opened(client, admin_person, "/figures/?format=csv").content.decode()
    assert "No group" in file, "a file holds all"


def test_a_file_holds_the_table_and_no_formula(client, admin_person, sales, day):
    CallGroup.objects.filter(pk=sales.pk).update(name="=HYPERLINK(1)")
    answer = opened(client, admin_person, "/figures/?by=group&format=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert rows[0][:4] == ["Group", "Number", "Offered", "Answered"]
    assert rows[1][:4] == ["'=HYPERLINK(1)", "", "12", "9"]
    assert [row[:3] for row in rows if row[0] == "All"] == [["All", "", "16"]]


@pytest.mark.parametrize(
    "query",
    ["by=moon", "span=century", "from=yesterday", "from=0001-01-01", "to=9999-12-31", "from=2026-02-30",
     "from=2020-01-01&to=2026-01-01", "from=2026-02-02&to=2026-02-01", "span=moments", "from=2026-02-02T10:00Z",
     "from=2026-02-02T10:00&to=2026-02-02T11:00", "from=2026-02-02T10:00Z&to=2026-02-02T09:00Z",
     "from=2020-01-01T00:00Z&to=2026-01-01T00:00Z", "from=0001-01-01T00:00Z&to=2026-01-01T00:00Z"],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_answered_with_why(client, admin_person, query):
    page = opened(client, admin_person, f"/figures/?{query}")
    assert page.status_code == 400
    assert "These figures cannot be shown" in page.content.decode()
    assert opened(client, admin_person, f"/figures/lost/?{query}").status_code == 400
    assert opened(client, admin_person, f"/api/v1/figures/?{query}").status_code == 400


@pytest.mark.parametrize(("by", "word"), [("agent", "an agent"), ("line", "a line")])
def test_calls_that_name_nobody_are_shown_in_all_and_leave_the_way_to_other_splits(client, admin_person, by, word):
    ended(None, "missed", agent_number=None, virtual_number=None)

    page = opened(client, admin_person, f"/figures/?by={by}").content.decode()

    assert "No calls in this span" not in page
    assert f"No call names {word}." in page
    assert re.search(r"<tfoot>.*?/figures/offered/[^>]*>1<", page, re.DOTALL)
    assert 'aria-label="Split by"' in page


def test_a_misspelt_parameter_of_the_interface_is_refused(client, admin_person):
    answer = opened(client, admin_person, "/api/v1/figures/?groups=1")

    assert (answer.status_code, answer.json()) == (400, {"groups": ["Unknown parameter."]})


@pytest.mark.parametrize("path", ["/figures/moon/", "/figures/lost/?of=nobody", "/figures/lost/?place=x.y",
                                  "/figures/lost/?place=" + "9" * 30 + ".1",
                                  "/figures/lost/?place=" + "9" * 5_000 + ".1", "/figures/lost/?place=1." + "9" * 5_000,
                                  "/figures/lost/?place=²." + "1", "/figures/lost/?place=١٢.1",
                                  "/figures/lost/?by=day&of=²",
                                  "/figures/lost/?by=hour&of=" + "9" * 5_000])  # fmt: skip
def test_what_is_not_there_is_not_found(client, admin_person, day, path):
    assert opened(client, admin_person, path).status_code == 404


def test_a_heat_map_of_a_week_and_none_of_a_day(client, admin_person, day):
    week = opened(client, admin_person, "/figures/?span=7d").content.decode()

    lost = [int(text) for text in re.findall(r'<td class="heat-\d"[^>]*><a [^>]*>(\d+)</a></td>', week)]
    assert sum(lost) == 2
    assert 'class="heat"' not in opened(client, admin_person, "/figures/").content.decode()


def test_a_cell_of_the_heat_map_with_few_calls_has_no_colour(client, admin_person, sales):
    for hour, answered in ((9, 0), (10, 7), (11, 8)):
        for _ in range(2):
            ended(sales, "missed", hour=hour)
        for _ in range(answered):
            ended(sales, hour=hour)

    week = opened(client, admin_person, "/figures/?span=7d").content.decode()

    told = re.findall(r'<td class="heat-(\d)" title="[^"]*: 2 lost of (\d+)"', week)
    assert told == [("0", "2"), ("0", "9"), ("3", "10")]


@pytest.mark.parametrize("by", BY)
def test_the_table_is_headed_by_the_word_of_its_split(client, admin_person, day, by):
    page = opened(client, admin_person, f"/figures/?span=today&by={by}").content.decode()

    assert re.findall(r'<th scope="col">([^<]+)</th><th scope="col" title=', page) == [str(BY[by])]


def test_two_days_can_be_split_by_quarter_of_an_hour(client, admin_person, sales, day):
    days = [day_of(began(day=back)) for back in (1, 0)]
    yesterday, today = map(day_words, days)
    span = f"from={days[0]}&to={days[1]}&by=quarter"
    make_call(sales, "ringing", began_at=began(15) + timedelta(minutes=20))
    rows = {row["name"]: row for row in told(client, admin_person, span)["rows"]}

    assert {name: row["figures"]["offered"]["numerator"] for name, row in rows.items()} == {
        f"{yesterday} 10:00": 1, f"{today} 10:00": 12, f"{today} 15:00": 1, f"{today} 15:15": 1, f"{today} 20:00": 3,
    }  # fmt: skip
    address = f"/figures/offered/?{span}&of={rows[f'{today} 20:00']['id']}"
    inspected = opened(client, admin_person, address).content.decode()
    assert f"<h1>Offered: <bdi>{today} 20:00</bdi></h1>" in inspected
    assert len(re.findall("/admin/calls/call/", inspected)) == 3
    of_one_day = opened(client, admin_person, "/figures/?by=quarter").content.decode()
    assert re.findall(r'<tr><th scope="row"><bdi>([^<]*)<', of_one_day) == ["10:00", "15:00", "15:15", "20:00"]


def test_no_longer_span_is_split_by_quarter_of_an_hour(client, admin_person, day):
    for path in ("/figures/", "/figures/lost/", "/api/v1/figures/"):
        assert opened(client, admin_person, f"{path}?span=7d&by=quarter").status_code == 400
    assert "by=quarter" in opened(client, admin_person, "/figures/?span=yesterday").content.decode()
    assert "by=quarter" not in opened(client, admin_person, "/figures/?span=7d").content.decode()

    quarter = told(client, admin_person, "by=quarter")["rows"][0]["id"]
    for path in ("/figures/?by=quarter", f"/figures/lost/?by=quarter&of={quarter}"):
        page = opened(client, admin_person, path).content.decode()
        spans = re.search(r'aria-label="Span">(.*?)</nav>', page, re.DOTALL)[1]
        for query in re.findall(r'href="\?([^"]*)"', spans):
            address = f"{path.partition('?')[0]}?{html.unescape(query)}"
            assert opened(client, admin_person, address).status_code == 200, address
        assert 'name="by" value="hour"' in page, "whichever days are chosen"


def test_a_quarter_that_a_change_of_clocks_repeats_is_told_apart_by_its_zone(client, admin_person, sales, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    with time_machine.travel(datetime(2026, 10, 25, 12, tzinfo=UTC)):
        for hour in (0, 1):
            make_call(sales, "ended", began_at=datetime(2026, 10, 25, hour, 20, tzinfo=UTC))
        assert [row["name"] for row in told(client, admin_person, "by=quarter")["rows"]] == ["02:15 CEST", "02:15 CET"]


def test_an_address_says_all(client, admin_person, day):
    page = opened(client, admin_person, "/figures/?span=7d&by=hour&group=-&group=sales").content.decode()
    links = [
        parse_qs(urlsplit(link.replace("&amp;", "&")).query)
        for link in re.findall(r'href="(/figures/\w+/\?[^"]*)"', page)
    ]

    assert links
    assert all(link["group"] == ["-", "sales"] for link in links)
    spans = {(*link["span"], *link.get("from", ()), *link.get("to", ())) for link in links}
    assert {span for span, *_ in spans} == {"days", "moments"} | ({"7d"} if ("7d",) in spans else set())
    assert len(spans - {("7d",)}) == 2, "this span and the one before"


def test_the_last_30_minutes_are_those_to_the_second_on_page_interface_and_inspector(client, admin_person, sales):
    now = timezone.now()
    for ago, wait in ((60, 3), (20 * 60, 30), (1780, 4), (1820, 5), (2900, 50)):
        at = now - timedelta(seconds=ago)
        make_call(sales, "ended", began_at=at, started_at=at, wait_seconds=wait, answered_at=at)
    catch_up(PROJECTIONS[rollups.NAME])

    figures = told(client, admin_person, "span=30m")["figures"]
    page = opened(client, admin_person, "/figures/?span=30m").content.decode()
    inspected = opened(client, admin_person, "/figures/service-level/?span=30m&by=group").content.decode()

    assert (figures["service-level"]["text"], figures["offered"]["text"]) == ("2 of 3", "3")
    assert "2 of 3" in page
    assert re.search(r"before: <a [^>]*, \d\d:\d\d to \d\d:\d\d\">1 of 2<", page), "the 30 minutes before"
    assert "2 of 3" in inspected
    assert re.findall(r"<td>Answered in time</td><td>([^<]*)</td>", inspected) == ["0:03", "0:04"]


def test_a_span_begins_and_ends_within_a_day(client, admin_person, day):
    query = f"from={began(10).isoformat()}&to={began(15).isoformat()}".replace("+00:00", "Z")
    page = opened(client, admin_person, f"/figures/?{query}").content.decode()
    said = told(client, admin_person, query)

    assert texts(said)["offered"] == "12", "the call that began with the last moment is of the span after"
    assert f"from={said['from']}&to={said['to']}" == query
    assert '<p class="muted">10:00 to 15:00</p>' in page
    before = re.search(r"before: <a href=\"([^\"]*)\" title=\"Offered, 05:00 to 10:00\">0</a>", page)[1]
    assert "05:00 to 10:00" in opened(client, admin_person, html.unescape(before)).content.decode()


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ((10, 0), (13, 55), "10:00 to 13:55"),
        ((0, 0), (24, 0), "00:00 to 00:00"),
        ((-24, 0), (-10, -5), "27 Nov until 13:55"),
        ((-16, 0), (-10, -5), "27 Nov 08:00 to 13:55"),
        ((-48, 0), (-10, -5), "26 Nov until 27 Nov 13:55"),
        ((-38, 0), (10, 0), "26 Nov 10:00 to 28 Nov 10:00"),
        ((-24 * 365, 0), (-24 * 365 + 1, 0), "28 Nov 2025 until 01:00"),
    ],
)
def test_moments_in_words(start, end, words):
    today = datetime(2026, 11, 28, tzinfo=site_zone())
    moments = (today + timedelta(hours=hours, minutes=minutes) for hours, minutes in (start, end))
    assert moments_words(*moments, today + timedelta(hours=16)) == words


@pytest.mark.parametrize(
    ("today", "span", "name"),
    [("2026-11-01", "today", "Today"), ("2026-11-01", "month", "Today"), ("2026-11-01", "last-month", "Last month"),
     ("2026-11-07", "7d", "7 days"), ("2026-11-07", "month", "7 days"), ("2026-11-30", "month", "30 days"),
     ("2026-11-28", "month", "This month"), ("2026-11-28", "yesterday", "Yesterday")],
)  # fmt: skip
def test_one_span_is_marked_as_chosen_also_where_two_are_the_same_days(client, admin_person, today, span, name):
    def marked(query):
        page = opened(client, admin_person, f"/figures/?{query}").content.decode()
        spans = re.search(r'aria-label="Span">(.*?)</nav>', page, re.DOTALL)[1]
        return re.findall(r'aria-current="true">([^<]*)<', spans)

    with time_machine.travel(datetime.combine(date.fromisoformat(today), time(12), site_zone()), tick=False):
        asked = question(QueryDict(f"span={span}"), timezone.now())
        assert marked(asked.address()) == [str(SPANS[span])]
        assert marked(asked.fixed().address()) == [name]


@pytest.mark.parametrize("by", ["group", "hour", "week_hour"])
def test_the_heat_map_comes_first_where_the_table_says_the_same_by_a_hundred_rows(client, admin_person, day, by):
    page = opened(client, admin_person, f"/figures/?span=7d&by={by}").content.decode()

    assert page.count('class="heat"') == 1
    assert (page.index('class="heat"') < page.index("<tfoot>")) == (by == "week_hour")


NOON = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
LINKS = re.compile(r'<a (?:class="[^"]*" )?href="(/figures/(?!close/\?)(?:close/)?[\w-]+/\?[^"]*)"')


def without_moving(page):
    """An inspector without when it was looked at, the spans to choose from, and its own, which is told from today."""
    moving = r'<form class="span-choice".*?</form>|<p class="as-of">.*?</p>|<p class="muted">[^<]*</p></header>'
    return re.search(r"<main.*?</main>", re.sub(moving, "", page, flags=re.DOTALL), re.DOTALL)[0]


@pytest.mark.slow
@pytest.mark.parametrize("query", ["span=today", "span=month&by=hour", "span=30m", "span=7d&by=agent"])
def test_a_link_to_an_inspector_says_the_same_a_week_later(client, admin_person, sales, support, query):
    with time_machine.travel(NOON, tick=False):
        for minutes in (5, 25, 40, 300, 24 * 60 + 5, 24 * 60 + 45, 32 * 24 * 60):
            at = NOON - timedelta(minutes=minutes)
            for group, outcome in ((sales, "answered"), (support, "missed")):
                make_call(group, "ended", began_at=at, started_at=at, outcome=outcome, wait_seconds=9,
                          answered_at=at + timedelta(seconds=9) if outcome == "answered" else None, agent_number=ASHA,
                          ended_at=at + timedelta(seconds=60))  # fmt: skip
        page = opened(client, admin_person, f"/figures/?{query}").content.decode()
        page += opened(client, admin_person, f"/figures/close/?{query}").content.decode()
        strip = opened(client, admin_person, "/figures/now/").json()["queries"]
        links = {html.unescape(link) for link in sorted(set(LINKS.findall(page)))[::4]}
        links |= {f"/figures/service-level/?{strip['lately']}", f"/figures/lost/?{strip['today']}"}
        then = {link: without_moving(opened(client, admin_person, link).content.decode()) for link in links}

    with time_machine.travel(NOON + timedelta(days=7), tick=False):
        at = NOON + timedelta(days=6, hours=23, minutes=55)
        make_call(sales, "ended", began_at=at, started_at=at, outcome="missed", customer_number="+919000000777")
        assert len(links) > 10
        for link, said in then.items():
            assert without_moving(opened(client, admin_person, link).content.decode()) == said, link


@pytest.mark.parametrize(
    ("zone", "change"), [("Europe/Berlin", "2026-10-25"), ("Europe/Berlin", "2026-03-29"),
                         ("America/St_Johns", "2026-11-01"), ("Australia/Lord_Howe", "2026-10-04")],
)  # fmt: skip
def test_on_a_day_of_a_change_of_clocks_ten_is_compared_with_ten(settings, zone, change):
    settings.TIME_ZONE = zone
    day, local = date.fromisoformat(change), ZoneInfo(zone)
    for at in (day, day + timedelta(1)):
        now = datetime.combine(at, time(10, 15), local).astimezone(UTC)
        before = question(QueryDict("span=today"), now).before()
        assert before.bounds() == (
            datetime.combine(at - timedelta(1), time(), local),
            datetime.combine(at - timedelta(1), time(10, 15), local),
        )
        week = question(QueryDict("span=7d"), now).before()
        assert week.bounds()[1] == datetime.combine(at - timedelta(7), time(10, 15), local)


def test_figures_within_business_hours_and_the_calls_behind_them(client, admin_person, sales, support, day):
    assert "Business hours" not in opened(client, admin_person, "/figures/").content.decode()
    FigureSettings.objects.create(group=sales, hours="Mon-Sun 09:30-14:15", promise=45)
    FigureSettings.objects.create(group=support, hours="Mon-Sun 20:15-21:00")

    page = opened(client, admin_person, "/figures/").content.decode()
    said = told(client, admin_person, "hours=business")
    inspected = opened(client, admin_person, "/figures/offered/?hours=business").content.decode()

    assert re.search(r'<a href="\?[^"]*hours=business"', page)
    assert said["hours"] == "business"
    # Sales without the call at 15:00, none of Support's at 20:00, and the one without a group.
    assert texts(said)["offered"] == "12"
    assert {row["name"]: row["figures"]["offered"]["text"] for row in said["rows"]} == {"Sales": "11", "No group": "1"}
    assert re.search(r"<h3>Counted <span class=\"count\">12</span>", inspected)
    assert inspected.count('<tr><th scope="row">2') + inspected.count('<tr><th scope="row"><a') >= 12
    assert "Mon-Sun 09:30-14:15" in inspected
    assert "45 min" in inspected
    assert "Always open" in inspected
    links = re.findall(
        r'href="(/figures/\w+/\?[^"]*)"', opened(client, admin_person, "/figures/?hours=business").content.decode()
    )
    assert links
    assert all("hours=business" in link for link in links)


@pytest.mark.parametrize("query", ["hours=night", "hours=business&by=agent", "hours=business&by=line"])
def test_hours_that_there_are_no_figures_of_are_refused(client, admin_person, query):
    assert opened(client, admin_person, f"/figures/?{query}").status_code == 400
    assert opened(client, admin_person, f"/api/v1/figures/?{query}").status_code == 400


def test_the_settings_in_force_are_those_of_the_calls_that_an_inspector_is_about(client, admin_person, support, day):
    FigureSettings.objects.create(group=support, threshold=33)
    link = re.search(
        r'(/figures/lost/[^"]*of=\d+[^"]*)">2<', opened(client, admin_person, "/figures/").content.decode()
    )

    sales = opened(client, admin_person, html.unescape(link[1])).content.decode()
    everybody = opened(client, admin_person, "/figures/lost/?by=agent").content.decode()

    assert "<td>20 s</td>" in sales
    assert "<td>33 s</td>" not in sales
    assert "<td>33 s</td>" in everybody
    assert "No group" in everybody, "its call names no agent, and counts"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/figures/?by=agent", "/api/v1/figures/?by=agent", "/figures/offered/?by=agent"])
def test_all_that_a_page_reads_is_as_of_one_change(client, admin_person, sales, monkeypatch, path):
    """Whatever is committed between two readings of a page."""
    seen = []

    def elsewhere():
        ended(sales, agent_number=ASHA)
        connection.close()

    def and_then(*asked):
        found = read(*asked)
        with ThreadPoolExecutor(1) as another:
            another.submit(elsewhere).result()
        seen.append(found.as_of)
        return found

    ended(sales, agent_number=ASHA)
    for module in (pages, api, charts):
        monkeypatch.setattr(module, "read", and_then)
    assert opened(client, admin_person, path).status_code == 200

    assert len(seen) > 1
    assert len(set(seen)) == 1
