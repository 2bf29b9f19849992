"""The ASGI application: webhooks before Django's request stack, boards over the WebSocket, everything else Django's."""

import gc
import os
from collections.abc import Awaitable, Callable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

from django.core.asgi import get_asgi_application

pages = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from calls.boards.closing import RESTART
from calls.boards.consumer import BoardConsumer
from calls.boards.feed import feed
from calls.intake import asgi_door as webhooks
from calls.intake.queue import after_commit, intake

from .hooks import is_hook
from .limits import without_large_bodies
from .origins import own_page
from .proxies import behind_proxies

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Any], Awaitable[None]]

BOARD_PATH = "/ws/board/"

django_application = without_large_bodies(pages)
board = BoardConsumer.as_asgi()
after_commit.append(feed.notify_from_thread)


async def callboard(scope: Scope, receive: Receive, send: Send) -> None:
    # Not left to the lifespan, which daphne does not have: the first scope of any kind starts what runs beside.
    feed.start()
    match scope["type"]:
        case "http" if is_hook(scope["path"]):
            await webhooks.asgi_hook(scope, receive, send)
        case "http":
            await django_application(scope, receive, send)
        case "websocket":
            await websocket(scope, receive, send)
        case "lifespan":
            await lifespan(receive, send)


async def websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Refused before it is accepted: other people's pages, and paths that are no board."""
    if scope["path"] != BOARD_PATH or not own_page(scope):
        await receive()
        await send({"type": "websocket.close", "code": 4403})
        return
    try:
        scope = await with_person(scope)
    except (DatabaseError, InterfaceError):  # nobody can be known now: come again
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": RESTART})
        return
    await board(scope, receive, send)


async def with_person(scope: Scope) -> Scope:
    """The scope with session and user.

    Only they are asked of Channels' middleware: it would stand between board and socket for as long as that is
    open, and look at the session at each frame.
    """
    found = scope

    async def keep(scope: Scope, receive: Any, send: Any) -> None:
        nonlocal found
        found = scope

    await AuthMiddlewareStack(keep)(scope, None, None)
    return found


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            intake.start()  # Projections are followed also where nothing is delivered.
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await feed.stop()
            intake.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


application = behind_proxies(callboard, settings.CALLBOARD_TRUSTED_PROXIES)

# What is loaded by now stays: looking through it again and again would stop all boards for a tenth of a second.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
