"""What cannot work together is refused before anything starts."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

INSECURE_KEYS = ("django-insecure-", "sketch", "changeme", "secret")


@register(Tags.compatibility)
def workers(**_: Any) -> list[CheckMessage]:
    return [Error(reason, id="callboard.E001") for reason in against_workers(settings.CALLBOARD_WORKERS)]


def against_workers(count: int) -> list[str]:
    """Why this many processes cannot share one board, as sentences."""
    if count < 2:
        return []
    reasons = []
    if on_sqlite():
        reasons.append(f"{count} workers cannot share a SQLite database: set DATABASE_URL to PostgreSQL, or use one.")
    if in_memory_layer() and not on_postgresql():
        # PostgreSQL's own commits tell the other workers; anything else needs a layer that reaches them.
        reasons.append(f"{count} workers cannot share a channel layer in memory: set REDIS_URL, or use one.")
    return reasons


@register(Tags.compatibility)
def redis_without_postgresql(**_: Any) -> list[CheckMessage]:
    if settings.REDIS_URL and on_sqlite():
        return [
            Warning(
                "REDIS_URL is for several processes or hosts, and those cannot share a SQLite database: "
                "set DATABASE_URL to PostgreSQL too, or leave REDIS_URL out.",
                id="callboard.W002",
            )
        ]
    return []


@register(Tags.database)
def sqlite(**_: Any) -> list[CheckMessage]:
    if on_sqlite() and settings.DATABASES["default"]["OPTIONS"].get("transaction_mode") != "IMMEDIATE":
        return [Error("SQLite without transaction_mode IMMEDIATE loses deliveries under load.", id="callboard.E002")]
    return []


@register(Tags.database)
def connections(**_: Any) -> list[CheckMessage]:
    if settings.DATABASES["default"].get("CONN_MAX_AGE") != 0:
        return [
            Error(
                "CONN_MAX_AGE must be 0: under ASGI kept connections leak, and a pool excludes them.",
                id="callboard.E003",
            )
        ]
    return []


@register(Tags.compatibility)
def layer(**_: Any) -> list[CheckMessage]:
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    hosts = layers["default"].get("CONFIG", {}).get("hosts", [])
    if any(not isinstance(host, dict) or not host.get("socket_timeout") for host in hosts):
        return [Error("Redis without socket_timeout ends every idle board after 5 s.", id="callboard.E004")]
    return []


@register(Tags.security)
def hosts(**_: Any) -> list[CheckMessage]:
    if any("*" in host or host.startswith(".") for host in settings.ALLOWED_HOSTS):
        return [
            Error("ALLOWED_HOSTS must name every host: a wildcard lets any site open a board.", id="callboard.E005")
        ]
    return []


@register(Tags.security)
def secret_key(**_: Any) -> list[CheckMessage]:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if not settings.DEBUG and any(is_known(key) for key in keys):
        return [
            Error(
                "The secret key is one that others know or can guess: remove CALLBOARD_SECRET_KEY, "
                "and one is made, or set 50 random characters.",
                id="callboard.E006",
            )
        ]
    return []


@register(Tags.security)
def https(**_: Any) -> list[CheckMessage]:
    if settings.CALLBOARD_HTTPS and settings.CALLBOARD_TRUSTED_PROXIES == 0:
        return [
            Error(
                "HTTPS is on, but no proxy is trusted to say so: every page would redirect to itself. "
                "Set CALLBOARD_TRUSTED_PROXIES to the number of proxies, or CALLBOARD_HTTPS=false.",
                id="callboard.E007",
            )
        ]
    return []


@register(Tags.compatibility)
def unknown_variables(**_: Any) -> list[CheckMessage]:
    """A variable that nothing reads is a wish that nobody hears."""
    known = settings.CALLBOARD_VARIABLES
    unknown = sorted(name for name in os.environ if name.startswith("CALLBOARD_") and name not in known)
    return [
        Warning(f"{name} is not a setting of Callboard: docs/configuration.md names them all.", id="callboard.W001")
        for name in unknown
    ]


def on_sqlite() -> bool:
    return str(settings.DATABASES["default"]["ENGINE"]).endswith("sqlite3")


def on_postgresql() -> bool:
    return str(settings.DATABASES["default"]["ENGINE"]).endswith("postgresql")


def in_memory_layer() -> bool:
    return str(settings.CHANNEL_LAYERS["default"]["BACKEND"]).endswith("InMemoryChannelLayer")


def is_known(key: str) -> bool:
    return len(key) < 32 or len(set(key)) < 8 or key.lower().startswith(INSECURE_KEYS)
