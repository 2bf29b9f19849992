"""The admin explains calls and deliveries without touching them, and runs sources, directory and people."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from calls.admin.raw import readable
from calls.models import Access, Agent, Call, CallGroup, Delivery, Role, Source
from calls.models.source import digest
from tests.api.test_api import RECORDING, report, ringing
from tests.conftest import person
from tests.support.factories import change_call, make_call

CALLS, DELIVERIES, SOURCES, PEOPLE = (
    "/admin/calls/call/",
    "/admin/calls/delivery/",
    "/admin/calls/source/",
    "/admin/auth/user/",
)


def text(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))


# Calls


def test_a_call_is_found_by_number_in_any_spelling_by_ending_and_by_id(admin, provider):
    provider.says(report("1894680000.77"))
    make_call(customer_number="+919000000999", customer_reversed="999000000919")
    call = Call.objects.get(ref="1894680000.77")

    for asked in (
        "9000000101",
        "09000000101",
        "+91 90000 00101",
        "919000000101",
        "0101",
        "1894680000.77",
        str(call.pk),
    ):
        rows = admin.get(CALLS, {"q": asked}).context["cl"].result_list
        assert [row.pk for row in rows] == [call.pk], asked


@pytest.mark.parametrize(
    "asked", ["9" * 5_000, "%", "_", "'", "\x00", "＋９１", "1" * 18, "2" * 19, "<b>", "anonymous"]
)
def test_any_search_text_is_answered(admin, provider, asked):
    provider.says(report())

    assert admin.get(CALLS, {"q": asked}).status_code == 200
    assert admin.get(DELIVERIES, {"q": asked}).status_code == 200


def test_the_list_links_a_recording_only_where_that_is_allowed(admin, provider):
    provider.says(report("1"))
    provider.says(report("2", CallRecordingUrl="https://evil.example/a.mp3"))

    page = admin.get(CALLS).content.decode()

    assert f'href="{RECORDING}"' in page
    assert 'rel="noopener noreferrer"' in page
    assert "evil.example" not in page


def test_a_call_page_says_which_delivery_set_what_and_tells_the_story(admin, provider):
    provider.says(ringing())
    provider.says(report())
    call, last = Call.objects.get(), Delivery.objects.latest("id")

    response = admin.get(f"{CALLS}{call.pk}/change/")

    assert f"Outcome Answered #{last.pk}" in text(response)
    assert "State Ringing → Ended" in text(response)


def test_a_call_page_leads_to_the_same_customers_calls_before_and_after(admin, source):
    same = {"customer_number": "+919000000101", "customer_reversed": "101000000919", "customer_key": "k"}
    before, call, after = (make_call(ago=seconds, **same) for seconds in (300, 200, 100))
    make_call(ago=150, customer_number="+919000000999", customer_reversed="999000000919", customer_key="other")

    context = admin.get(f"{CALLS}{call.pk}/change/").context

    assert (context["older"].pk, context["newer"].pk) == (before.pk, after.pk)


def test_a_merged_call_is_not_listed_and_its_page_names_the_standing_one(admin, source):
    standing, moved = make_call(), make_call()
    change_call(moved, merged_into=standing)

    assert [call.pk for call in admin.get(CALLS).context["cl"].result_list] == [standing.pk]
    assert f"{CALLS}{standing.pk}/change/" in admin.get(f"{CALLS}{moved.pk}/change/").content.decode()


def test_calls_and_deliveries_cannot_be_written(admin, provider):
    provider.says(report())
    call, delivery = Call.objects.get(), Delivery.objects.get()
    before = (Call.objects.values().get(), Delivery.objects.values().get())

    for path in (f"{CALLS}{call.pk}/change/", f"{DELIVERIES}{delivery.pk}/change/", CALLS, DELIVERIES):
        admin.post(path, {"ref": "changed", "action": "delete_selected", "_selected_action": "1", "post": "yes"})
    for path in (f"{CALLS}add/", f"{CALLS}{call.pk}/delete/", f"{DELIVERIES}{delivery.pk}/delete/"):
        assert admin.post(path, {"post": "yes"}).status_code in (301, 302, 404)

    assert (Call.objects.values().get(), Delivery.objects.values().get()) == before


def test_what_a_provider_writes_is_text_and_never_markup(admin, provider):
    payload = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    provider.says(report(receiver_name=payload, call_group=payload, Status=payload))
    call, delivery = Call.objects.get(), Delivery.objects.get()

    for path in (
        CALLS,
        f"{CALLS}{call.pk}/change/",
        DELIVERIES,
        f"{DELIVERIES}{delivery.pk}/change/",
        "/admin/calls/callgroup/",
    ):
        page = admin.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


# Deliveries


def test_a_delivery_is_shown_as_it_came(admin, provider):
    provider.says(report(coins="1.50"))
    delivery = Delivery.objects.get()

    page = admin.get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()

    assert "&quot;coins&quot;: &quot;1.50&quot;" in page
    assert "&quot;kind&quot;: &quot;report&quot;" in page


def test_a_token_is_on_no_page(admin, provider, source, source_token):
    provider.says(report())

    for path in (
        DELIVERIES,
        f"{DELIVERIES}{Delivery.objects.get().pk}/change/",
        SOURCES,
        f"{SOURCES}{source.pk}/change/",
    ):
        page = admin.get(path).content.decode()
        assert source_token not in page
        assert digest(source_token) not in page


def test_a_masked_admin_gets_no_raw_bytes(masked_admin, provider):
    provider.says(report())

    page = masked_admin.get(f"{DELIVERIES}{Delivery.objects.get().pk}/change/").content.decode()

    assert "9000000101" not in page
    assert "not shown to people who see them masked" in page


@pytest.mark.parametrize(
    ("raw", "shape", "said"),
    [
        (
            b'{"a":1.50,"a":[9007199254740993,{}]}',
            "JSON",
            '{\n  "a": 1.50,\n  "a": [\n    9007199254740993,\n    {}\n  ]\n}',
        ),
        (b"a=1&b=2", "text", "a=1&b=2"),
        (b"a\xe2\x80\xaeb\x1b", "text", "a\\u202eb\\u001b"),
        (b"\xff\xfe", "bytes", "0000  ff fe"),
        (b"a\x00b", "bytes", "0000  61 00 62"),
        (b"[" * 30_000, "text", "[" * 30_000),
        (b"9" * 5_000, "text", "9" * 5_000),
        (b"", "nothing", ""),
    ],
    ids=["json", "text", "controls", "binary", "nul", "deep", "long number", "empty"],
)
def test_raw_bytes_are_readable_and_hide_nothing(raw, shape, said):
    shown = readable(raw)

    assert (shown.shape, shown.text) == (shape, said)


# Sources

SOURCE = {
    "name": "Another office",
    "provider": "callerdesk",
    "enabled": "on",
    "time_zone": "Asia/Kolkata",
    "region": "in",
    "recording_hosts": "Records.Example.com",
    "allowed_networks": "",
    "new_calls_per_minute": "1000",
    "live_calls_limit": "1000",
    "answer_body": "",
}


def token_on(response) -> str:
    return re.search(r"/hooks/([\w-]{20,})", response.content.decode())[1]


def test_a_new_source_shows_its_address_once_and_its_token_works(admin):
    response = admin.post(f"{SOURCES}add/", SOURCE, follow=True)

    source = Source.objects.get()
    assert [token.digest for token in source.tokens.all()] == [digest(token_on(response))]
    assert "no-store" in response["Cache-Control"]
    assert (source.region, source.recording_hosts) == ("IN", "records.example.com")
    assert token_on(response) not in admin.get(f"{SOURCES}{source.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("region", "XX"),
        ("time_zone", "Mars/Base"),
        ("provider", "nobody"),
        ("recording_hosts", "https://records.example.com/"),
        ("recording_hosts", "127.0.0.1"),
        ("allowed_networks", "203.0.113.0/24\nanywhere"),
        ("name", ""),
    ],
)
def test_a_source_that_could_not_work_is_refused(admin, field, value):
    response = admin.post(f"{SOURCES}add/", SOURCE | {field: value})

    assert field in response.context["adminform"].form.errors
    assert not Source.objects.exists()


def test_a_token_is_rotated_only_after_asking_and_the_one_before_still_works(admin, source, source_token):
    asked = admin.get(f"{SOURCES}{source.pk}/token/")
    assert source.tokens.count() == 1
    assert source_token[-4:] in asked.content.decode()

    made = token_on(admin.post(f"{SOURCES}{source.pk}/token/", follow=True))

    active = set(source.tokens.active().values_list("digest", flat=True))
    assert active == {digest(source_token), digest(made)}


def test_a_reload_of_the_address_makes_no_second_token_and_shows_none(admin, source, source_token):
    shown = admin.post(f"{SOURCES}{source.pk}/token/", follow=True)
    address, made = shown.redirect_chain[-1][0], token_on(shown)
    assert f'data-copy="http://127.0.0.1:8000/hooks/{made}"' in shown.content.decode()

    again = admin.get(address)

    assert made not in again.content.decode() and "was shown once" in again.content.decode()
    assert source.tokens.count() == 2
    assert "no-store" in again["Cache-Control"]


def test_the_token_travels_where_only_its_page_gets_it(admin, source):
    answer = admin.post(f"{SOURCES}{source.pk}/token/")

    cookie = answer.cookies["callboard_shown_once"]
    assert (cookie["path"], cookie["httponly"]) == (f"{SOURCES}{source.pk}/address/", True)
    assert cookie["samesite"] == "Strict"


def test_a_revoked_token_works_no_longer(admin, source, source_token):
    token = source.tokens.get()
    page = admin.get(f"{SOURCES}{source.pk}/change/").content.decode()
    assert f"{SOURCES}{source.pk}/token/{token.pk}/revoke/" in page

    admin.post(f"{SOURCES}{source.pk}/token/{token.pk}/revoke/")

    assert not source.tokens.active().exists()


def test_a_token_is_not_revoked_through_another_source(admin, source, source_token):
    other = Source.objects.create(name="Other")

    admin.post(f"{SOURCES}{other.pk}/token/{source.tokens.get().pk}/revoke/")

    assert source.tokens.active().count() == 1


@pytest.mark.parametrize("path", ["token/", "token/{token}/revoke/"])
def test_tokens_are_for_admins_only(client, source, source_token, sales, path):
    staff = person("staff", Role.SUPERVISOR, sales)
    User.objects.filter(pk=staff.pk).update(is_staff=True)
    client.force_login(staff)

    response = client.post(f"{SOURCES}{source.pk}/" + path.format(token=source.tokens.get().pk))

    assert response.status_code == 403
    assert source.tokens.active().count() == 1


def test_making_a_token_needs_the_pages_own_form(admin_person, source):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_person)

    assert strict.post(f"{SOURCES}{source.pk}/token/").status_code == 403
    assert not source.tokens.exists()


def test_a_source_counts_what_is_quarantined_and_links_to_it(admin, provider, source):
    provider.says({"Status": "no id"})
    provider.says(report())

    page = admin.get(SOURCES).content.decode()

    assert f'{DELIVERIES}?source={source.pk}&amp;result=quarantined">1</a>' in page
    listed = admin.get(f"{DELIVERIES}?source={source.pk}&result=quarantined").context["cl"].result_list
    assert [delivery.result for delivery in listed] == ["quarantined"]


def test_a_source_that_delivered_cannot_be_deleted(admin, provider, source):
    provider.says(report())

    admin.post(f"{SOURCES}{source.pk}/delete/", {"post": "yes"})

    assert Source.objects.filter(pk=source.pk).exists()


# Directory


def test_a_changed_agent_has_its_calls_derived_again(admin, provider, sales):
    agent = Agent.objects.get()
    assert agent.settled

    admin.post(f"/admin/calls/agent/{agent.pk}/change/", {"name": "Asha", "group": sales.pk, "ours": "on"})

    agent.refresh_from_db()
    assert (agent.name, agent.group, agent.settled, agent.number) == ("Asha", sales, False, "+918000000201")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0", "nobody"), ("Not Assigned", "nobody"), ("\u200b", "nobody"), ("anonymous", "hides"),
        ("+266696687", "hides"),
        ("90XXXXXX01", "hidden"), ("9.19E+11", "rounded"), ("+9190000", "whole number"),
    ],
)  # fmt: skip
def test_a_number_that_no_call_can_match_is_refused_in_words(admin, source, text, why):
    before = Agent.objects.count()
    page = admin.post("/admin/calls/agent/add/", {"source": source.pk, "number": text, "ours": "on"})

    assert why in str(page.context["adminform"].form.errors["number"])
    assert Agent.objects.count() == before


def test_a_number_pasted_with_invisible_marks_is_mended(admin, source):
    admin.post("/admin/calls/agent/add/", {"source": source.pk, "number": "\u202a+91 80000 00209\u202c", "ours": "on"})

    assert Agent.objects.filter(number="+918000000209", number_key="+918000000209").exists()


def test_a_number_is_kept_in_the_one_spelling_that_deliveries_are_read_in(admin, source):
    made = {"source": source.pk, "number": "080000 00201", "name": "Asha", "ours": "on"}
    admin.post("/admin/calls/agent/add/", made)
    again = admin.post("/admin/calls/agent/add/", made | {"number": "+91 80000 00201"})

    assert list(Agent.objects.values_list("number", "number_key", "settled")) == [
        ("+918000000201", "+918000000201", False)
    ]
    assert "number" in again.context["adminform"].form.errors


def test_an_agent_is_one_line_over_all_sources_and_named_for_all(admin, source):
    other = Source.objects.create(name="Branch")
    number = {"number": "+918000000201", "number_key": "+918000000201"}
    here, there = (Agent.objects.create(source=each, settled=True, **number) for each in (source, other))
    listed = admin.get("/admin/calls/agent/")
    assert [row.pk for row in listed.context["cl"].result_list] == [here.pk]
    assert "Branch, Callerdesk" in text(listed)
    assert len(admin.get(f"/admin/calls/agent/?source={other.pk}").context["cl"].result_list) == 1

    admin.post(f"/admin/calls/agent/{here.pk}/change/", {"name": "Asha Verma", "ours": "on"})

    there.refresh_from_db()
    assert (there.name, there.settled) == ("Asha Verma", False)


def test_numbers_are_grouped_for_the_eye(admin, source):
    Agent.objects.create(source=source, number="+918000000201", number_key="+918000000201")
    page = admin.get("/admin/calls/agent/").content.decode()
    assert '<span class="number"><span>+91</span><span>80000</span><span>00201</span></span>' in page


def test_the_role_is_asked_first_and_a_password_shows_nothing_of_how_it_is_kept(admin, admin_person):
    page = admin.get(f"{PEOPLE}add/").content.decode()
    assert 0 < page.index('name="access-0-role"') < page.index('name="username"')
    assert "md5" not in admin.get(f"{PEOPLE}{admin_person.pk}/change/").content.decode().lower()


@pytest.mark.parametrize("sent", ["9" * 40, "\x00", "-1", "nobody"])
def test_a_group_that_cannot_be_one_is_refused_in_words(admin, source, sales, sent):
    agent = Agent.objects.create(source=source, number="+918000000201", number_key="+918000000201")
    answer = admin.post(f"/admin/calls/agent/{agent.pk}/change/", {"name": "", "ours": "on", "group": sent})
    assert "group" in answer.context["adminform"].form.errors
    said = {"username": "asha", "password1": "x", "password2": "x", **form_of(admin, f"{PEOPLE}add/")}
    answer = admin.post(f"{PEOPLE}add/", {**said, "access-0-role": "supervisor", "access-0-groups": [sent]})
    assert "groups" in answer.context["inline_admin_formsets"][0].formset.forms[0].errors


def test_a_group_with_calls_cannot_be_deleted_and_one_without_can(admin, sales, support):
    make_call(sales)

    for group in (sales, support):
        admin.post(f"/admin/calls/callgroup/{group.pk}/delete/", {"post": "yes"})

    assert list(CallGroup.objects.all()) == [sales]


# People


def form_of(client, path: str) -> dict[str, str]:
    """What the browser would send back unchanged, of the fields that matter here."""
    access = client.get(path).context["inline_admin_formsets"][0].formset
    sent = {
        "access-TOTAL_FORMS": "1",
        "access-INITIAL_FORMS": str(access.initial_form_count()),
        "access-MIN_NUM_FORMS": "1",
        "access-MAX_NUM_FORMS": "1",
    }
    first = access.forms[0].instance
    return sent | ({"access-0-id": str(first.pk), "access-0-user": str(first.user_id)} if first.pk else {})


def added(admin, **rights) -> User:
    path = f"{PEOPLE}add/"
    secret = "correct-horse-battery"
    said = {"username": "asha", "password1": secret, "password2": secret, **form_of(admin, path), **rights}
    response = admin.post(path, said)
    assert response.status_code == 302, response.context["errors"]
    return User.objects.get(username="asha")


def changed(admin, user: User, **rights):
    path = f"{PEOPLE}{user.pk}/change/"
    return admin.post(path, {"username": user.username, "is_active": "on", **form_of(admin, path), **rights})


def test_a_supervisor_is_added_on_one_page(admin, sales):
    user = added(admin, **{"access-0-role": "supervisor", "access-0-groups": [str(sales.pk)]})

    assert (user.is_staff, user.is_superuser) == (False, False)
    assert list(Access.objects.get(user=user).groups.all()) == [sales]


def test_the_role_decides_who_enters_the_admin(admin):
    user = added(admin, **{"access-0-role": "admin"})
    assert (user.is_staff, user.is_superuser) == (True, True)

    changed(admin, user, **{"access-0-role": "supervisor"})

    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_the_last_admin_stays_one(admin, admin_person):
    demoted = changed(admin, admin_person, **{"access-0-role": "viewer"})
    path = f"{PEOPLE}{admin_person.pk}/change/"
    said = {"username": "admin", "access-0-role": "admin", "access-0-all_groups": "on", **form_of(admin, path)}
    deactivated = admin.post(path, said)
    admin.post(f"{PEOPLE}{admin_person.pk}/delete/", {"post": "yes"})

    admin_person.refresh_from_db()
    assert (demoted.status_code, deactivated.status_code) == (200, 200)
    assert admin_person.is_active
    assert admin_person.is_superuser
    assert admin_person.access.role == Role.ADMIN


def test_a_masked_admin_cannot_unmask_anybody(masked_admin):
    user = User.objects.get(username="masked-admin")

    assert masked_admin.get(f"{PEOPLE}{user.pk}/change/").status_code == 403
    masked_admin.post(f"{PEOPLE}{user.pk}/change/", {"username": "masked-admin", "access-0-role": "admin"})

    assert Access.objects.get(user=user).masked


# The site


def test_the_index_lists_only_what_somebody_has_a_use_for_in_the_order_of_use(admin):
    sections = admin.get("/admin/").context["available_apps"]

    assert [(section["name"], [model["name"] for model in section["models"]]) for section in sections] == [
        ("Calls", ["Deliveries", "Calls"]),
        ("Set-up", ["Sources", "Groups", "Agents", "Lines", "Figures", "Screens"]),
        ("People", ["People", "Failed sign-ins", "Audit", "Log"]),
    ]


def test_no_page_has_script_or_style_of_its_own(admin, provider, source, admin_person):
    provider.says(report())
    call, delivery, agent = Call.objects.get(), Delivery.objects.get(), Agent.objects.get()
    paths = [
        "/admin/", CALLS, f"{CALLS}{call.pk}/change/", DELIVERIES, f"{DELIVERIES}{delivery.pk}/change/",
        SOURCES, f"{SOURCES}add/", f"{SOURCES}{source.pk}/change/", f"{SOURCES}{source.pk}/token/",
        "/admin/calls/agent/", f"/admin/calls/agent/{agent.pk}/change/", PEOPLE, f"{PEOPLE}add/",
        f"{PEOPLE}{admin_person.pk}/change/", "/admin/admin/logentry/",
    ]  # fmt: skip
    for path in paths:
        page = admin.get(path).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=", page), path


def test_moments_are_shown_in_the_sites_zone_with_the_providers_beside(admin, source):
    source.time_zone = "America/New_York"
    source.save()
    began = timezone.now().replace(month=6, day=15, hour=12, minute=0, second=0, microsecond=0) - timedelta(days=366)
    make_call(source=source, began_at=began)

    page = admin.get(CALLS).content.decode()

    assert "17:30:00" in page
    assert "provider" in page
    assert "08:00:00 EDT" in page


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "1970-01-01", "1970-01-02", "2099-12-31", "9999-12-31"])
@pytest.mark.parametrize("name", ["since", "until"])
def test_the_first_and_last_days_there_are_can_be_asked_for(admin_client, name, day):
    assert admin_client.get(f"/admin/calls/call/?{name}={day}&mark=synthetic").status_code == 200
