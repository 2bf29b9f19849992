"""What guards the site as a whole: headers, cookies, checks, proxies, sign-in."""

import asyncio
import re
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.checks import run_checks
from django.test import Client, override_settings
from django.utils import timezone

from calls import __version__
from dashboard import checks
from dashboard.proxies import behind_proxies
from tests.support.running import ROOT, manage

SECRET = "q8Jx0sVnTz3LwYb5RkHc7MdPf2GaEu6C-mN4vX1"
SIGN_IN = "/accounts/login/"


def refusals(**wrong) -> set[str]:
    with override_settings(**wrong):
        return {message.id for message in run_checks() if message.id.startswith("callboard.E")}


# Checks


def test_a_production_setting_passes_every_check_of_django(tmp_path):
    done = manage(
        "check", "--deploy", "--fail-level", "WARNING",
        CALLBOARD_DATA_DIR=str(tmp_path), CALLBOARD_BASE_URL="https://calls.example.com",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_what_is_set_here_fits_together():
    assert refusals() == set()


SHARED = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {}}
IN_MEMORY = {"BACKEND": "channels.layers.InMemoryChannelLayer"}


@pytest.mark.parametrize(
    ("engine", "layer", "refused"),
    [
        ("sqlite3", IN_MEMORY, ["a SQLite database", "a channel layer in memory"]),
        ("sqlite3", SHARED, ["a SQLite database"]),
        ("mysql", IN_MEMORY, ["a channel layer in memory"]),
        ("postgresql", IN_MEMORY, []),  # its commits tell the other workers
        ("postgresql", SHARED, []),
    ],
)
def test_workers_need_what_they_can_share(monkeypatch, engine, layer, refused):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", f"django.db.backends.{engine}")
    with override_settings(CHANNEL_LAYERS={"default": layer}):
        reasons = checks.against_workers(2)
        assert checks.against_workers(1) == []
    assert [about in reason for about, reason in zip(refused, reasons, strict=True)] == [True] * len(refused)


def test_redis_beside_sqlite_is_a_wish_that_cannot_come_true(monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    with override_settings(REDIS_URL="redis://127.0.0.1:6379/0"):
        assert [message.id for message in checks.redis_without_postgresql()] == ["callboard.W002"]
    assert checks.redis_without_postgresql() == []


def test_sqlite_must_begin_its_transactions_at_once(monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    monkeypatch.setitem(settings.DATABASES["default"], "OPTIONS", {})
    assert checks.sqlite() != []


def test_kept_connections_are_refused(monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "CONN_MAX_AGE", 60)
    assert checks.connections() != []


@pytest.mark.parametrize("host", ["redis://127.0.0.1", {"address": "redis://127.0.0.1"}, ("127.0.0.1", 6379)])
def test_redis_without_a_timeout_is_refused(host):
    layers = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host]}}}
    assert "callboard.E004" in refusals(CHANNEL_LAYERS=layers)


@pytest.mark.parametrize("host", ["*", ".example.com"])
def test_a_wildcard_host_is_refused(host):
    assert "callboard.E005" in refusals(ALLOWED_HOSTS=[host])


@pytest.mark.parametrize("key", ["django-insecure-" + "x9" * 30, "a" * 60, "short", "changeme" * 8])
def test_a_key_that_others_know_is_refused(key):
    assert "callboard.E006" in refusals(SECRET_KEY=key)
    assert "callboard.E006" in refusals(SECRET_KEY_FALLBACKS=[key])


def test_https_without_a_proxy_is_refused():
    assert "callboard.E007" in refusals(CALLBOARD_HTTPS=True, CALLBOARD_TRUSTED_PROXIES=0)


# Answers


def test_health_is_told_to_anybody_under_any_name(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = Client(headers={"host": "10.1.2.3:8000"}).get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {"ok": True}
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/version", "/version/"])
def test_the_version_is_told_without_a_session_or_a_query(path, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = Client().get(path)
    assert (answer.status_code, answer.json()) == (200, {"version": __version__})
    assert "Set-Cookie" not in answer.headers
    assert Client().post(path).status_code == 404


@pytest.mark.parametrize("program", [["run.py", "--version"], ["manage.py", "--version"], ["manage.py", "version"]])
def test_the_version_stands_in_one_place_and_is_the_newest_of_the_changelog(program):
    told = subprocess.run([sys.executable, *program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    newest = re.search(r"^## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert told == f"Callboard {__version__}\n"
    assert newest[1] == __version__


def test_a_page_is_not_told_under_any_name(db):
    assert Client(headers={"host": "evil.example.com"}).get(SIGN_IN).status_code == 400


@pytest.mark.parametrize("path", [SIGN_IN, "/nowhere"])
def test_every_page_carries_the_headers(db, path):
    headers = Client().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "no-store" in headers["Cache-Control"]
    assert headers["Referrer-Policy"] == "same-origin"


def test_the_content_policy_allows_nothing_inline(db):
    policy = Client().get(SIGN_IN).headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == directives["object-src"] == "'none'"
    assert "unsafe" not in policy
    assert "*" not in policy


def test_cookies_are_kept_from_scripts_and_other_sites(admin_person):
    client = Client()
    client.post(SIGN_IN, {"username": "admin", "password": "admin"})
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    assert session["httponly"]
    assert session["samesite"] == "Lax"


def test_a_form_of_another_site_is_refused(admin_person):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(
        SIGN_IN, {"username": "admin", "password": "admin"}, headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 403


# Sign-in


def sign_in(name: str, password: str, address: str = "203.0.113.7"):
    return Client(REMOTE_ADDR=address).post(SIGN_IN, {"username": name, "password": password})


def test_after_five_wrong_passwords_the_right_one_is_refused_too(admin_person):
    for _ in range(5):
        sign_in("admin", "wrong")
    assert sign_in("admin", "admin").status_code == 429


def test_nobody_can_lock_out_somebody_at_another_address(admin_person):
    for _ in range(20):
        sign_in("admin", "wrong", address="198.51.100.66")
    assert sign_in("admin", "admin", address="203.0.113.7").status_code == 302


def test_the_door_opens_again_after_a_quarter_of_an_hour(admin_person):
    for _ in range(5):
        sign_in("admin", "wrong")
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert sign_in("admin", "admin").status_code == 302


def test_a_session_ends_hours_after_sign_in_however_busy_it_is(admin_person):
    client = Client()
    begun = timezone.now()
    with time_machine.travel(begun, tick=False):
        client.post(SIGN_IN, {"username": "admin", "password": "admin"})
    with time_machine.travel(begun + timedelta(hours=11), tick=False):
        session = client.session
        session["busy"] = True
        session.save()
        assert client.get("/accounts/password_change/").status_code == 200
    with time_machine.travel(begun + timedelta(hours=12, minutes=1), tick=False):
        assert client.get("/accounts/password_change/").status_code == 302


def test_sign_out_needs_a_form(admin_person):
    client = Client()
    client.force_login(admin_person)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.post("/accounts/logout/").status_code in (200, 302)
    assert "_auth_user_id" not in client.session


def test_the_admin_sends_strangers_to_the_one_way_in(db):
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(SIGN_IN)


def test_somebody_without_the_right_to_the_admin_is_not_sent_in_circles(sales_supervisor):
    client = Client()
    client.force_login(sales_supervisor)
    assert client.get("/admin/", follow=True).status_code == 200


def test_sign_in_never_sends_to_another_site(admin_person):
    answer = Client().post(SIGN_IN + "?next=https://evil.example/", {"username": "admin", "password": "admin"})
    assert answer.headers["Location"] == "/"


# Proxies


def seen_behind(count: int, *headers: tuple[bytes, bytes], kind: str = "http") -> dict:
    seen = {}

    async def application(scope, receive, send):
        seen.update(scope)

    scope = {"type": kind, "scheme": kind.replace("websocket", "ws"), "client": ("10.0.0.1", 5), "headers": headers}
    asyncio.run(behind_proxies(application, count)(scope, None, None))
    return seen


FORWARDED = (b"x-forwarded-for", b"6.6.6.6, 203.0.113.7, 10.0.0.9")
SECURE = (b"x-forwarded-proto", b"https")


def test_without_proxies_no_header_is_believed():
    seen = seen_behind(0, FORWARDED, SECURE)
    assert seen["client"] == ("10.0.0.1", 5)
    assert seen["scheme"] == "http"


def test_each_proxy_vouches_for_the_address_it_saw():
    assert seen_behind(1, FORWARDED)["client"][0] == "10.0.0.9"
    assert seen_behind(2, FORWARDED)["client"][0] == "203.0.113.7"


def test_a_client_cannot_write_its_own_address():
    repeated = ((b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"203.0.113.7"))
    assert seen_behind(1, *repeated)["client"][0] == "203.0.113.7"


def test_too_few_addresses_are_not_believed():
    assert seen_behind(3, (b"x-forwarded-for", b"203.0.113.7"))["client"] == ("10.0.0.1", 5)


def test_the_proxy_says_whether_it_was_https():
    assert seen_behind(1, SECURE)["scheme"] == "https"
    assert seen_behind(1, SECURE, kind="websocket")["scheme"] == "wss"
    assert seen_behind(1, (b"x-forwarded-proto", b"http"))["scheme"] == "http"
