"""Who really asks, when the request came through proxies of ours."""

from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


def behind_proxies(application: Application, count: int) -> Application:
    """Wrap an ASGI application so that its scope tells client and scheme as the outermost of `count` proxies saw them.

    Each proxy adds the address it was asked from at the right end of X-Forwarded-For. What stands left of
    the `count`-th from the right was written by the client and is not believed. With no proxy nothing is.
    """
    if count == 0:
        return application

    async def trusting(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = as_seen_outside(scope, count)
        await application(scope, receive, send)

    return trusting


def as_seen_outside(scope: Scope, count: int) -> Scope:
    seen = dict(scope)
    addresses = header_items(scope, b"x-forwarded-for")
    if len(addresses) >= count:
        seen["client"] = (addresses[-count], 0)
    schemes = header_items(scope, b"x-forwarded-proto")
    if schemes:
        secure = schemes[-min(count, len(schemes))].lower() in ("https", "wss")
        seen["scheme"] = ("ws" if scope["type"] == "websocket" else "http") + ("s" if secure else "")
    return seen


def header_items(scope: Scope, name: bytes) -> list[str]:
    """The items of a header that may be written as a list, or several times."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
    return [item.strip() for item in ",".join(values).split(",") if item.strip()]
