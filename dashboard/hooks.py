"""Which requests are webhooks, and the short way to the intake for a server that can wait for a whole body itself."""

from typing import Any

from django.conf import settings

from calls.intake.asgi_door import Expected, expect

from .proxies import as_seen_outside

_PREFIXES = ("/hooks/", "/hook-")


def is_hook(path: str) -> bool:
    return path.startswith(_PREFIXES) or path == "/hooks"


def expected(scope: dict[str, Any]) -> Expected | None:
    """The delivery that this HTTP request announces; None for whatever has to go through the application."""
    if not is_hook(scope["path"]):
        return None
    proxies = settings.CALLBOARD_TRUSTED_PROXIES
    return expect(as_seen_outside(scope, proxies) if proxies else scope)
