"""The environment, read strictly: a wrong value stops the start with one sentence that names its variable."""

import zoneinfo
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from calls.whole_numbers import whole_number

SCHEMES = ("sqlite", "postgres", "postgresql")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Environment:
    """Typed values of named variables. An empty variable counts as one that is not set."""

    def __init__(self) -> None:
        self._env = environ.Env()
        self.names: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        self.names.add(name)
        return str(self._env.str(name, default="")).strip() or default

    def words(self, name: str, default: list[str]) -> list[str]:
        """A list, written with commas."""
        text = self.text(name)
        return [word.strip() for word in text.split(",") if word.strip()] if text else default

    def flag(self, name: str, default: bool) -> bool:
        text = self.text(name).lower()
        if not text:
            return default
        if text in ("1", "true", "yes", "on"):
            return True
        if text in ("0", "false", "no", "off"):
            return False
        raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")

    def number(self, name: str, default: int, least: int, most: int) -> int:
        text = self.text(name)
        if not text:
            return default
        number = whole_number(text, most)
        if number is None or number < least:
            raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
        return number

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        text = self.text(name, default)
        if text not in allowed:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {text!r}.")
        return text

    def zone(self, name: str, default: str) -> str:
        text = self.text(name, default)
        try:
            return zoneinfo.ZoneInfo(text).key
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise ImproperlyConfigured(f"{name} must be a time zone such as Asia/Kolkata, not {text!r}.") from None

    def secret(self, name: str, least: int = 32) -> str:
        """A secret of at least `least` characters, or an empty text. It is never repeated in a message."""
        text = self.text(name)
        if text and len(text) < least:
            raise ImproperlyConfigured(f"{name} must have at least {least} characters.")
        return text

    def secrets(self, name: str, least: int = 32) -> list[str]:
        words = self.words(name, [])
        if any(len(word) < least for word in words):
            raise ImproperlyConfigured(f"Each secret of {name} must have at least {least} characters.")
        return words

    def hosts(self, name: str, default: list[str]) -> list[str]:
        hosts = self.words(name, default)
        for host in hosts:
            if any(sign in host for sign in "*/ ") or ("]" not in host and ":" in host):
                raise ImproperlyConfigured(
                    f"{name} must be host names without scheme, port or wildcard (calls.example.com), not {host!r}."
                )
        return hosts

    def origin(self, name: str) -> str:
        """Scheme, host and port without a final slash, or an empty text."""
        text = self.text(name)
        return checked_origin(name, text) if text else ""

    def origins(self, name: str, default: list[str]) -> list[str]:
        return [checked_origin(name, word) for word in self.words(name, default)]

    def redis(self, name: str) -> str:
        text = self.text(name)
        if text and (urlsplit(text).scheme not in ("redis", "rediss") or not _host(text)):
            raise ImproperlyConfigured(f"{name} must be an address such as redis://127.0.0.1:6379/0.")
        return text

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Django's description of a database. The address is not repeated in a message: it may hold a password."""
        text = self.text(name, default)
        try:
            config = dict(environ.Env.db_url_config(text)) if urlsplit(text).scheme in SCHEMES else {}
        except Exception:
            config = {}
        if not config.get("NAME"):
            raise ImproperlyConfigured(
                f"{name} must be an address such as postgres://user:password@host:5432/callboard or sqlite:////path."
            )
        return config


def checked_origin(name: str, text: str) -> str:
    wrong = ImproperlyConfigured(f"{name} must be like https://calls.example.com, without a path, not {text!r}.")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not _host(text):
        raise wrong
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc or "*" in parts.netloc:
        raise wrong
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _host(text: str) -> str | None:
    """The host of an address, or None where host or port cannot be read."""
    try:
        parts = urlsplit(text)
        return parts.hostname if parts.port is None or parts.port else None
    except ValueError:
        return None


def own_origins(hosts: list[str], https: bool, port: int) -> list[str]:
    """The origins under which a server on `port` is opened without a proxy, or behind one that speaks HTTPS."""
    return [f"https://{host}" for host in hosts] if https else [f"http://{host}:{port}" for host in hosts]


def is_loopback(host: str) -> bool:
    return host in LOOPBACK or host.endswith(".localhost")
