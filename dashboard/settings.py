"""Settings, all from the environment. docs/configuration.md explains every variable."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from .environment import LOOPBACK, Environment, is_loopback, own_origins
from .secret import kept_secret

env = Environment()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("CALLBOARD_DATA_DIR", str(BASE_DIR / "var"))).expanduser().absolute()
try:
    DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
except OSError as problem:
    raise ImproperlyConfigured(
        f"CALLBOARD_DATA_DIR must be a folder that can be made and written to, but {DATA_DIR}: {problem.strerror}."
    ) from None

DEBUG = env.flag("CALLBOARD_DEBUG", default=False)


# Where it is opened: one address says hosts, origins and HTTPS; each can be said by itself.

CALLBOARD_HOST = env.text("CALLBOARD_HOST", "127.0.0.1")
CALLBOARD_PORT = env.number("CALLBOARD_PORT", 8000, least=1, most=65535)
CALLBOARD_WORKERS = env.number("CALLBOARD_WORKERS", 1, least=1, most=64)
# By address, at one process. 0: a quarter of the files it may have open, and 1,000 at most.
CALLBOARD_CONNECTIONS_PER_ADDRESS = env.number("CALLBOARD_CONNECTIONS_PER_ADDRESS", 0, least=0, most=1_000_000)
CALLBOARD_BASE_URL = env.origin("CALLBOARD_BASE_URL")
_base = urlsplit(CALLBOARD_BASE_URL)
_base_host = _base.netloc.removesuffix(f":{_base.port}") if _base.port else _base.netloc

ALLOWED_HOSTS = env.hosts("CALLBOARD_ALLOWED_HOSTS", [*LOOPBACK, *([_base_host] if _base_host else [])])
CALLBOARD_HTTPS = env.flag(
    "CALLBOARD_HTTPS",
    default=_base.scheme == "https" if _base_host else not all(map(is_loopback, ALLOWED_HOSTS)),
)
CALLBOARD_ORIGINS = env.origins(
    "CALLBOARD_ORIGINS",
    ([CALLBOARD_BASE_URL] if _base_host else own_origins(ALLOWED_HOSTS, CALLBOARD_HTTPS, CALLBOARD_PORT)),
)
CSRF_TRUSTED_ORIGINS = CALLBOARD_ORIGINS
# Our servers speak plain HTTP: where HTTPS is on, there is a proxy that ends it.
CALLBOARD_TRUSTED_PROXIES = env.number("CALLBOARD_TRUSTED_PROXIES", int(CALLBOARD_HTTPS), least=0, most=10)


# What it is made of

INSTALLED_APPS = [
    # Its only use is `runserver`; anywhere else it would install Twisted's reactor into a process that needs none.
    *(["daphne"] if "runserver" in sys.argv[1:2] else []),
    "dashboard.apps.DashboardConfig",
    "calls",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "axes",
    "csp",
]
MIDDLEWARE = [
    "dashboard.middleware.health",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    # The files are compressed already. What Django puts into each page hides its secrets from those who measure it.
    "django.middleware.gzip.GZipMiddleware",
    "dashboard.middleware.page_headers",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Last: it turns the refusal of a locked sign-in into its page.
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "dashboard.urls"
ASGI_APPLICATION = "dashboard.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


# Database and channel layer

CALLBOARD_STATEMENT_TIMEOUT_SECONDS = env.number("CALLBOARD_STATEMENT_TIMEOUT_SECONDS", 30, least=0, most=86_400)
CALLBOARD_DATABASE_POOL = env.number("CALLBOARD_DATABASE_POOL", 10, least=2, most=200)

SQLITE: dict[str, Any] = {
    # Read-then-write in a deferred transaction fails at once, whatever the timeout.
    "transaction_mode": "IMMEDIATE",
    # A locked database must leave the webhook time to say so within 1.5 s.
    "timeout": 1.2,
    # 4 MB a connection: the system caches the file anyway, and 16 MB only made memory grow (docs/performance.md).
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-4096; PRAGMA mmap_size=134217728; "
        "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864;"
    ),
}
POSTGRESQL: dict[str, Any] = {
    "pool": {
        "min_size": 2,
        "max_size": CALLBOARD_DATABASE_POOL,
        "timeout": 1.2,
        "max_lifetime": 1800,
        # By default each failed attempt doubles the wait: after a minute's outage nobody would try for another minute.
        "reconnect_timeout": 0.5,
    },
    "connect_timeout": 2,
    # A server that is gone without a word is noticed within seconds, not after the two hours of the system's default.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
    "application_name": "callboard",
    "options": (
        f"-c statement_timeout={CALLBOARD_STATEMENT_TIMEOUT_SECONDS * 1000} "
        # A process that froze within a transaction, or whose host is gone, must not hold up the others for longer.
        "-c idle_in_transaction_session_timeout=5000 -c tcp_user_timeout=10000 "
        "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2"
    ),
}
_database = env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'callboard.sqlite3'}")
_on_sqlite = _database["ENGINE"].endswith("sqlite3")
DATABASES = {
    "default": {
        **_database,
        **({"ENGINE": "calls.database.sqlite3"} if _on_sqlite else {}),
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": not _on_sqlite,
        "OPTIONS": {**(SQLITE if _on_sqlite else POSTGRESQL), **_database.get("OPTIONS", {})},
    }
}

REDIS_URL = env.redis("REDIS_URL")
_REDIS_LAYER = {
    "BACKEND": "channels_redis.core.RedisChannelLayer",
    "CONFIG": {
        # Without a socket_timeout of its own, redis-py 8 ends every idle socket after 5 s.
        "hosts": [
            {"address": REDIS_URL, "socket_timeout": 20, "socket_connect_timeout": 2, "health_check_interval": 15}
        ],
        "prefix": env.text("CALLBOARD_REDIS_PREFIX", "callboard"),
        "capacity": 1000,
    },
}
CHANNEL_LAYERS = {"default": _REDIS_LAYER if REDIS_URL else {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


# Time

USE_TZ = True
# The site's zone: where a day begins and what pages show. What is stored, sent and logged is UTC.
TIME_ZONE = env.zone("CALLBOARD_TIME_ZONE", "Asia/Kolkata")
LANGUAGE_CODE = "en"
USE_I18N = False
FORMAT_MODULE_PATH = "dashboard.formats"


# Sign-in and secrets

SECRET_KEY = env.secret("CALLBOARD_SECRET_KEY") or kept_secret(DATA_DIR / "secret_key")
SECRET_KEY_FALLBACKS = env.secrets("CALLBOARD_SECRET_KEY_FALLBACKS")
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "calls.people.sign_in.SignInBackend"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# By name and address together: nobody can lock out somebody else. calls/people/sign_in.py has two limits more.
AXES_CLIENT_IP_CALLABLE = "calls.people.sign_in.client_address"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "calls.people.sign_in.axes_lockout"
AXES_VERBOSE = False

CALLBOARD_SESSION_HOURS = env.number("CALLBOARD_SESSION_HOURS", 12, least=1, most=720)
SESSION_ENGINE = "dashboard.sessions"
SESSION_COOKIE_AGE = CALLBOARD_SESSION_HOURS * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CALLBOARD_HTTPS
SESSION_COOKIE_NAME = "__Host-callboard_session" if CALLBOARD_HTTPS else "callboard_session"
CSRF_COOKIE_NAME = "__Host-callboard_csrf" if CALLBOARD_HTTPS else "callboard_csrf"
CSRF_FAILURE_VIEW = "django.views.csrf.csrf_failure"  # shows templates/403_csrf.html


# What browsers are told

SECURE_SSL_REDIRECT = CALLBOARD_HTTPS
# A redirected webhook loses its body when its secret is already on the wire; a health check comes from inside.
SECURE_REDIRECT_EXEMPT = [r"^hooks/", r"^hook-", r"^healthz/?$", r"^readyz/?$", r"^version/?$"]
SECURE_HSTS_SECONDS = 31_536_000 if CALLBOARD_HTTPS else 0
# We speak for our own host: its subdomains and its place in browsers' preload lists are its owner's to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
# Not "no-referrer": with it browsers send "Origin: null" from our own forms, which CSRF protection refuses.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        # 'self' covers the board's socket in browsers of today; older ones want it said. IPv6 cannot be said here.
        "connect-src": [
            "'self'",
            *(origin.replace("http", "ws", 1) for origin in CALLBOARD_ORIGINS if "[" not in origin),
        ],
        # The call page adds the hosts of its source where it offers a recording.
        "media-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
# The webhook has limits of its own, below these, and answers in its own way.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# More of a body waits on the disk until it is whole: what comes in slowly, on many connections, fills no memory.
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 20


# Static files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "dashboard.static.HashedStaticFiles"
    },
}


# The programming interface

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}


# Logs

LOGGING_CONFIG = "dashboard.logs.configure"
LOGGING = {
    "level": env.choice("CALLBOARD_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
    "format": env.choice("CALLBOARD_LOG_FORMAT", "auto", ("auto", "json", "plain")),
}


# Calls: when track of one is lost, and how long what is known is kept

CALLBOARD_LOST_TRACK_SECONDS = {
    "ivr": env.number("CALLBOARD_LOST_TRACK_IVR_SECONDS", 180, least=10, most=86_400),
    "dialing": env.number("CALLBOARD_LOST_TRACK_DIALING_SECONDS", 180, least=10, most=86_400),
    "ringing": env.number("CALLBOARD_LOST_TRACK_RINGING_SECONDS", 180, least=10, most=86_400),
    "talking": env.number("CALLBOARD_LOST_TRACK_TALKING_SECONDS", 7200, least=60, most=86_400),
}

# From here on a feed without any delivery is amber on the board.
CALLBOARD_SILENCE_SECONDS = env.number("CALLBOARD_SILENCE_SECONDS", 900, least=10, most=604_800)

CALLBOARD_KEEP_RAW_DAYS = env.number("CALLBOARD_KEEP_RAW_DAYS", 30, least=0, most=36_500)
CALLBOARD_KEEP_AUDIT_DAYS = env.number("CALLBOARD_KEEP_AUDIT_DAYS", 400, least=0, most=36_500)
CALLBOARD_KEEP_CALLS_DAYS = env.number("CALLBOARD_KEEP_CALLS_DAYS", 0, least=0, most=36_500)

# Every variable that was asked for, so that a misspelt one is noticed.
CALLBOARD_VARIABLES = frozenset({*env.names, "CALLBOARD_INSTALLER"})
