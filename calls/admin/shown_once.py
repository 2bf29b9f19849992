"""A secret that is shown exactly once: it travels from the form that made it to the page that shows it in a cookie.

A page that answered the form itself would make another secret with each reload. The server keeps nothing of it: the
cookie is signed, out of the reach of scripts, sent to that one page alone, and gone once the page was shown.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

_NAME = "callboard_shown_once"
_SALT = "calls.admin.shown_once"
_SECONDS = 300


def show_at(address: str, secret: dict[str, Any]) -> HttpResponse:
    """Send the browser to `address`, and with it what that page shall show once."""
    response = HttpResponseRedirect(address)
    response["Cache-Control"] = "no-store"
    response.set_cookie(
        _NAME,
        signing.dumps(secret, salt=_SALT),
        max_age=_SECONDS,
        path=address,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def taken(request: HttpRequest) -> dict[str, Any] | None:
    """What is to be shown; None where it was shown already, is too old, or was never made."""
    try:
        found: dict[str, Any] = signing.loads(request.COOKIES[_NAME], salt=_SALT, max_age=_SECONDS)
    except (KeyError, signing.BadSignature):
        return None
    return found


def forget(response: HttpResponse, address: str) -> None:
    """Let the browser drop it: the page has shown it."""
    response.delete_cookie(_NAME, path=address, samesite="Strict")
