"""A closer look: figures that set calls beside one another, for those who may see the calls, each with its calls."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.figures import close_reading
from calls.figures.close_look import CLOSE_FIGURES
from calls.models import Agent, FigureSettings
from tests.support.factories import a_source, make_call

pytestmark = pytest.mark.django_db
ASHA, BELA = "+918000000201", "+918000000202"


@pytest.fixture
def traffic(sales, support):
    """Two customers of Sales; the first called again at Support an hour after. One number is withheld."""
    start = timezone.now() - timedelta(hours=30)

    def call(group, after, digits, **columns):
        began = start + timedelta(seconds=after)
        number = {
            "customer_number": digits and f"+91{digits}",
            "customer_key": digits,
            "customer_reversed": digits[::-1],
        }
        return make_call(
            group, "ended", began_at=began, started_at=began, answered_at=began + timedelta(seconds=10),
            ringing_at=began, ended_at=began + timedelta(seconds=100), agent_number=ASHA, **number, **columns,
        )  # fmt: skip

    return [call(sales, 0, "9000000101"), call(sales, 50, "9000000102"), call(support, 3_700, "9000000101"),
            call(sales, 4_000, "")]  # fmt: skip


def opened(client, person, path):
    client.force_login(person, backend="calls.people.sign_in.SignInBackend")
    return client.get(path)


def close(client, person, query="span=7d"):
    said = opened(client, person, f"/api/v1/figures/?close=yes&{query}").json()["close"]
    return {name: each["text"] for name, each in said.items()}


def test_page_interface_and_inspector_say_the_same(client, admin_person, traffic):
    said = close(client, admin_person)
    page = opened(client, admin_person, "/figures/close/?span=7d").content.decode()

    assert said["most-at-once"] == "2"
    assert (said["callers"], said["calls-per-caller"]) == ("2", "1.5")
    assert said["again-within-day"] == said["again-within-week"] == "1 of 3"
    assert "/figures/close/?span=7d" in opened(client, admin_person, "/figures/?span=7d").content.decode()
    for name, figure in CLOSE_FIGURES.items():
        tile = re.search(
            rf'href="(/figures/close/{name}/[^"]*)"[^>]*>\s*<h2>[^<]*</h2>\s*<p class="fig-value">([^<]*)<', page
        )
        inspected = opened(client, admin_person, tile[1].replace("&amp;", "&")).content.decode()
        assert tile[2] == said[name]
        assert f'<p class="fig-value">{said[name]}</p>' in inspected
        assert figure.formula[:40] in html.unescape(inspected)


def test_the_calls_behind_a_figure_are_listed_on_their_side(client, admin_person, traffic):
    counted = opened(client, admin_person, "/figures/close/again-within-day/?span=7d").content.decode()
    among = opened(client, admin_person, "/figures/close/again-within-day/?span=7d&side=among").content.decode()

    def listed(page):
        return {int(call) for call in re.findall(r"/admin/calls/call/(\d+)/change/", page)}

    assert listed(counted) == {traffic[0].pk}
    assert listed(among) == {traffic[1].pk, traffic[2].pk}


def test_only_calls_of_the_viewers_groups_count_also_those_that_follow(client, sales_supervisor, traffic):
    said = close(client, sales_supervisor)

    assert said["again-within-day"] == "0 of 2"
    assert said["callers"] == "2"


def test_a_lost_caller_was_reached_by_a_call_out_or_by_calling_again(
    client, admin_person, sales_supervisor, sales, support
):
    start = timezone.now() - timedelta(hours=30)

    def call(group, after, digits, outcome, direction="incoming", **columns):
        began = start + timedelta(seconds=after)
        picked = began + timedelta(seconds=10) if outcome == "answered" else None
        return make_call(
            group, "ended", began_at=began, started_at=began, outcome=outcome, direction=direction, wait_seconds=20,
            answered_at=picked, ended_at=began + timedelta(seconds=20), customer_number=f"+91{digits}",
            customer_key=digits, customer_reversed=digits[::-1], **columns,
        ).pk  # fmt: skip

    lost = [call(sales, after, f"900000010{after}", "missed") for after in range(4)]
    picked = {"leg_a_picked_at": start + timedelta(seconds=1_014), "coins": "1.5"}
    reaching = call(sales, 1_010, "9000000100", "answered", "outgoing", **picked)
    call(sales, 2_010, "9000000100", "answered", "outgoing", **picked)
    call(support, 2_000, "9000000101", "answered", coins="7")
    picked = {"leg_a_picked_at": start + timedelta(seconds=3_008), "coins": "0.25"}
    in_vain = call(sales, 3_000, "9000000102", "customer_missed", "outgoing", **picked)
    make_call(sales, "dialing", began_at=start + timedelta(seconds=3_100), direction="outgoing", coins="7",
              customer_key="9000000102", customer_reversed="9000000102"[::-1])  # fmt: skip

    said = close(client, admin_person)
    spent = opened(client, admin_person, "/figures/close/cost-per-recovered/?span=7d").content.decode()
    counted = opened(client, admin_person, "/figures/close/lost-reached/?span=7d").content.decode()

    assert (said["lost-reached"], said["time-until-reached"]) == ("2 of 4", "16:40")
    assert said["cost-per-recovered"] == "0.88"  # 1.5 and 0.25, of two
    assert re.findall(r"/admin/calls/call/(\d+)/change/", spent) == [str(in_vain), str(reaching)]
    assert (said["agent-reaction"], said["dial-and-talk"]) == ("0:06", "0:20")
    assert set(map(int, re.findall(r"/admin/calls/call/(\d+)/change/", counted))) == set(lost[:2])
    own = close(client, sales_supervisor)
    assert own["lost-reached"] == "1 of 4", "what others spoke is not theirs to know"
    assert own["cost-per-recovered"] == "1.75"


@pytest.fixture
def rings(sales, support):
    """Sales rang Asha twice, who did not pick up, and then Bela, who did. Support rang Asha, whose phone was busy, and
    Bela, who did not pick up.
    """
    Agent.objects.create(source=a_source(), number=ASHA, number_key=ASHA, name="Asha Test", settled=True)

    def call(group, *rings):
        at = timezone.now() - timedelta(hours=30)
        told = [{"agent_number": agent, "state": state, "at": at.isoformat()} for agent, state in rings]
        return make_call(group, "ended", began_at=at, started_at=at, ring_attempts=told)

    return [call(sales, (ASHA, "rang_out"), (ASHA, "not_taken"), (BELA, "talking")),
            call(support, (ASHA, "busy"), (BELA, "hung_up"))]  # fmt: skip


def test_rings_that_were_not_taken_by_agent_with_their_calls(client, admin_person, sales_supervisor, rings):
    path = "/figures/close/rings-not-taken/"
    tiles = opened(client, admin_person, "/figures/close/?span=7d").content.decode()
    page = opened(client, admin_person, f"{path}?span=7d").content.decode()
    said = opened(client, admin_person, "/api/v1/figures/?close=yes&span=7d").json()["close"]["rings-not-taken"]

    assert re.search(
        r"Rings not taken</h2><p class=\"fig-value\">3 of 4</p><p [^>]*>as far as live events told<", tiles
    )
    assert "3 of 4 rings" in page
    rows = re.findall(r'<th scope="row">(.*?)</th>\s*<td><a href="(\?[^"]*)">(\d)</a></td><td>(\d)</td>', page)
    assert [(html.unescape(re.sub("<[^>]*>", " ", name)).split()[:2], *counts) for name, _, *counts in rows] == [
        (["Asha", "Test"], "2", "2"), (["+91", "80000"], "1", "2")
    ]  # fmt: skip
    assert [(each["name"], each["text"]) for each in said["agents"]] == [("Asha Test", "2 of 2"), ("", "1 of 2")]
    of_bela = html.unescape(rows[1][1])
    for query, calls in ((of_bela, rings[1:]), (f"{of_bela}&side=among", rings[:1])):
        own = opened(client, admin_person, f"{path}{query}").content.decode()
        assert re.findall(r"/admin/calls/call/(\d+)/change/", own) == [str(call.pk) for call in calls]
        assert "1 of 2 rings" in own
        assert "By agent" not in own
    assert opened(client, admin_person, f"{path}?span=7d&agent=nobody").status_code == 404
    assert close(client, sales_supervisor)["rings-not-taken"] == "2 of 3"


def test_masked_people_are_told_of_rings_without_numbers(client, masked_viewer, rings):
    for path in ("/figures/close/rings-not-taken/?span=7d", "/api/v1/figures/?close=yes&span=7d"):
        said = opened(client, masked_viewer, path).content.decode()
        assert "Asha Test" in said
        assert not re.search(r"8000000202|80000 00202|8000000201", said)


def test_who_was_lost_in_the_menu_counts_where_the_group_says_so(client, admin_person, sales):
    start = timezone.now() - timedelta(hours=30)
    for seconds, digits in ((40, "9000000101"), (3, "9000000102")):
        make_call(
            sales, "ended", began_at=start, started_at=start, outcome="ivr_only", wait_seconds=None,
            ended_at=start + timedelta(seconds=seconds), customer_key=digits, customer_reversed=digits[::-1],
        )  # fmt: skip
    names = ("callers", "lost-reached")

    said = close(client, admin_person)
    assert [said[name] for name in names] == ["0", "–"]
    FigureSettings.objects.create(group=sales, menu_offered=True)
    said = close(client, admin_person)
    assert [said[name] for name in names] == ["2", "0 of 1"], "one was a short abandon"


def test_masked_people_get_no_number(client, masked_viewer, traffic):
    for path in ("close/", "close/callers/", "close/most-at-once/"):
        assert "9000000101" not in opened(client, masked_viewer, f"/figures/{path}?span=7d").content.decode()


def test_a_span_with_too_many_calls_says_so(client, admin_person, traffic, monkeypatch):
    monkeypatch.setattr(close_reading, "MOST_CALLS", 3)

    page = opened(client, admin_person, "/figures/close/?span=7d").content.decode()

    assert "Too many calls for a closer look" in page
    assert opened(client, admin_person, "/figures/close/callers/?span=7d").status_code == 200
    assert opened(client, admin_person, "/api/v1/figures/?close=yes&span=7d").json()["close"] is None


def test_what_is_not_there_and_who_may_not(client, admin_person, outsider, traffic):
    assert opened(client, admin_person, "/figures/close/moon/").status_code == 404
    assert opened(client, admin_person, "/figures/close/callers/?place=-1&side=x").status_code == 200
    assert opened(client, outsider, "/figures/close/").status_code == 403
