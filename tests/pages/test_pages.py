"""The pages people see: who gets which, and that they hold no markup of strangers and nothing inline."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from calls.display import formats, wording
from calls.models import Call, Delivery
from calls.words import State

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Without `collectstatic` there is no manifest of hashed names."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def a_call(source, group, **given) -> Call:
    now = timezone.now()
    facts = {"state": State.RINGING, "direction": "incoming", "began_at": now, "heard_at": now, "seq": 1}
    facts |= {"ref": "r1", "customer_number": "+919000000101", "agent_name": "Asha"}
    return Call.objects.create(source=source, group=group, **facts | given)


def snapshot_of(page: str) -> dict:
    return json.loads(re.search(r'<script id="snapshot" type="application/json">(.*?)</script>', page)[1])


def page_of(client, person, path="/") -> str:
    client.force_login(person, backend="calls.people.sign_in.SignInBackend")
    return client.get(path).content.decode()


def test_the_board_asks_who_one_is(client):
    answer = client.get("/")
    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/")


def test_somebody_without_access_is_told_what_is_missing(client, outsider, source, sales):
    a_call(source, sales)
    client.force_login(outsider, backend="calls.people.sign_in.SignInBackend")
    answer = client.get("/")
    assert answer.status_code == 403
    assert "No access yet" in answer.content.decode()
    assert "9000000101" not in answer.content.decode()


def test_the_first_board_is_readable_before_any_script_runs(client, sales_supervisor, source, sales):
    a_call(source, sales)
    page = page_of(client, sales_supervisor)
    rows = page[page.index("<live-list") : page.index("</live-list>")]
    for word in ("Ringing", "<span>+91</span><span>90000</span><span>00101</span>", "Sales", "Asha"):
        assert word in rows


def test_the_first_board_holds_long_names_whole_and_in_their_direction(client, sales_supervisor, source, sales):
    name = "वेंकटनरसिम्हा राजुवरिपेटा"
    sales.name = "خدمة العملاء"
    sales.save()
    a_call(source, sales, agent_name=name)
    a_call(source, sales, ref="r2", state=State.ENDED, agent_name=name, ended_at=timezone.now())
    page = page_of(client, sales_supervisor)
    for tag in ("live-list", "completed-list"):
        rows = page[page.index(f"<{tag}") : page.index(f"</{tag}>")]
        for each in (name, sales.name):
            assert re.search(f'<span class="cut[^"]*" dir="auto" title="{each}">{each}</span>', rows)


def test_the_page_carries_the_snapshot_for_the_script(client, sales_supervisor, source, sales):
    call = a_call(source, sales)
    snapshot = snapshot_of(page_of(client, sales_supervisor))
    assert [row["id"] for row in snapshot["calls"]] == [call.id]
    assert snapshot["totals"]["waiting"] == 1


def test_a_colleague_of_another_group_gets_no_byte_of_the_call(client, support_supervisor, source, sales):
    a_call(source, sales)
    page = page_of(client, support_supervisor)
    assert "9000000101" not in page
    assert "Asha" not in page


def test_a_masked_viewer_gets_no_full_number(client, masked_viewer, source, sales):
    a_call(source, sales)
    page = page_of(client, masked_viewer)
    assert "9000000101" not in page
    assert "<span>+91</span><span>•••••</span><span>•0101</span>" in page


def test_what_a_provider_sends_is_never_markup(client, sales_supervisor, source, sales):
    a_call(source, sales, agent_name="</script><img src=x onerror=alert(1)>", customer_number="<b>x</b>")
    page = page_of(client, sales_supervisor)
    assert "<img src=x" not in page
    assert "<b>x" not in page


def test_an_empty_board_leads_its_admin_on_and_nobody_else(
    client, admin_person, sales_supervisor, source, source_token
):
    page = page_of(client, admin_person)
    assert "waits for its first delivery" in page and f"/hooks/…{source_token[-4:]}" in page
    assert source_token not in page
    assert f"/admin/calls/source/{source.pk}/token/" in page
    plain = page_of(client, sales_supervisor)
    assert "first delivery" not in plain and "/hooks/" not in plain and ">Set-up<" not in plain


def test_a_source_that_delivered_waits_for_nothing(client, admin_person, source):
    Delivery.objects.create(source=source, received_at=timezone.now(), body=b"{}", content_key=b"1")
    page = page_of(client, admin_person)
    assert "first delivery" not in page
    assert "says when each source delivered last" in page


def test_who_was_signed_out_is_told_so_and_led_back(client):
    page = client.get("/accounts/login/?ended=1&next=/%3Fgroup%3DSales").content.decode()
    assert "You were signed out." in page
    assert 'value="/?group=Sales"' in page
    assert "You were signed out." not in client.get("/accounts/login/").content.decode()


def test_the_signs_of_a_row_are_explained_where_the_keys_are(client, sales_supervisor):
    def help_of(path: str) -> str:
        page = page_of(client, sales_supervisor, path)
        return page[page.index('id="help"') : page.index("</dialog>")]

    for sign in ("dot--ringing", "dot--talking", 'class="ordinal"', 'class="badge"', "#i-lost"):
        assert sign in help_of("/")
    assert "dot" not in help_of("/accounts/password_change/")


def test_signing_in_leads_to_where_one_wanted_to_go(client, sales_supervisor):
    sent = {"username": "sales-supervisor", "password": "sales-supervisor", "next": "/?group=Sales"}
    answer = client.post("/accounts/login/", sent)
    assert (answer.status_code, answer.url) == (302, "/?group=Sales")


def test_a_wrong_password_is_said_plainly(client, sales_supervisor):
    page = client.post("/accounts/login/", {"username": "sales-supervisor", "password": "no"}).content.decode()
    assert 'role="alert"' in page
    focused = re.findall(r"<input[^>]*autofocus[^>]*>", page)
    assert len(focused) == 1 and 'name="password"' in focused[0]


def test_signing_out_wants_a_form(client, sales_supervisor):
    page_of(client, sales_supervisor)
    assert client.get("/accounts/logout/").status_code == 405
    assert "Signed out" in client.post("/accounts/logout/").content.decode()


def test_the_password_can_be_changed(client, sales_supervisor):
    assert 'autocomplete="new-password"' in page_of(client, sales_supervisor, "/accounts/password_change/")


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500", "lockout", "registration/logged_out"])
def test_pages_of_trouble_stand_without_a_request(name):
    assert "<h1>" in render_to_string(f"{name}.html")


# What the policy of contents forbids, and what must not be in the sources


def sources(folder: str, *endings: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob("*") if path.suffix in endings]


def test_no_template_holds_inline_script_style_or_handlers():
    for path in sources("templates", ".html"):
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text), path
        assert "|safe" not in text and "autoescape off" not in text, path


def test_no_script_turns_text_into_markup():
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    for path in sources("static/js", ".js"):
        assert not forbidden.search(path.read_text()), path


def test_raw_colours_stand_in_the_tokens_only():
    colour = re.compile(r":[^;{}]*(#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\()")
    for path in sources("static/css", ".css"):
        if path.name != "tokens.css" and "admin" not in path.parts:
            assert not colour.search(path.read_text()), path


def test_every_icon_that_is_used_is_drawn():
    drawn = set(re.findall(r'id="i-([\w-]+)"', (ROOT / "static/icons.svg").read_text()))
    used = {
        "lost",
        *map(str, State),
        *wording.LOOKS.values(),
        "incoming",
        "outgoing",
        "internal",
        "unknown",
    }
    for path in sources("templates", ".html"):
        used.update(re.findall(r'icon\.html" with name="(\w+)"', path.read_text()))
    for path in sources("static/js", ".js"):
        used.update(re.findall(r'\bicon\("(\w+)"\)', path.read_text()))
    assert used <= drawn


def test_one_header_stands_on_every_page_and_says_what_is_seen_and_whose_time(client, admin_person):
    for path in ("/", "/accounts/password_change/", "/admin/", "/admin/calls/call/", "/admin/auth/user/add/"):
        page = page_of(client, admin_person, path)
        head = page[page.index('<header class="header">') : page.index("</header>")]
        assert re.findall(r'<nav aria-label="Main">\s*(.*?)\s*</nav>', head, re.S)[0].count("<a ") == 3, (
            "places that are"
        )
        assert ">Set-up</a>" in head and ">IST<" in head and "All groups" in head, path
        assert head.count('aria-current="page"') == (0 if "password" in path else 1), path
        assert ('aria-label="Set-up"' in page) == path.startswith("/admin/"), path


def test_a_scoped_person_is_told_of_which_groups_the_figures_are(client, sales_supervisor, masked_viewer):
    for person, words in ((sales_supervisor, ["Sales"]), (masked_viewer, ["Sales", "masked"])):
        page = page_of(client, person)
        chip = page[page.index('<summary class="scope"') :][:700]
        assert all(word in chip for word in words)
        assert "Set-up" not in page


def test_the_board_loads_a_style_for_every_class_that_its_scripts_give():
    sheets = re.findall(r"css/\w+\.css", (ROOT / "templates/board.html").read_text())
    sheets += re.findall(r"css/(?:tokens|parts|overlays|base)\.css", (ROOT / "templates/bare.html").read_text())
    rules = "".join((ROOT / "static" / sheet).read_text() for sheet in sheets)
    selectors = ",".join(re.findall(r"([^{}]+){", rules)).split(",")
    # A selector styles what it ends with; what stands before is only a condition.
    styled = {name for each in selectors for name in re.findall(r"\.([a-z][\w-]*)", (each.split() or [""])[-1])}
    for path in sources("static/js", ".js"):
        given = " ".join(re.findall(r'\bclass: "([^"]+)"', path.read_text())).split()
        assert set(given) <= styled | {"state-word"}, path


def test_server_and_browser_read_the_same_words(client, sales_supervisor, source, sales):
    a_call(source, sales)
    page = page_of(client, sales_supervisor)
    told = json.loads(re.search(r'<script id="for-browser" type="application/json">(.*?)</script>', page)[1])
    assert told == {"words": wording.browser_words(), "formats": formats.browser_formats()}
    told = told["words"]
    assert told["outcomes"]["ivr_only"] == "Menu only"
    assert [told["waiting"], told["lost"]] == ["Waiting", "Lost track"]


def test_the_site_allows_no_inline_code():
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["script-src"] == directives["style-src"] == ["'self'"]
