"""The webhook as a Django view, for servers without ASGI."""

from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from calls.commit.cache import cache
from calls.intake.door import (
    LARGEST_BODY,
    Answer,
    Request,
    admit,
    announces_too_much,
    answer,
    clean_query,
    counted,
    not_stored,
    receive,
    refusal,
    unknown_secret,
)
from calls.intake.queue import NotStored, store


@csrf_exempt
def hook(request: HttpRequest, **_: Any) -> HttpResponse:
    """The webhook as a Django view: for servers without ASGI."""
    asked = Request(
        method=request.method or "",
        path=request.path,
        query=clean_query(request.META.get("QUERY_STRING", "").encode("latin-1", errors="replace")),
        headers={name.lower(): value for name, value in request.headers.items()},
        address=request.META.get("REMOTE_ADDR", ""),
        secure=request.is_secure(),
    )
    return _as_django(counted(_through_django(asked, request)))


def _through_django(asked: Request, request: HttpRequest) -> Answer:
    try:
        cache.refresh()
        source = admit(asked)
        if secret := unknown_secret(asked, source):
            cache.look_up(secret)
            source = admit(asked)
        if isinstance(source, Answer):
            return source
        if announces_too_much(asked) or len(body := request.read(LARGEST_BODY + 1)) > LARGEST_BODY:
            return refusal(413, "too_large")
        received = receive(source, asked, body)
        if isinstance(received, Answer):
            return received
        store([received])
        return answer(received)
    except (DatabaseError, NotStored):
        return not_stored("storage")


def _as_django(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    for name, value in answer.headers:
        response[name] = value
    return response
