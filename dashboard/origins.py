"""Whose page opens a socket: browsers send cookies along for any page, so only our own may."""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

log = logging.getLogger("callboard.origins")

Origin = tuple[str, str, int]
PORTS = {"http": 80, "https": 443}
LOCAL = [".localhost", "127.0.0.1", "[::1]"]


def own_page(scope: Mapping[str, Any]) -> bool:
    """Whether the Origin, with scheme, host and port, is the site's own, or one of CALLBOARD_ORIGINS.

    Without an Origin, or with a null one, it is nobody's page.
    """
    stated = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    origin = parsed(stated[0]) if len(stated) == 1 else None
    if origin is not None and (origin == asked(scope) or origin in map(parsed, settings.CALLBOARD_ORIGINS)):
        return True
    log.warning("socket refused: its page is not ours", extra={"origin": repr(stated)[:200]})
    return False


def parsed(text: str) -> Origin | None:
    """Scheme, host and port of an origin; None where there is anything else in it, or too little."""
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc or not parts.hostname or port is None:
        return None
    return parts.scheme, parts.hostname, port


def asked(scope: Mapping[str, Any]) -> Origin | None:
    """The origin that was asked for a socket, if its host is one of ours."""
    hosts = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not validate_host(split_domain_port(hosts[0])[0], settings.ALLOWED_HOSTS or LOCAL):
        return None
    secure = scope.get("scheme", "ws") in ("wss", "https")
    return parsed(f"{'https' if secure else 'http'}://{hosts[0]}")
