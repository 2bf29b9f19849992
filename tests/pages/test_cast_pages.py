"""No page, answer or API row shows a person what they may not see: the whole cast, at every address there is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from calls.models import Access, Call, FigureSettings, Kiosk, Role
from tests.support.provider import Provider, india, knows
from tests.support.quick import slow

pytestmark = pytest.mark.slow

SALES = {"customer": "9000011111", "agent": "8000011111", "name": "Salescanary", "group": "Sales"}
SUPPORT = {"customer": "9000022222", "agent": "8000022222", "name": "Supportcanary", "group": "Support"}
NOBODYS = {"customer": "9000033333", "agent": "8000033333", "name": "Nobodyscanary", "group": ""}
LINE = "1200000301"
PEOPLE = ("admin", "masked_admin", "staff", "sales", "support", "viewer", "outsider", "anonymous")
MASKED = ("masked_admin", "viewer")
# Who is hidden most from: for the quick run.
WATCHED = ("masked_admin", "sales", "viewer")


def secrets_of(*whose: dict[str, str]) -> list[str]:
    return [each[part] for each in whose for part in ("customer", "agent", "name")]


# What may not be in any byte that they are sent.
FORBIDDEN = {
    "admin": [],
    "masked_admin": [each[part] for each in (SALES, SUPPORT, NOBODYS) for part in ("customer", "agent")] + [LINE],
    "staff": secrets_of(SUPPORT, NOBODYS),
    "sales": secrets_of(SUPPORT, NOBODYS),
    "support": secrets_of(SALES, NOBODYS),
    "viewer": [*secrets_of(SUPPORT, NOBODYS), SALES["customer"], SALES["agent"], LINE],
    "outsider": [*secrets_of(SALES, SUPPORT, NOBODYS), LINE],
    "anonymous": [*secrets_of(SALES, SUPPORT, NOBODYS), LINE],
}

EVERYBODY = frozenset(PEOPLE)
SIGNED_IN = EVERYBODY - {"anonymous"}
WHO_SEES_CALLS = SIGNED_IN - {"outsider"}
STAFF = frozenset({"admin", "masked_admin", "staff"})
ADMINS = frozenset({"admin", "masked_admin"})
ADMIN = frozenset({"admin"})
NOBODY: frozenset[str] = frozenset()
OF_SALES, OF_SUPPORT = WHO_SEES_CALLS - {"support"}, ADMINS | {"support"}

# Who opens what, by GET. An address that is missing here fails the test below: decide who may see it.
# {sales}, {support}: a call of that group; {delivery}: one of support's; {of_sales}: one of sales'; others by name.
OPENS: dict[str, list[tuple[str, frozenset[str]]]] = {
    "": [("", WHO_SEES_CALLS)],
    "figures/": [
        ("figures/?by=agent", WHO_SEES_CALLS),
        ("figures/?by=line&span=7d&format=csv", WHO_SEES_CALLS),
        ("figures/?group=Support", WHO_SEES_CALLS),
        ("figures/?by=nonsense", NOBODY),
    ],
    "figures/now/": [("figures/now/", WHO_SEES_CALLS), ("figures/now/?group=Support", WHO_SEES_CALLS)],
    "figures/now/<slug:name>/": [
        ("figures/now/live/", WHO_SEES_CALLS),
        ("figures/now/waiting/?side=out&group=Support&place=" + "9" * 5_000, WHO_SEES_CALLS),
        ("figures/now/nonsense/", NOBODY),
    ],
    "figures/close/": [
        ("figures/close/", WHO_SEES_CALLS),
        ("figures/close/?span=7d&group=Support", WHO_SEES_CALLS),
    ],
    "figures/close/<slug:name>/": [
        ("figures/close/callers/", WHO_SEES_CALLS),
        ("figures/close/callers/?place=" + "9" * 5_000, WHO_SEES_CALLS),
        ("figures/close/nonsense/", NOBODY),
    ],
    "figures/<slug:name>/": [
        ("figures/offered/?by=agent", WHO_SEES_CALLS),
        ("figures/offered/?side=out&group=Support", WHO_SEES_CALLS),
        ("figures/nonsense/", NOBODY),
    ],
    "api/v1/figures/": [
        ("api/v1/figures/?by=agent", WHO_SEES_CALLS),
        ("api/v1/figures/?by=line&group=Support", WHO_SEES_CALLS),
        ("api/v1/figures/?nonsense=1", NOBODY),
    ],
    "api/v1/figures/now/": [
        ("api/v1/figures/now/?group=Support", WHO_SEES_CALLS),
        ("api/v1/figures/now/?nonsense=1", NOBODY),
    ],
    "wall/<str:token>/": [("wall/guessed/", NOBODY)],
    "wall/<str:token>/figures/": [("wall/guessed/figures/", NOBODY)],
    "find/": [("find/", SIGNED_IN)],
    "set-aside/": [("set-aside/", ADMIN)],
    "accounts/login/": [("accounts/login/", EVERYBODY)],
    "accounts/logout/": [("accounts/logout/", NOBODY)],
    "accounts/password_change/": [("accounts/password_change/", SIGNED_IN)],
    "accounts/password_change/done/": [("accounts/password_change/done/", SIGNED_IN)],
    "^hooks(?:/[^/]*)?/?$": [("hooks/guessed", NOBODY), ("hooks/", NOBODY)],
    "^hook-[^/]+/?$": [("hook-guessed", NOBODY)],
    "admin/": [("admin/", STAFF)],
    "admin/login/": [("admin/login/", NOBODY)],
    "admin/logout/": [("admin/logout/", NOBODY)],
    "admin/password_change/": [("admin/password_change/", STAFF)],
    "admin/password_change/done/": [("admin/password_change/done/", STAFF)],
    "admin/jsi18n/": [("admin/jsi18n/", STAFF)],
    "admin/autocomplete/": [
        ("admin/autocomplete/?app_label=calls&model_name=access&field_name=groups&term=", ADMIN),
        ("admin/autocomplete/?app_label=calls&model_name=call&field_name=group&term=", ADMIN),
        ("admin/autocomplete/?app_label=calls&model_name=figuresettings&field_name=group&term=", ADMIN),
        ("admin/autocomplete/?app_label=calls&model_name=kiosk&field_name=groups&term=", ADMIN),
    ],
    "admin/r/<path:content_type_id>/<path:object_id>/": [("admin/r/{call_type}/{support}/", NOBODY)],
    "admin/^(?P<app_label>calls|axes|admin|auth)/$": [
        ("admin/calls/", STAFF),
        ("admin/axes/", ADMINS),
        ("admin/admin/", ADMIN),
        ("admin/auth/", ADMIN),
    ],
    "admin/(?P<url>.*)$": [("admin/nothing/here/", NOBODY)],
    "admin/read-again/": [("admin/read-again/", NOBODY)],
    "admin/calls/call/": [
        ("admin/calls/call/", STAFF),
        ("admin/calls/call/?q=22222", STAFF),
        ("admin/calls/call/?q=222", STAFF),
        ("admin/calls/call/?group=Support&agent=Supportcanary", STAFF),
        ("admin/calls/call/?customer_number__startswith=%2B91", NOBODY),
    ],
    "admin/calls/call/<path:object_id>/change/": [
        ("admin/calls/call/{sales}/change/", STAFF),
        ("admin/calls/call/{support}/change/", ADMINS),
        ("admin/calls/call/999999/change/", NOBODY),
        ("admin/calls/call/nonsense/change/", NOBODY),
    ],
    "admin/calls/delivery/": [
        ("admin/calls/delivery/", ADMINS),
        ("admin/calls/delivery/?q={support}", ADMINS),
    ],
    "admin/calls/delivery/<path:object_id>/change/": [("admin/calls/delivery/{delivery}/change/", ADMINS)],
    "admin/calls/source/": [("admin/calls/source/", ADMINS)],
    "admin/calls/source/add/": [("admin/calls/source/add/", ADMINS)],
    "admin/calls/source/<path:object_id>/change/": [("admin/calls/source/{source}/change/", ADMINS)],
    "admin/calls/source/<path:object_id>/history/": [("admin/calls/source/{source}/history/", ADMINS)],
    "admin/calls/source/<path:object_id>/delete/": [("admin/calls/source/{source}/delete/", NOBODY)],
    "admin/calls/source/<int:source>/test/": [("admin/calls/source/{source}/test/", NOBODY)],
    "admin/calls/source/<int:source>/token/": [("admin/calls/source/{source}/token/", ADMINS)],
    "admin/calls/source/<int:source>/address/": [("admin/calls/source/{source}/address/", ADMINS)],
    "admin/calls/source/<int:source>/token/<int:token>/revoke/": [
        ("admin/calls/source/{source}/token/{token}/revoke/", NOBODY)
    ],
    "admin/calls/kiosk/<int:kiosk>/token/": [("admin/calls/kiosk/{screen}/token/", NOBODY)],
    "admin/calls/kiosk/<int:kiosk>/revoke/": [("admin/calls/kiosk/{screen}/revoke/", NOBODY)],
    "admin/calls/kiosk/<int:kiosk>/address/": [("admin/calls/kiosk/{screen}/address/", ADMIN)],
    "admin/calls/auditentry/": [("admin/calls/auditentry/", ADMIN)],
    "admin/calls/auditentry/<path:object_id>/change/": [("admin/calls/auditentry/999999/change/", NOBODY)],
    "admin/axes/accessattempt/": [("admin/axes/accessattempt/", ADMINS)],
    "admin/axes/accessattempt/<path:object_id>/change/": [("admin/axes/accessattempt/1/change/", NOBODY)],
    "admin/axes/accessattempt/<path:object_id>/delete/": [("admin/axes/accessattempt/1/delete/", NOBODY)],
    "admin/admin/logentry/": [("admin/admin/logentry/", ADMIN)],
    "admin/admin/logentry/<path:object_id>/change/": [("admin/admin/logentry/1/change/", NOBODY)],
    "admin/auth/user/<id>/password/": [("admin/auth/user/{person}/password/", ADMIN)],
    "api/calls/": [
        ("api/calls/", WHO_SEES_CALLS),
        ("api/calls/?number=22222", WHO_SEES_CALLS),
        ("api/calls/?group=Support", WHO_SEES_CALLS),
        ("api/calls/?nonsense=1", NOBODY),
    ],
    "api/calls/<row:call>/": [
        ("api/calls/{sales}/", OF_SALES),
        ("api/calls/{support}/", OF_SUPPORT),
        ("api/calls/{nobodys}/", ADMINS),
        ("api/calls/999999/", NOBODY),
    ],
}
for kind in (
    "call",
    "delivery",
    "callgroup",
    "agent",
    "virtualnumber",
    "source",
    "figuresettings",
    "kiosk",
    "auditentry",
):
    OPENS[f"admin/calls/{kind}/<path:object_id>/"] = [(f"admin/calls/{kind}/{{support}}/", NOBODY)]
for kind in ("axes/accessattempt", "admin/logentry", "auth/user"):
    OPENS[f"admin/{kind}/<path:object_id>/"] = [(f"admin/{kind}/1/", NOBODY)]
for kind, one in (
    ("calls/callgroup", "group"),
    ("calls/agent", "agent"),
    ("calls/virtualnumber", "line"),
    ("calls/figuresettings", "figures"),
    ("calls/kiosk", "screen"),
    ("auth/user", "person"),
):
    OPENS[f"admin/{kind}/"] = [(f"admin/{kind}/", ADMIN)]
    OPENS[f"admin/{kind}/add/"] = [(f"admin/{kind}/add/", ADMIN)]
    OPENS[f"admin/{kind}/<path:object_id>/change/"] = [(f"admin/{kind}/{{{one}}}/change/", ADMIN)]
    OPENS[f"admin/{kind}/<path:object_id>/history/"] = [(f"admin/{kind}/{{{one}}}/history/", ADMIN)]
    deletable = ADMIN if one in ("person", "figures", "screen") else NOBODY
    OPENS[f"admin/{kind}/<path:object_id>/delete/"] = [(f"admin/{kind}/{{{one}}}/delete/", deletable)]


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[str]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield before + str(pattern.pattern)
        else:
            yield from routes(pattern, before + str(pattern.pattern))


@dataclass
class World:
    """Three calls (of sales, of support, of no group), and the cast signed in."""

    names: dict[str, Any]
    clients: dict[str, Client]


def tells(provider: Provider, of: dict[str, str], ref: str, now: Any) -> Call:
    """A call that rang, was answered and ended, told with every name and number there is."""
    said = {
        "SourceNumber": of["customer"],
        "DestinationNumber": f"0{LINE}",
        "DialWhomNumber": of["agent"],
        "CallSid": ref,
        "Direction": "IVR",
        "call_group": of["group"],
        "StartTime": india(now),
    }
    provider.says({"type": "live_call", "Status": "Transfer to agent", **said})
    report = {"type": "call_report", "Status": "ANSWER", "EndTime": india(now), "TalkDuration": "5", **said}
    provider.says({**report, "receiver_name": f"{of['name']} {of['agent']}", "CallDuration": "9"})
    return Call.objects.get(ref=ref)


@pytest.fixture
def world(admin_person, sales_supervisor, support_supervisor, masked_viewer, outsider, source, source_token, sales):
    from django.contrib.contenttypes.models import ContentType
    from django.utils import timezone

    from calls.models import Agent, Delivery, VirtualNumber

    masked = User.objects.create_user("masked-admin", is_staff=True, is_superuser=True)
    Access.objects.create(user=masked, role=Role.ADMIN, masked=True)
    staff = User.objects.create_user("staff", is_staff=True)
    Access.objects.create(user=staff, role=Role.SUPERVISOR).groups.add(sales)
    provider, now = Provider(source, source_token), timezone.now()
    knows(source, [SALES["agent"], SUPPORT["agent"]], [f"0{LINE}"])
    calls = {
        name: tells(provider, of, f"1894680000.{at}", now)
        for at, (name, of) in enumerate({"sales": SALES, "support": SUPPORT, "nobodys": NOBODYS}.items())
    }
    names = {name: call.pk for name, call in calls.items()} | {
        "delivery": Delivery.objects.filter(call=calls["support"]).first().pk,
        "source": source.pk,
        "token": source.tokens.first().pk,
        "group": calls["support"].group_id,
        "agent": Agent.objects.get(number__endswith=SUPPORT["agent"]).pk,
        "line": VirtualNumber.objects.first().pk,
        "figures": FigureSettings.objects.create().pk,
        "screen": Kiosk.objects.create(name="Hall", all_groups=True).pk,
        "person": outsider.pk,
        "call_type": ContentType.objects.get_for_model(Call).pk,
    }
    people = (admin_person, masked, staff, sales_supervisor, support_supervisor, masked_viewer, outsider)
    clients = {name: Client() for name in PEOPLE}
    for name, person in zip(PEOPLE, people, strict=False):
        clients[name].force_login(person)
    return World(names, clients)


def test_every_address_has_a_decision_who_opens_it():
    known = set(routes())
    assert known - set(OPENS) == set(), "new addresses: decide here who opens them"
    assert set(OPENS) - known == set(), "decisions about addresses that are no more"


def sent(response: Any) -> str:
    """Everything the answer says, headers too, without what people put between digits."""
    text = response.content.decode() + str(response.headers)
    return text + re.sub(r"[\s().\-]|&nbsp;|\\u00a0", "", text)


@pytest.mark.parametrize("person", [*WATCHED, *slow(*(name for name in PEOPLE if name not in WATCHED))])
def test_a_person_opens_what_is_theirs_and_learns_nothing_else(world, person):
    for route, cases in OPENS.items():
        for pattern, opens in cases:
            path = "/" + pattern.format(**world.names)
            response = world.clients[person].get(path)

            assert (response.status_code == 200) == (person in opens), (path, response.status_code)
            assert response.status_code < 500, (path, response.status_code)
            leaked = [secret for secret in FORBIDDEN[person] if secret in sent(response)]
            asked = [secret for secret in leaked if secret in path]
            assert set(leaked) <= set(asked), (route, path, leaked)


@pytest.mark.parametrize("person", [person for person in PEOPLE if person not in ADMINS])
def test_a_call_out_of_scope_answers_as_one_that_does_not_exist(world, person):
    client = world.clients[person]
    theirs = world.names["sales" if person == "support" else "support"]
    for path in ("/api/calls/{}/", "/admin/calls/call/{}/change/"):
        hidden, missing = client.get(path.format(theirs)), client.get(path.format(999_999))

        assert hidden.status_code == missing.status_code
        assert hidden.content == missing.content


def test_masked_people_do_see_the_calls_only_not_the_numbers(world):
    for person in MASKED:
        calls = world.clients[person].get("/api/calls/").json()["calls"]

        assert any(call["customer_number"].endswith("111") for call in calls)
        assert all(call["customer_number"].startswith("+91•") for call in calls)
    assert "•1111<" in world.clients["masked_admin"].get("/admin/calls/call/").content.decode()
