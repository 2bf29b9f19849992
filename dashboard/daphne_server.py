"""daphne, made to end as uvicorn does: where it would cut every request and socket, it finishes them."""

import asyncio
from contextlib import suppress
from typing import Any

import daphne.server
from daphne.endpoints import build_endpoint_description_strings as endpoints
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer

from .daphne_limits import Factory, SocketFactory

__all__ = ["Daphne", "endpoints"]

# `Server.run` makes its connections by these names.
daphne.server.HTTPFactory, daphne.server.WebSocketFactory = Factory, SocketFactory

SERVICE_RESTART = 1012


class Daphne(Server):
    def __init__(self, *args: Any, grace_seconds: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grace_seconds = grace_seconds
        self.ports: list[Any] = []

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self.ports.append(port)

    def kill_all_applications(self) -> Any:
        """daphne's last act before the reactor ends; the reactor waits for what it returns."""
        return defer.Deferred.fromFuture(asyncio.ensure_future(self.end_well()))

    async def end_well(self) -> None:
        for port in self.ports:
            port.stopListening()
        for protocol in list(self.connections):
            if isinstance(protocol, WebSocketProtocol):
                # A socket still shaking hands cannot be told. Not serverClose: it knows 1000 and 3000 to 4999 only.
                with suppress(Exception):
                    protocol.sendCloseFrame(code=SERVICE_RESTART)
        if waiting := self.under_way():
            await asyncio.wait(waiting, timeout=self.grace_seconds)
        for task in self.under_way():
            task.cancel()
        # The last answers still have to leave the buffers.
        await asyncio.sleep(0.1)

    def under_way(self) -> list[Any]:
        tasks = [details.get("application_instance") for details in self.connections.values()]
        return [task for task in tasks if task is not None and not task.done()]
