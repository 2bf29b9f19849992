"""The ground every test stands on: a temporary place for the data, the cast of people, and the services."""

import atexit
import os
import shutil
import socket
import tempfile
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

# Before Django reads its settings: a test never touches the data of a real board, nor obeys its environment.
for name in [name for name in os.environ if name.startswith("CALLBOARD_") or name in ("DATABASE_URL", "REDIS_URL")]:
    del os.environ[name]
DATA_DIR = Path(tempfile.mkdtemp(prefix="callboard-tests-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
os.environ["CALLBOARD_DATA_DIR"] = str(DATA_DIR)
os.environ["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"

POSTGRES_URL = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
if os.environ.get("TEST_ON") == "postgres":
    os.environ["DATABASE_URL"] = POSTGRES_URL

import django  # noqa: E402
from django.conf import settings as django_settings  # noqa: E402

django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Pages are tested without collecting the static files first.
django_settings.STORAGES = {
    **django_settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
django_settings.STATIC_ROOT.mkdir(exist_ok=True)
if not os.environ.get("DATABASE_URL"):
    # A file, not memory: threads and other processes of a test see the same database, as they do in earnest.
    django_settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(DATA_DIR / "test.sqlite3")
django.setup()

from django.contrib.auth.models import User  # noqa: E402

from calls.models import Access, CallGroup, Role, Source  # noqa: E402


def reachable(url: str, default_port: int) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or default_port), timeout=1):
            return True
    except OSError:
        return False


def chromium() -> str | None:
    """The path of the browser that the tests drive, or None."""
    return os.environ.get("TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def nginx() -> str | None:
    """The path of nginx, or None. Debian keeps it where only root looks."""
    return os.environ.get("TEST_NGINX") or shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


SERVICES = {
    "needs_postgres": ("PostgreSQL (TEST_DATABASE_URL)", lambda: reachable(POSTGRES_URL, 5432)),
    "needs_redis_server": ("redis-server", lambda: shutil.which("redis-server") is not None),
    "needs_nginx": ("nginx (TEST_NGINX)", lambda: nginx() is not None),
    "needs_redis": ("Redis (TEST_REDIS_URL)", lambda: reachable(REDIS_URL, 6379)),
    "needs_chromium": ("Chromium (TEST_CHROMIUM)", lambda: chromium() is not None),
}


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes do not make names: compressed ones hold the time, and the processes of a run must agree on names."""
    return argname if isinstance(val, bytes) else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark, (service, present) in SERVICES.items():
        if item.get_closest_marker(mark) and not present():
            if os.environ.get("CI"):
                pytest.fail(f"{service} is missing, and under CI nothing may be skipped")
            pytest.skip(f"{service} is missing")


# The cast


@pytest.fixture
def at_noon():
    """Turn the clock to noon of the site's day: what began a while ago is then of the same day, at whatever hour."""
    import time_machine
    from django.utils import timezone

    from calls.days import day_bounds, day_of

    with time_machine.travel(day_bounds(day_of(timezone.now()))[0] + timedelta(hours=12)):
        yield


@pytest.fixture
def sales(db):
    return CallGroup.objects.get_or_create(name="Sales")[0]


@pytest.fixture
def support(db):
    return CallGroup.objects.get_or_create(name="Support")[0]


def person(name: str, role: str, *groups: CallGroup, **rights) -> User:
    """A person who can sign in (their password is their name) with an access row."""
    staff = role == Role.ADMIN
    user = User.objects.create_user(name, password=name, is_staff=staff, is_superuser=staff)
    Access.objects.create(user=user, role=role, **rights).groups.set(groups)
    return user


@pytest.fixture
def admin_person(db):
    return person("admin", Role.ADMIN, all_groups=True)


@pytest.fixture
def sales_supervisor(sales):
    return person("sales-supervisor", Role.SUPERVISOR, sales)


@pytest.fixture
def support_supervisor(support):
    return person("support-supervisor", Role.SUPERVISOR, support)


@pytest.fixture
def masked_viewer(sales):
    """Sees the calls of sales; viewers are always masked."""
    return person("masked-viewer", Role.VIEWER, sales)


@pytest.fixture
def outsider(db):
    """Signed in, active, and entitled to nothing."""
    return User.objects.create_user("outsider", password="outsider")


@pytest.fixture
def source(db):
    # No test is stopped by its limits that does not set them.
    return Source.objects.create(name="Callerdesk", new_calls_per_minute=10**6, live_calls_limit=10**6)


@pytest.fixture
def source_token(source) -> str:
    """The text of a token that the source accepts."""
    return source.new_token()


@pytest.fixture(autouse=True)
def _fresh_memory():
    """What a process knows by heart is another database's in the next test."""
    from calls.commit import limits
    from calls.commit.cache import cache
    from calls.figures.glance import glances
    from calls.figures.learned_patience import patiences
    from calls.figures.trends import shared as trends
    from calls.intake.queue import intake
    from calls.pages.attention import found
    from calls.pages.wallboard import shared
    from calls.people.sign_in import held_up

    for kept in (cache, glances, shared, patiences, trends, found):
        kept.forget()
    limits.new_calls, limits.live_calls = limits.NewCalls(), limits.LiveCalls()
    held_up.clear()
    yield
    intake.stop()


# The services


@pytest.fixture
def postgres_url(request):
    """The URL of an empty PostgreSQL database of this test's own. Mark the test `needs_postgres`."""
    import psycopg

    name = f"callboard_test_{os.getpid()}_{os.urandom(4).hex()}"
    with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        yield urlsplit(POSTGRES_URL)._replace(path=f"/{name}").geturl()
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def redis_url():
    """The URL of the Redis database for tests. Mark the test `needs_redis`."""
    return REDIS_URL


@pytest.fixture
def chromium_path() -> str | None:
    """The path of Chromium. Mark the test `needs_chromium`."""
    return chromium()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
