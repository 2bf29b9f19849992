"""A screen on a wall: its own token, its own groups, only figures; and it says when it shows nothing."""

import json
import re
import threading
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from calls.commit import groups
from calls.figures import glance as glances_module
from calls.figures.glance import Shared, glance, glances
from calls.figures.learned_patience import patiences
from calls.figures.parts import Clock
from calls.figures.patience import Patience
from calls.models import CallGroup, FigureSettings, Kiosk
from calls.models.access import Scope
from calls.pages import wallboard
from calls.people.kiosks import STALE_AFTER, is_stale
from tests.support.factories import make_call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]
ALL = Scope(None, masked=False)


def a_screen(*groups, name="Hall", **more):
    kiosk = Kiosk.objects.create(name=name, all_groups=not groups, **more)
    kiosk.groups.set(groups)
    return kiosk, kiosk.new_token()


def figures(token, client=None):
    answer = (client or Client()).get(f"/wall/{token}/figures/")
    return answer.status_code, answer.json()


def ended(group, outcome="answered", wait=3, ago=60, **more):
    at = timezone.now() - timedelta(seconds=ago)
    answered = at + timedelta(seconds=wait) if outcome == "answered" else None
    return make_call(
        group, "ended", began_at=at, started_at=at, outcome=outcome, wait_seconds=wait, answered_at=answered, **more
    )


@pytest.fixture
def traffic(sales, support):
    for _ in range(9):
        ended(sales)
    ended(sales, wait=40)
    ended(sales, "abandoned", wait=30)
    ended(support, "missed", wait=30)
    make_call(sales, "ringing", ago=12, ringing_at=timezone.now())
    make_call(support, "ringing", ago=50)
    make_call(None, "talking", ago=90, answered_at=timezone.now() - timedelta(seconds=85))


# --- whose calls --------------------------------------------------------------------------------------------------


def test_a_screen_counts_the_calls_of_its_groups(traffic, sales, support):
    _, all_of_them = figures(a_screen()[1])
    _, of_sales = figures(a_screen(sales, name="Sales")[1])
    _, of_both = figures(a_screen(sales, support, name="Both")[1])

    assert [said["waiting"] for said in (all_of_them, of_sales, of_both)] == [2, 1, 2]
    assert [said["live"] for said in (all_of_them, of_sales, of_both)] == [3, 1, 2]
    assert [said["answered"] for said in (all_of_them, of_sales, of_both)] == ["10", "10", "10"]
    assert [said["lost"] for said in (all_of_them, of_sales, of_both)] == ["2", "1", "2"]
    assert of_sales["whose"] == "Sales"
    assert of_both["whose"] == "\u2068Sales\u2069, \u2068Support\u2069", "names of two scripts keep their order"
    assert of_sales["level"]["lately"]["text"] == "81.8 %", "9 of 11: a waiting call within 20 s is left out"
    assert of_both["level"]["lately"]["numerator"] == 9
    assert of_both["level"]["lately"]["denominator"] == 13, "a live call past the threshold counts already"


def test_a_screen_without_groups_counts_nothing(traffic):
    kiosk, token = a_screen()
    Kiosk.objects.filter(pk=kiosk.pk).update(all_groups=False)

    _, said = figures(token)

    assert (said["waiting"], said["live"], said["answered"], said["lost"]) == (0, 0, "0", "0")
    assert said["level"]["today"]["text"] == "–"


def test_a_screen_follows_its_groups_where_they_are_joined(traffic, sales, support):
    token = a_screen(sales)[1]
    groups.join([sales], support)

    _, said = figures(token)

    assert (said["whose"], said["waiting"], said["lost"]) == ("Support", 2, "2")


def test_the_figures_are_those_of_the_figures_page(client, admin_person, traffic):
    _, said = figures(a_screen()[1])
    client.force_login(admin_person)
    today = client.get("/api/v1/figures/?span=today").json()
    lately = client.get("/api/v1/figures/?span=30m").json()

    assert today["as_of"] == lately["as_of"] == said["as_of"]
    assert said["answered"] == today["figures"]["answered"]["text"]
    assert said["lost"] == today["figures"]["lost"]["text"]
    assert said["level"]["today"]["text"] == today["figures"]["service-level"]["text"]
    assert said["level"]["lately"]["text"] == lately["figures"]["service-level"]["text"]


def test_a_level_stands_to_the_goals_of_its_groups(sales):
    for n in range(20):
        ended(sales, wait=40 if n < 3 else 3)
    token = a_screen()[1]
    assert figures(token)[1]["level"]["lately"]["code"] == "fine"

    for goal, code in ((90, "warn"), (96, "alarm")):
        FigureSettings.objects.update_or_create(group=None, defaults={"goal": goal})
        for shared in (glances, wallboard.shared):
            shared.forget()
        level = figures(token)[1]["level"]["lately"]
        assert (level["code"], level["goal"]) == (code, f"{goal} %")


@pytest.mark.parametrize(("clock", "since"), [(Clock.WHOLE_CALL, -12), (Clock.AFTER_PICKUP, -12), (Clock.RINGING, -7)])
def test_waits_come_to_the_limits_of_their_groups_on_the_clock_of_these(monkeypatch, sales, support, clock, since):
    now = timezone.now()
    make_call(sales, "ringing", ago=12, ringing_at=now - timedelta(seconds=7))
    make_call(sales, "ringing", ago=5, ringing_at=now)
    make_call(support, "ringing", ago=90)
    make_call(sales, "talking", ago=300)
    token, of_support = a_screen(sales)[1], a_screen(support, name="Desk")[1]
    assert figures(token)[1]["waits_long_from"] is None, "nothing is known of the group"

    learned = {sales.pk: Patience(clock, 3, 15, 25, (10,))}
    monkeypatch.setattr(patiences, "get", lambda now: learned)
    wallboard.shared.forget()
    _, said = figures(token)

    moments = [datetime.fromisoformat(said[name]) for name in ("waits_long_from", "waits_too_long_from")]
    assert [round((at - now).total_seconds()) for at in moments] == [since + 3 + 15, since + 3 + 25]
    assert figures(of_support)[1]["waits_too_long_from"] is None, "another group's callers are as patient as all"


def test_a_trend_is_told_of_ten_calls_and_more(sales):
    for n in range(10):
        ended(sales, wait=3, ago=600)
        ended(sales, wait=40 if n else 3, ago=45 * 60)
    assert figures(a_screen()[1])[1]["level"]["trend"] == "up"


# --- who may look -------------------------------------------------------------------------------------------------


def test_an_unknown_address_shows_nothing(traffic):
    for token in ("nothing", "a" * 300, "%00", "..%2f", "ü"):
        assert Client().get(f"/wall/{token}/").status_code == 404
        assert Client().get(f"/wall/{token}/figures/").status_code == 404
    assert Client().get("/wall/").status_code == 404


def test_a_revoked_screen_is_told_so_at_its_next_look_and_shows_no_figure(traffic):
    kiosk, token = a_screen()
    assert figures(token)[0] == 200
    kiosk.revoke()

    status, said = figures(token)
    page = Client().get(f"/wall/{token}/")

    assert (status, list(said)) == (410, ["closed"])
    assert page.status_code == 410
    assert "switched off" in page.content.decode()
    assert "wall-tile" not in page.content.decode()


def test_a_new_address_ends_the_one_before(traffic):
    kiosk, before = a_screen()
    now = kiosk.new_token()

    assert figures(before)[0] == 404
    assert figures(now)[0] == 200
    kiosk.revoke()
    assert figures(kiosk.new_token())[0] == 200, "made anew after it was revoked"


def test_a_screen_has_no_session_gets_no_cookie_and_only_reads(traffic, admin_person):
    token = a_screen()[1]
    client = Client(enforce_csrf_checks=True)

    for path in (f"/wall/{token}/", f"/wall/{token}/figures/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert not answer.cookies
        assert answer["Cache-Control"] == "no-store"
        assert client.post(path).status_code in (403, 405)
    assert client.get("/").status_code == 302
    assert client.get("/api/v1/figures/").status_code == 403


def test_no_number_and_no_name_of_a_customer_leaves(sales):
    named = CallGroup.objects.create(name="Sales 9000000777")
    make_call(named, "ringing", ago=30, customer_number="+919000000111", agent_name="Asha Test")
    ended(named, customer_number="+919000000112", recording_url="https://records.example.com/1.mp3")
    token = a_screen(named, name="Desk 9000000888")[1]

    for path in (f"/wall/{token}/", f"/wall/{token}/figures/"):
        text = Client().get(path).content.decode()
        for secret in (
            "9000000111",
            "9000000112",
            "9000000777",
            "9000000888",
            "Asha",
            "records.example.com",
            "40000001",
        ):
            assert secret not in text, (path, secret)
    assert set(figures(token)[1]) == {
        *("page", "screen", "whose", "now", "as_of", "behind", "level"),
        *("answered", "lost", "abandoned", "missed", "lost-rate", "offered", "outgoing"),
        *("waiting", "waiting_since", "waits_long_from", "waits_too_long_from", "live", "live_note", "lost_track"),
    }, "a new part of the answer is looked at here first: may people who pass by read it?"


def test_the_token_is_kept_as_a_digest_and_stays_out_of_the_log(traffic):
    from dashboard.logs import without_secrets

    kiosk, token = a_screen()
    kiosk.refresh_from_db()
    assert token not in json.dumps({f.name: str(getattr(kiosk, f.name)) for f in Kiosk._meta.fields})
    for path in (f"/wall/{token}/", f"https://calls.example.com/wall/{token}/figures/?theme=light"):
        assert token not in without_secrets(f"Not Found: {path}")


# --- seen, and stale ----------------------------------------------------------------------------------------------


def test_it_is_noted_when_a_screen_was_seen_and_who_is_stale(django_assert_num_queries):
    kiosk, token = a_screen()
    figures(token)
    kiosk.refresh_from_db()
    first = kiosk.last_seen_at
    assert first is not None
    figures(token)
    kiosk.refresh_from_db()
    assert kiosk.last_seen_at == first, "not with each look"
    assert not is_stale(kiosk, first + STALE_AFTER / 2)
    assert is_stale(kiosk, first + STALE_AFTER * 2)


# --- what it costs ------------------------------------------------------------------------------------------------


def test_many_screens_cost_one_reading_a_second(traffic, django_assert_max_num_queries):
    _kiosk, token = a_screen()
    figures(token)
    with django_assert_max_num_queries(4):
        for _ in range(2):
            assert figures(token)[0] == 200


def test_a_reading_is_kept_for_a_second_and_made_once_for_all_who_ask(monkeypatch):
    made, slow = [], threading.Event()

    def read(scope, groups, now):
        slow.wait(0.2)
        made.append(scope)
        return len(made)

    shared, clock = Shared(read), [100.0]
    monkeypatch.setattr(glances_module.time, "monotonic", lambda: clock[0])
    threads = [threading.Thread(target=shared.get, args=(ALL, None, timezone.now())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert shared.get(ALL, frozenset([3]), timezone.now()) == 2, "other groups are another reading"
    clock[0] += 1.0
    assert shared.get(ALL, None, timezone.now()) == 3


def test_a_glance_is_as_of_one_number(traffic, monkeypatch):
    found = glance(ALL, None, timezone.now())
    assert found.lately.marks == found.today.marks
    assert not found.before.marks


# --- set-up -------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(client, admin_person):
    client.force_login(admin_person)
    return client


def made(admin, **said):
    answer = admin.post("/admin/calls/kiosk/add/", {"name": "Hall", "all_groups": "on", **said}, follow=True)
    found = re.search(r'id="address"[^>]*value="([^"]+)"', answer.content.decode())
    return answer, found and found[1]


def test_a_screen_is_made_in_set_up_and_its_address_is_shown_once(admin):
    answer, address = made(admin)

    assert "Shown only now" in answer.content.decode()
    path = address[address.index("/wall/") :]
    assert Client().get(path).status_code == 200
    again = admin.get(answer.redirect_chain[-1][0]).content.decode()
    assert path not in again
    assert "was shown once" in again
    assert path.split("/")[2] not in admin.get("/admin/calls/kiosk/").content.decode()


def test_a_screen_needs_groups(admin, sales):
    answer = admin.post("/admin/calls/kiosk/add/", {"name": "Hall"})
    assert "counts no call" in answer.content.decode()
    assert not Kiosk.objects.exists()
    made(admin, all_groups="", groups=[sales.pk])
    assert Kiosk.objects.get().scope.groups == {sales.pk}


def test_set_up_lists_screens_and_revokes_them(admin):
    _, address = made(admin)
    kiosk = Kiosk.objects.get()
    assert "not opened yet" in admin.get("/admin/calls/kiosk/").content.decode()
    path = address[address.index("/wall/") :]
    assert Client().get(f"{path}figures/").status_code == 200
    assert ">on<" in admin.get("/admin/calls/kiosk/").content.decode()
    Kiosk.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))
    assert "not seen lately" in admin.get("/admin/calls/kiosk/").content.decode()

    change = admin.get(f"/admin/calls/kiosk/{kiosk.pk}/change/").content.decode()
    assert "Revoke the address" in change
    assert admin.get(f"/admin/calls/kiosk/{kiosk.pk}/revoke/").status_code == 405
    assert admin.post(f"/admin/calls/kiosk/{kiosk.pk}/revoke/").status_code == 302

    assert Client().get(path).status_code == 410
    assert "revoked" in admin.get("/admin/calls/kiosk/").content.decode()
    replaced = admin.post(f"/admin/calls/kiosk/{kiosk.pk}/token/", follow=True).content.decode()
    assert "Shown only now" in replaced
    assert Client().get(path).status_code == 404


def test_only_admins_who_see_all_make_screens(client, sales_supervisor, masked_viewer):
    kiosk, _ = a_screen()
    for person in (sales_supervisor, masked_viewer, User.objects.create_user("nobody")):
        client.force_login(person)
        for way in ("token", "revoke"):
            assert client.post(f"/admin/calls/kiosk/{kiosk.pk}/{way}/").status_code in (302, 403)
        assert client.get(f"/admin/calls/kiosk/{kiosk.pk}/address/").status_code in (302, 403)
    kiosk.refresh_from_db()
    assert kiosk.works


# --- the strip of the board ---------------------------------------------------------------------------------------


def test_the_strip_is_that_of_the_figures_page_and_of_the_groups_chosen(client, admin_person, traffic):
    client.force_login(admin_person)
    for chosen in ("", "group=Sales", "group=Sales&group=Support", "group=-"):
        told = client.get(f"/figures/now/?{chosen}").json()
        today = client.get(f"/api/v1/figures/?span=today&{chosen}").json()
        lately = client.get(f"/api/v1/figures/?{told['queries']['lately']}").json()
        assert told["as_of"] == today["as_of"] == lately["as_of"]
        assert told["lost"] == today["figures"]["lost"]["text"]
        assert told["level"]["today"]["text"] == today["figures"]["service-level"]["text"]
        assert told["level"]["lately"]["text"] == lately["figures"]["service-level"]["text"]
        inspected = client.get(f"/figures/service-level/?{told['queries']['lately']}").content.decode()
        assert told["level"]["lately"]["text"] in inspected
        page = client.get(f"/?{chosen}").content.decode()
        assert f'data-glance="lately">{told["level"]["lately"]["text"]}<' in page
        assert f'data-glance="lost">{told["lost"]}<' in page


def test_the_strip_counts_for_each_viewer_their_own_groups_only(
    client, traffic, sales_supervisor, support_supervisor, outsider
):
    lost = {}
    for person in (sales_supervisor, support_supervisor):
        client.force_login(person)
        told = client.get("/figures/now/?group=Sales").json()
        lost[person.username] = (told["lost"], told["level"]["lately"]["text"])
    assert lost == {"sales-supervisor": ("1", "81.8 %"), "support-supervisor": ("0", "–")}
    client.force_login(outsider)
    assert client.get("/figures/now/").status_code == 403
    client.logout()
    assert client.get("/figures/now/").status_code == 403


def test_changed_settings_reach_the_strip_with_the_next_reading(client, admin_person, traffic, sales, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(glances_module.time, "monotonic", lambda: clock[0])
    client.force_login(admin_person)
    assert client.get("/figures/now/?group=Sales").json()["level"]["lately"]["numerator"] == 9
    FigureSettings.objects.create(group=sales, threshold=60)
    clock[0] += glances_module.KEPT_SECONDS
    assert client.get("/figures/now/?group=Sales").json()["level"]["lately"]["numerator"] == 10
