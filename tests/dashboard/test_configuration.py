"""Every setting comes from the environment, and a wrong one stops the start with one sentence."""

import importlib.util
import os
import stat
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from dashboard import secret
from tests.support.running import ROOT, manage

SECRET = "q8Jx0sVnTz3LwYb5RkHc7MdPf2GaEu6C"
WRONG = {
    "CALLBOARD_ALLOWED_HOSTS": ["*", "*.example.com", "https://calls.example.com", "calls.example.com:443"],
    "CALLBOARD_BASE_URL": [
        "calls.example.com",
        "ftp://calls.example.com",
        "https://calls.example.com/board",
        "https://",
    ],
    "CALLBOARD_DATABASE_POOL": ["many", "1", "-5"],
    "CALLBOARD_DATA_DIR": ["/dev/null/here"],
    "CALLBOARD_DEBUG": ["maybe", "2"],
    "CALLBOARD_HTTPS": ["maybe"],
    "CALLBOARD_KEEP_AUDIT_DAYS": ["1y", "-1"],
    "CALLBOARD_KEEP_CALLS_DAYS": ["1y", "-1"],
    "CALLBOARD_KEEP_RAW_DAYS": ["1y", "-1"],
    "CALLBOARD_LOG_FORMAT": ["xml"],
    "CALLBOARD_LOG_LEVEL": ["loud"],
    "CALLBOARD_LOST_TRACK_DIALING_SECONDS": ["3m", "0"],
    "CALLBOARD_LOST_TRACK_IVR_SECONDS": ["3m", "0"],
    "CALLBOARD_LOST_TRACK_RINGING_SECONDS": ["3m", "0"],
    "CALLBOARD_LOST_TRACK_TALKING_SECONDS": ["2h", "0"],
    "CALLBOARD_ORIGINS": ["calls.example.com", "https://*.example.com", "https://a.example.com,b"],
    "CALLBOARD_PORT": ["http", "0", "65536", "8000.5", "٨٠٠٠", "80²", "8" * 5_000],
    "CALLBOARD_SECRET_KEY": ["short"],
    "CALLBOARD_SILENCE_SECONDS": ["15m", "0"],
    "CALLBOARD_CONNECTIONS_PER_ADDRESS": ["many", "-1"],
    "CALLBOARD_SECRET_KEY_FALLBACKS": ["short"],
    "CALLBOARD_SESSION_HOURS": ["forever", "0"],
    "CALLBOARD_STATEMENT_TIMEOUT_SECONDS": ["-1", "long"],
    "CALLBOARD_TIME_ZONE": ["IST+5:30", "Mars/Olympus", "../../etc/passwd"],
    "CALLBOARD_TRUSTED_PROXIES": ["all", "-1"],
    "CALLBOARD_WORKERS": ["0", "two"],
    "DATABASE_URL": ["mysql://user@host/name", "callboard", "postgres://"],
    "REDIS_URL": ["127.0.0.1:6379", "http://127.0.0.1", "redis://:x"],
}
# Any text is one of these.
FREE = {"CALLBOARD_HOST", "CALLBOARD_REDIS_PREFIX", "CALLBOARD_INSTALLER"}


@pytest.fixture
def settings_with(monkeypatch, tmp_path):
    """Read the settings file again, with this environment."""

    def read(**environment: str) -> ModuleType:
        for name in [name for name in os.environ if name in settings.CALLBOARD_VARIABLES]:
            monkeypatch.delenv(name)
        for name, value in {"CALLBOARD_DATA_DIR": str(tmp_path), **environment}.items():
            monkeypatch.setenv(name, value)
        spec = importlib.util.spec_from_file_location("dashboard.settings_again", ROOT / "dashboard" / "settings.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return read


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_stops_the_start_with_a_sentence_that_names_it(settings_with, name, value):
    with pytest.raises(ImproperlyConfigured) as stopped:
        settings_with(**{name: value})
    sentence = str(stopped.value)
    assert name in sentence
    assert "\n" not in sentence


def test_every_variable_has_a_wrong_value_that_was_tried():
    assert set(WRONG) | FREE == settings.CALLBOARD_VARIABLES


def test_a_wrong_value_shows_one_line_and_no_traceback(tmp_path):
    done = manage("check", CALLBOARD_DATA_DIR=str(tmp_path), CALLBOARD_PORT="http")
    assert done.returncode == 1
    assert done.stderr == (
        "Callboard cannot start: CALLBOARD_PORT must be a whole number from 1 to 65535, not 'http'.\n"
    )


def test_a_wrong_option_of_serve_is_a_wrong_setting(tmp_path):
    done = manage("serve", "--port", "http", CALLBOARD_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "CALLBOARD_PORT must be a whole number" in done.stderr


def test_a_password_in_an_address_is_never_repeated(settings_with):
    with pytest.raises(ImproperlyConfigured) as stopped:
        settings_with(DATABASE_URL="mysql://user:hunter2@host/name")
    assert "hunter2" not in str(stopped.value)


def test_an_empty_variable_counts_as_not_set(settings_with):
    assert settings_with(CALLBOARD_PORT="", DATABASE_URL="", REDIS_URL="").CALLBOARD_PORT == 8000


def test_a_misspelt_variable_is_noticed(tmp_path):
    done = manage("check", CALLBOARD_DATA_DIR=str(tmp_path), CALLBOARD_ALOWED_HOSTS="calls.example.com")
    assert "CALLBOARD_ALOWED_HOSTS is not a setting of Callboard" in done.stderr


def test_without_settings_it_is_for_this_machine_alone(settings_with):
    bare = settings_with()
    assert bare.ALLOWED_HOSTS == ["localhost", "127.0.0.1", "[::1]"]
    assert bare.CALLBOARD_ORIGINS == ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"]
    assert not bare.CALLBOARD_HTTPS
    assert bare.CALLBOARD_TRUSTED_PROXIES == 0
    assert not bare.DEBUG


def test_one_address_says_host_origin_https_and_proxy(settings_with):
    public = settings_with(CALLBOARD_BASE_URL="https://Calls.example.com/")
    assert "calls.example.com" in public.ALLOWED_HOSTS
    assert public.CALLBOARD_ORIGINS == public.CSRF_TRUSTED_ORIGINS == ["https://calls.example.com"]
    assert public.CALLBOARD_HTTPS
    assert public.CALLBOARD_TRUSTED_PROXIES == 1


def test_https_is_on_as_soon_as_a_host_of_the_world_is_named(settings_with):
    assert settings_with(CALLBOARD_ALLOWED_HOSTS="localhost,calls.example.com").CALLBOARD_HTTPS
    assert not settings_with(CALLBOARD_ALLOWED_HOSTS="localhost").CALLBOARD_HTTPS
    assert not settings_with(CALLBOARD_BASE_URL="http://10.0.0.5:8000").CALLBOARD_HTTPS


def test_under_https_the_cookies_are_bound_to_the_host(settings_with):
    public = settings_with(CALLBOARD_BASE_URL="https://calls.example.com")
    assert public.SESSION_COOKIE_NAME.startswith("__Host-")
    assert public.CSRF_COOKIE_NAME.startswith("__Host-")
    assert public.SESSION_COOKIE_SECURE
    assert public.CSRF_COOKIE_SECURE
    assert public.SECURE_HSTS_SECONDS >= 31_536_000


def test_the_origins_follow_the_port(settings_with):
    assert "http://localhost:9000" in settings_with(CALLBOARD_PORT="9000").CALLBOARD_ORIGINS


def test_a_secret_key_is_made_once_and_is_its_owners_alone(settings_with, tmp_path):
    first = settings_with().SECRET_KEY
    kept = tmp_path / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert settings_with().SECRET_KEY == first == kept.read_text()
    assert list(tmp_path.iterdir()) == [kept]


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o666, 0o620])
def test_a_key_that_others_may_read_or_change_is_refused(settings_with, tmp_path, mode):
    settings_with()
    (tmp_path / "secret_key").chmod(mode)
    with pytest.raises(ImproperlyConfigured, match=f"mode is {mode:04o}.*chmod 600"):
        settings_with()


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        *((b"", "empty"), (b"\n", "broken"), (b"\x00" * 60, "broken"), (b"\xff\xfe\x80" * 30, "broken")),
        (b"short", "broken"),
    ],
    ids=["empty", "blank", "zeros", "binary", "cut"],
)
def test_a_key_file_that_is_not_whole_is_refused_in_words(settings_with, tmp_path, kept, said):
    path = tmp_path / "secret_key"
    path.write_bytes(kept)
    path.chmod(0o600)
    with pytest.raises(ImproperlyConfigured, match=f"is {said}.*Restore it.*or remove it"):
        settings_with()
    assert path.read_bytes() == kept


def test_a_key_that_cannot_be_written_whole_is_not_written(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ImproperlyConfigured, match="No space left"):
        secret.kept_secret(tmp_path / "secret_key")
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_another_process_made_first_is_taken(tmp_path, monkeypatch):
    path = tmp_path / "secret_key"
    first = secret.kept_secret(path)
    assert secret._make(path) == first


def test_a_start_with_an_open_key_is_one_sentence(tmp_path):
    assert manage("check", CALLBOARD_DATA_DIR=str(tmp_path)).returncode == 0
    (tmp_path / "secret_key").chmod(0o644)
    done = manage("check", CALLBOARD_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("Callboard cannot start: ")
    assert "chmod 600" in done.stderr


def test_a_given_secret_key_outranks_the_made_one(settings_with):
    assert settings_with(CALLBOARD_SECRET_KEY=SECRET).SECRET_KEY == SECRET


def test_sqlite_waits_less_than_a_webhook_may(settings_with):
    options = settings_with().DATABASES["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] < 1.5
    assert "journal_mode=WAL" in options["init_command"]
    assert "synchronous=FULL" in options["init_command"]


def test_postgresql_has_a_pool_and_a_statement_timeout(settings_with):
    chosen = settings_with(DATABASE_URL="postgres://u:p@db.example.com/callboard", CALLBOARD_DATABASE_POOL="7")
    database = chosen.DATABASES["default"]
    assert database["OPTIONS"]["pool"]["max_size"] == 7
    assert database["CONN_MAX_AGE"] == 0
    assert "statement_timeout=30000" in database["OPTIONS"]["options"]


def test_options_of_the_address_join_ours(settings_with):
    chosen = settings_with(DATABASE_URL="postgres://u:p@db.example.com/callboard?sslmode=require")
    assert chosen.DATABASES["default"]["OPTIONS"]["sslmode"] == "require"
    assert "pool" in chosen.DATABASES["default"]["OPTIONS"]


def test_redis_is_told_how_long_silence_may_last(settings_with):
    host = settings_with(REDIS_URL="redis://127.0.0.1:6379/3").CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]
    assert host["socket_timeout"] >= 10


@pytest.mark.django_db
def test_the_sqlite_in_use_is_set_as_written():
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert cursor.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert cursor.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def test_the_data_directory_of_the_tests_is_not_that_of_a_board():
    assert Path(settings.DATA_DIR) != ROOT / "var"
