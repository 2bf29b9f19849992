"""The entry point, as Channels' tutorial has it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "board.settings")
from django.core.asgi import get_asgi_application

http = get_asgi_application()
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from .consumers import Board

application = ProtocolTypeRouter({
    "http": http, "websocket": AuthMiddlewareStack(URLRouter([path("ws", Board.as_asgi())]))})
