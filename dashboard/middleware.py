"""What every answer passes: the probes before anything else, and the headers of pages."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.decorators import sync_and_async_middleware

from calls import __version__
from calls.database.readiness import watch

PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"


@sync_and_async_middleware
def health(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer /healthz, /readyz and /version, whatever the host name: probes ask by address."""

    async def answer_async(request: HttpRequest) -> HttpResponseBase:
        probe = probe_of(request)
        return await get_response(request) if probe is None else answered(await sync_to_async(probe)())

    def answer(request: HttpRequest) -> HttpResponseBase:
        probe = probe_of(request)
        return get_response(request) if probe is None else answered(probe())

    return answer_async if iscoroutinefunction(get_response) else answer


def ready() -> dict[str, Any]:
    """Whether the database takes writes now, so that deliveries can be stored."""
    return {"ok": watch.is_ready()}


PROBES: dict[str, Callable[[], dict[str, Any]]] = {
    "/healthz": lambda: {"ok": True},
    "/readyz": ready,
    "/version": lambda: {"version": __version__},
}


def probe_of(request: HttpRequest) -> Callable[[], dict[str, Any]] | None:
    return PROBES.get(request.path_info.removesuffix("/")) if request.method in ("GET", "HEAD") else None


def answered(told: dict[str, Any]) -> HttpResponse:
    return JsonResponse(told, status=200 if told.get("ok", True) else 503, headers={"Cache-Control": "no-store"})


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
