"""What every answer passes: the health check before anything else, and the headers of pages."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.decorators import sync_and_async_middleware

PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"


@sync_and_async_middleware
def health(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer /healthz once the process serves, whatever the host name: load balancers ask by address."""

    async def answer_async(request: HttpRequest) -> HttpResponseBase:
        return healthy() if is_health_check(request) else await get_response(request)

    def answer(request: HttpRequest) -> HttpResponseBase:
        return healthy() if is_health_check(request) else get_response(request)

    return answer_async if iscoroutinefunction(get_response) else answer


def is_health_check(request: HttpRequest) -> bool:
    return request.path_info in ("/healthz", "/healthz/") and request.method in ("GET", "HEAD")


def healthy() -> HttpResponse:
    return JsonResponse({"ok": True}, headers={"Cache-Control": "no-store"})


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
