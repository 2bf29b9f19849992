"""The day of each group beside its live calls: as the Figures page says it, of one's own groups, and not read twice."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.days import day_bounds, day_of
from calls.figures import rollups
from calls.figures.glance import glance, glances
from calls.figures.reading import Asked, read
from calls.models import Call, CallGroup, FigureSettings
from calls.models.access import Scope
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import catch_up
from tests.conftest import person
from tests.pages.test_one_number_everywhere import ended, many, nine, none
from tests.support.factories import make_call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]

FIGURES = ("service-level", "answered", "lost")
ALL = Scope(None, masked=False)


def asked(client, query=""):
    return client.get(f"/figures/now/?by=group&{query}").json()


def texts(day):
    return day["level"]["text"], day["answered"], day["lost"]


def on_figures_page(client, query=""):
    """What the table by group says of today, by the group's name; the sum of all as "All"; and as of which change."""
    page = client.get(f"/figures/?span=today&by=group&{query}").content.decode()
    found = {}
    for row in re.findall(r'<tr><th scope="row">(.*?)</tr>', page.partition('id="table-title"')[2], re.DOTALL):
        cells = dict(re.findall(r'href="/figures/([\w-]+)/[^>]*>([^<]*)</a>', row))
        if set(FIGURES) <= cells.keys():
            name = unescape(re.sub(r"<[^>]*>", "", row.partition("</th>")[0]))
            found[name] = tuple(cells[name] for name in FIGURES)
    return found, int(re.search(r"Exact as of change (\d+)", page)[1])


def in_inspector(client, figure, query):
    page = client.get(f"/figures/{figure}/?{query}").content.decode()
    return re.search(r'<p class="fig-value">([^<]*)</p>', page)[1], int(re.search(r"as of change (\d+)", page)[1])


@pytest.mark.parametrize("query", ["", "group=Sales", "group=Support&group=-"])
@pytest.mark.parametrize("caught_up", [True, False])
@pytest.mark.parametrize("scene", [none, nine, many])
def test_each_group_is_as_on_the_figures_page_at_the_same_number(
    client, admin_person, sales, support, scene, caught_up, query
):
    FigureSettings.objects.create(group=support, threshold=12, goal=90, formula="3")
    scene(sales, support)
    if caught_up:
        catch_up(PROJECTIONS[rollups.NAME])
    client.force_login(admin_person)

    told = asked(client, query)
    rows, as_of = on_figures_page(client, query)

    said = {"No group" if name == "-" else name: texts(day) for name, day in told["groups"]["rows"].items()}
    assert {**said, "All": texts(told["groups"]["all"])} == (rows or {"All": ("–", "0", "0")})
    assert told["as_of"] == as_of > 0
    assert len(said) <= 3
    for name, day in told["groups"]["rows"].items():
        for figure, text in zip(FIGURES, texts(day), strict=True):
            link = f"{told['groups']['query']}&group={name}"
            assert in_inspector(client, figure, link) == (text, as_of)
    for figure, text in zip(FIGURES, texts(told["groups"]["all"]), strict=True):
        assert in_inspector(client, figure, told["groups"]["query_of_all"]) == (text, as_of)


def test_each_group_is_judged_by_its_own_limits(client, admin_person, sales, support):
    FigureSettings.objects.create(group=sales, goal=100)
    FigureSettings.objects.create(group=support, goal=95)
    third = CallGroup.objects.create(name="Billing")
    for group, late in ((sales, 1), (support, 4), (third, 2), (None, 0)):
        for at in range(10):
            ended(group, wait=60 if at < late else 3)
    ended(CallGroup.objects.create(name="Few"))
    make_call(CallGroup.objects.create(name="Quiet"), "ringing", ago=3)
    client.force_login(admin_person)

    days = {name: day["level"] for name, day in asked(client)["groups"]["rows"].items()}

    assert {name: (day["text"], day["goal"], day["code"]) for name, day in days.items()} == {
        "Sales": ("90.0 %", "100 %", "warn"),
        "Support": ("60.0 %", "95 %", "alarm"),
        "Billing": ("80.0 %", "80 %", "fine"),
        "-": ("100.0 %", "80 %", "fine"),
        "Few": ("1 of 1", "80 %", "few"),
        "Quiet": ("–", None, "none"),
    }
    words = [days[name]["word"] for name in ("Sales", "Support", "Billing")]
    assert words == ["below goal", "far below goal", "on goal"]


def test_it_costs_one_statement_for_the_names_and_no_second_reading(client, admin_person, sales, support):
    many(sales, support)
    catch_up(PROJECTIONS[rollups.NAME])
    client.force_login(admin_person)

    def statements(query):
        glances.forget()
        with CaptureQueriesContext(connection) as said:
            client.get(f"/figures/now/?{query}")
        return [each["sql"] for each in said.captured_queries]

    statements("")  # What is kept for longer than a second is read.
    without, with_groups = statements(""), statements("by=group")
    assert len(with_groups) == len(without) + 1
    cells = [sum("calls_figurecell" in sql for sql in each) for each in (without, with_groups)]
    assert cells[0] == cells[1] > 0


def test_a_day_by_group_takes_as_many_statements_as_the_whole_day(sales, support):
    many(sales, support)
    catch_up(PROJECTIONS[rollups.NAME])
    day = Asked(*day_bounds(day_of(timezone.now())), ALL)
    said = []
    for by in ("", "group"):
        with CaptureQueriesContext(connection) as statements:
            read(day, by, timezone.now())
        said.append([each["sql"].split("WHERE")[0] for each in statements.captured_queries])
    assert said[0] == said[1]


def test_what_is_kept_of_groups_holds_no_waits(sales, support):
    many(sales, support)
    found = glance(ALL, None, timezone.now())

    assert found.groups.keys() == {0, sales.pk, support.pk}
    assert sum(tally.marks.total() for tally in found.groups.values()) == found.today.marks.total()
    assert sum(tally.level_of for tally in found.groups.values()) == found.today.level_of
    assert found.today.waits.total() and not any(tally.waits.total() for tally in found.groups.values())


def test_people_are_told_of_their_own_groups(client, sales_supervisor, sales, support):
    many(sales, support)
    client.force_login(sales_supervisor)

    assert asked(client)["groups"]["rows"].keys() == {"Sales"}
    assert asked(client, "group=Support")["groups"]["rows"] == {}
    assert "groups" not in client.get("/figures/now/").json(), "only while groups are shown"


def test_masked_people_are_told_names_as_their_rows_say_them(client, sales):
    sales.name = "Desk 9000000199"
    sales.save()
    ended(sales)
    client.force_login(person("mira", "viewer", sales))

    told = asked(client)["groups"]
    [row] = client.get("/api/calls/").json()["calls"]
    [(name, day)] = told["rows"].items()

    assert name == row["group"] and "•" in name and "9000000199" not in str(told)
    assert in_inspector(client, "answered", f"{told['query']}&group={name}")[0] == day["answered"] == "1"


def test_a_group_that_is_being_joined_is_one_with_the_other(client, admin_person, sales, support):
    many(sales, support)
    whole = texts(asked_after_joining(client, admin_person, sales, support)["all"])
    joined = asked(client)["groups"]

    assert joined["rows"].keys() == {"Sales", "-"}
    assert in_inspector(client, "answered", f"{joined['query']}&group=Sales")[0] == joined["rows"]["Sales"]["answered"]
    assert texts(joined["all"]) == whole


def asked_after_joining(client, admin_person, sales, support):
    """What was said before; then Support is joined into Sales, and its calls have not gone over yet."""
    client.force_login(admin_person)
    before = asked(client)["groups"]
    CallGroup.objects.filter(pk=support.pk).update(joined_into=sales)
    glances.forget()
    assert Call.objects.filter(group=support).exists()
    return before


def test_a_deleted_group_has_no_row(client, admin_person, sales, support):
    ended(sales)
    ended(support)
    client.force_login(admin_person)
    catch_up(PROJECTIONS[rollups.NAME])
    glance_before = asked(client)["groups"]["rows"]
    Call.objects.filter(group=support).update(group=None)
    support.delete()
    glances.forget()

    assert glance_before.keys() == {"Sales", "Support"}
    assert asked(client)["groups"]["rows"].keys() == {"Sales"}


# --- the first page ---------------------------------------------------------------------------------------------


def rows_of(page):
    table = page[page.index("<group-list") : page.index("</group-list>")]
    return re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", table, re.DOTALL)


def test_the_first_page_has_the_day_of_each_group_without_scripts(client, admin_person, sales, support):
    nine(sales, support)
    make_call(sales, "ringing", ago=5)
    client.force_login(admin_person)

    page = client.get("/?view=groups").content.decode()

    rows = {unescape(re.search(r"<a [^>]*>([^<]*)<", row)[1]): row for row in rows_of(page)}
    assert list(rows) == ["Sales", "No group", "Support"], "who waits on top; the others had calls today"
    by_hand = {"Sales": ("5 of 5", "5", "0"), "Support": ("3 of 3", "3", "0"), "No group": ("0 of 1", "0", "1")}
    for name, expected in by_hand.items():
        cells = re.findall(r'<a href="(/figures/[^"]*)">([^<]*)</a>', rows[name])
        assert tuple(text for _, text in cells) == expected
        for address, text in cells:
            inspected = client.get(unescape(address)).content.decode()
            assert f'<p class="fig-value">{text}</p>' in inspected
    assert "<span>few calls</span>" in rows["Sales"]
    assert 'id="groups-today"' in page
    assert 'id="groups-today"' not in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["Sales", "No group", "Support"]),
        ("&group=Support", ["Support"]),
        ("&state=ringing", ["Sales"]),
        ("&q=nobody", []),
        ("&group=Nobody", []),
    ],
)
def test_quiet_groups_stand_there_while_only_groups_are_asked_for(client, admin_person, sales, support, query, shown):
    nine(sales, support)
    make_call(sales, "ringing", ago=5)
    client.force_login(admin_person)

    page = client.get(f"/?view=groups{query}").content.decode()

    assert [unescape(re.search(r"<a [^>]*>([^<]*)<", row)[1]) for row in rows_of(page)] == shown
    assert ("hidden" in re.search(r'id="empty-filtered"([^>]*)>', page)[1]) is bool(shown)


def test_a_board_without_calls_says_so(client, admin_person):
    client.force_login(admin_person)
    page = client.get("/?view=groups").content.decode()

    assert rows_of(page) == []
    assert re.search(r'id="empty-live"([^>]*)>', page)[1] == ""


def test_a_group_whose_calls_began_yesterday_has_nothing_today(client, admin_person, sales):
    make_call(sales, "talking", began_at=timezone.now() - timedelta(hours=13), answered_at=timezone.now())
    client.force_login(admin_person)

    [row] = rows_of(client.get("/?view=groups").content.decode())

    assert re.findall(r'<a href="/figures/[^"]*">([^<]*)</a>', row) == ["–", "0", "0"]
