"""Whatever is asked of API, pages and admin, it is never a 5xx: every address there is, every field's extremes.

Addresses are read from the resolver and fields from the pages themselves, so what is new is tried too. What is tried
at random is seeded: a failure comes again.
"""

import random
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import quote, quote_from_bytes

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from calls.admin.site import site
from calls.api.filters import CallQuery
from calls.models import Agent, AuditEntry, CallGroup, Delivery, Role, VirtualNumber
from calls.people import audit
from calls.words import Act
from tests.conftest import person
from tests.support.factories import make_call

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SEED = 12

MOMENTS = [
    *("0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31", "9999-12-31T23:59:59.999999-12:00", "1969-12-31"),
    *("2026-02-30", "2026-13-01", "10000-01-01", "-0001-01-01", "2026-11-27T25:00", "2026-11-27T00:00:60Z", "24:00"),
]
NUMBERS = [
    *("0", "-1", "-0", "1", "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809"),
    *("9" * 400, "1e999", "NaN", "Infinity", "0x10", "1_000", " 1 ", "+1", "٣", "²", "①", "1.5", "1,5", "--1", "1e5"),
    *("9" * 5_000, "١٢", "0" * 5_000),
]
PLACES = [
    *("older.1.1", "newer.1.1", "older.-1.1", "older.9999999999999999999.1", "older.1.99999999999999999999", "older.."),
    *("older.1", "older.1.1.1", "newer.²", "older.1e5.1", "newer.253402300800000000.5", "older.nan.1", "sideways.1.1"),
]
TEXTS = [
    *(
        "",
        " ",
        "\n",
        "\x00",
        "a\x00b",
        "\u202e",
        "é" * 300,
        "अ" * 300,
        "\U0001f4de" * 70,
        "a" * 10_000,
        "%",
        "%00",
        "\\",
    ),
    *("'", '"', "' OR 1=1--", "../../etc/passwd", "[]", "{}", "null", "true", "__proto__", "\ufeff", "\u2028", "None"),
    *("+919876511111", "(98765) 11111", "90XXXXXX01", "sip:+919876511111@x", "9.19E+11", "anonymous", "tel:;ext=1"),
]
VALUES = [*MOMENTS, *NUMBERS, *PLACES, *TEXTS]
RAW = [quote(value, safe="") for value in VALUES] + [quote_from_bytes(b) for b in (b"\xff", b"\xed\xa0\x80", b"\xc3")]
ADMINS_OWN = ["q", "p", "o", "e", "all", "_facets", "_popup", "_to_field", "_changelist_filters", "next", "term"]
"""What Django's admin and sign-in look at."""


@pytest.fixture
def cast(source, source_token, sales, admin_person):
    """One row of everything that has a page, and clients: nobody, a masked viewer, two admins."""
    make_call(sales, customer_number="+919876511111", customer_reversed="111115678919")
    row = {"source": source, "received_at": timezone.now(), "method": "POST", "content_key": "x"}
    Delivery.objects.create(**row, body=b"{}", result="quarantined", reason="no_call_id")
    Agent.objects.create(source=source, number="+918000000201", number_key="+918000000201", name="Asha")
    VirtualNumber.objects.create(source=source, number="+911140000001", number_key="+911140000001")
    audit.record(audit.command(), Act.SIGNED_IN)
    LogEntry.objects.create(user=admin_person, action_flag=1, object_repr="x")
    people = [None, person("fuzz-viewer", Role.VIEWER, sales), admin_person, person("fuzz", Role.ADMIN, masked=True)]
    return [client_of(user) for user in people]


def client_of(user) -> Client:
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user)
    return client


def patterns(resolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from patterns(pattern, route)


def addresses(value: str) -> list[str]:
    """Every address of the site, with this value (already encoded) wherever it has a place for one."""
    found = set()
    for route in patterns(get_resolver()):
        if "accounts/logout" in route or "admin/logout" in route:
            continue
        if route.startswith("^hook"):
            found.add(f"/hooks/{value}" if "-" not in route else f"/hook-{value}")
            continue
        route = re.sub(r"<[^>]*>", lambda _: value, route)
        found.add("/" + re.sub(r"\(\?P<?[^)]*\)|[\^$]", lambda part: value if "(" in part[0] else "", route))
    return sorted(found)


def parameters() -> list[str]:
    """Every name that a list or the API asks for."""
    filters = [
        spec.parameter_name if hasattr(spec, "parameter_name") else name
        for model_admin in site._registry.values()
        for spec in model_admin.get_list_filter(None) or ()
        for name in (getattr(spec, "parameters", None) or [str(spec)])
        if isinstance(getattr(spec, "parameter_name", name), str)
    ]
    figures = ["span", "from", "to", "by", "group", "of", "format", "place", "side", "patience"]
    return sorted({*CallQuery().fields, *filters, *ADMINS_OWN, *figures})


def wrong(client: Client, method: str, path: str, data: dict | None = None) -> str | None:
    response = client.post(path, data) if method == "POST" else client.get(path)
    return f"{response.status_code} {method} {path[:300]} {data or ''}"[:600] if response.status_code >= 500 else None


def test_the_addresses_and_parameters_are_found():
    found = addresses("1")
    assert {"/", "/api/calls/", "/api/calls/1/", "/admin/calls/call/1/change/", "/hooks/1", "/hook-1"} <= set(found)
    assert len(found) > 50
    assert {"cursor", "number", "since", "agent", "mark", "act", "q"} <= set(parameters())


@pytest.mark.parametrize("value", RAW[::3], ids=lambda value: value[:20])
def test_no_address_fails_whatever_stands_in_it(cast, value):
    rng = random.Random(value)
    asked = rng.sample(addresses(value), 40)
    assert [said for path in asked if (said := wrong(rng.choice(cast), "GET", path))] == []


def test_no_parameter_of_the_api_fails_whatever_its_value(cast):
    asked = [f"/api/calls/?{name}={value}" for name in CallQuery().fields for value in RAW]
    assert [said for path in asked if (said := wrong(cast[2], "GET", path))] == []


def test_no_list_fails_whatever_it_is_asked_for(cast):
    rng, names = random.Random(SEED), parameters()
    lists = [path for path in addresses("1") if path.endswith("/") and "1" not in path]
    failed = []
    for _ in range(400):
        query = "&".join(f"{rng.choice(names)}={rng.choice(RAW)}" for _ in range(rng.randint(1, 4)))
        failed.append(wrong(rng.choice(cast), "GET", f"{rng.choice(lists)}?{query}"))
    assert list(filter(None, failed)) == []


FIELD = re.compile(r"<(?:input|select|textarea)\b[^>]*\bname=\"([^\"]+)\"[^>]*?(?:\bvalue=\"([^\"]*)\")?[^>]*>")


def forms(client: Client) -> dict[str, dict[str, str]]:
    """The fields of every page of the admin that can be sent, as they stand there."""
    keys = {Agent: "agent", VirtualNumber: "virtualnumber", CallGroup: "callgroup"}
    pages = [path for path in addresses("1") if path.endswith("/add/")]
    pages += [f"/admin/calls/{name}/{model.objects.first().pk}/change/" for model, name in keys.items()]
    found = {}
    for path in pages:
        response = client.get(path)
        if response.status_code == 200:
            fields = {name: unescape(value) for name, value in FIELD.findall(response.content.decode())}
            found[path] = {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"}
    return found


def test_no_form_fails_whatever_is_sent(cast):
    rng, admin = random.Random(SEED), cast[2]
    known = forms(admin)
    assert len(known) >= 7
    failed = []
    for path, fields in known.items():
        for _ in range(25):
            changed = rng.sample(sorted(fields), min(len(fields), rng.randint(1, 4)))
            failed.append(wrong(admin, "POST", path, fields | {name: rng.choice(VALUES) for name in changed}))
    for name in ("username", "password", "next", "old_password", "new_password1"):
        for value in VALUES[::5]:
            data = {"username": "fuzz", "password": "wrong", name: value}
            failed += [wrong(client_of(None), "POST", "/accounts/login/", data)]
    assert list(filter(None, failed)) == []


@pytest.mark.parametrize(
    "headers",
    [
        *({"host": "evil.example"}, {"host": "127.0.0.1:99999"}, {"host": ""}, {"origin": "null"}, {"accept": "\xff"}),
        *({"cookie": "callboard_session=\x00; csrftoken=é"}, {"cookie": "=;;=" * 500}, {"x-forwarded-for": "'"}),
        *({"content-type": "multipart/form-data"}, {"content-type": "application/json; charset=nonsense"}),
        *({"if-modified-since": "yesterday"}, {"range": "bytes=-1"}, {"accept-language": "x" * 5_000}),
    ],
    ids=str,
)
def test_no_page_fails_whatever_the_headers(cast, headers):
    for path in ("/", "/accounts/login/", "/api/calls/", "/admin/", "/admin/calls/call/", "/hooks/x", "/readyz"):
        answers = [cast[2].get(path, headers=headers), cast[2].post(path, b"x", "text/plain", headers=headers)]
        assert all(answer.status_code < 500 for answer in answers), path


def test_what_is_tried_gets_as_far_as_the_database(cast):
    """A check of the check: a search by number is in the audit."""
    cast[2].get("/api/calls/", {"number": "+919876511111"})
    assert AuditEntry.objects.filter(act=Act.NUMBER_SEARCHED).count() == 1
