"""What every answer passes: health check and version before anything else, and the headers of pages."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.decorators import sync_and_async_middleware

from calls import __version__

PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"


@sync_and_async_middleware
def health(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer /healthz and /version once the process serves, whatever the host name: probes ask by address."""

    async def answer_async(request: HttpRequest) -> HttpResponseBase:
        return probed(request) or await get_response(request)

    def answer(request: HttpRequest) -> HttpResponseBase:
        return probed(request) or get_response(request)

    return answer_async if iscoroutinefunction(get_response) else answer


PROBES: dict[str, dict[str, Any]] = {"/healthz": {"ok": True}, "/version": {"version": __version__}}


def probed(request: HttpRequest) -> HttpResponse | None:
    """The answer to a probe, or None for any other request."""
    told = PROBES.get(request.path_info.removesuffix("/"))
    if told is None or request.method not in ("GET", "HEAD"):
        return None
    return JsonResponse(told, headers={"Cache-Control": "no-store"})


@sync_and_async_middleware
def page_headers(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Pages use no device, belong to this site alone, and are not kept: they hold personal data."""

    async def answer_async(request: HttpRequest) -> HttpResponseBase:
        return with_headers(await get_response(request))

    def answer(request: HttpRequest) -> HttpResponseBase:
        return with_headers(get_response(request))

    return answer_async if iscoroutinefunction(get_response) else answer


def with_headers(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Permissions-Policy", PERMISSIONS)
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    response.headers.setdefault("Cache-Control", "no-store")
    return response
