"""The third door of the webhook, for tests: daphne's own request, on a connection that is none."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from zope.interface import alsoProvides

from calls.intake import asgi_door
from dashboard.daphne_limits import Channel, Factory

Application = Callable[..., Awaitable[None]]


class Server:
    """What daphne's requests ask of daphne's server: `connections` is what is open, `tasks` what is under way."""

    root_path = server_name = ""
    request_buffer_size = 8192
    proxy_forwarded_address_header = None
    http_timeout = 0

    def __init__(self, application: Application) -> None:
        self.application = application
        self.connections: dict[Any, Any] = {}
        self.tasks: list[asyncio.Task[None]] = []

    def protocol_connected(self, protocol: Any) -> None:
        self.connections[protocol] = {}

    def protocol_disconnected(self, protocol: Any) -> None:
        self.connections.pop(protocol, None)

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> asyncio.Queue[Any]:
        queue: asyncio.Queue[Any] = asyncio.Queue()
        send = partial(self._reply, protocol)
        self.tasks.append(asyncio.ensure_future(self.application(scope, queue.get, send)))  # type: ignore[arg-type]
        return queue

    async def _reply(self, protocol: Any, message: dict[str, Any]) -> None:
        protocol.handle_reply(message)

    def log_action(self, *_: Any) -> None: ...


class SecureTransport(StringTransport):
    def setTcpNoDelay(self, enabled: bool) -> None: ...


class DaphneConnection:
    """A connection to daphne: `clock` is its time, `written` what it answered."""

    def __init__(self, application: Application = asgi_door.asgi_hook, secure: bool = False) -> None:
        self.server = Server(application)
        self.clock = Clock()
        self.factory = Factory(self.server)
        self.factory.reactor = self.clock
        kind = SecureTransport if secure else StringTransport
        self.transport = kind(IPv4Address("TCP", "127.0.0.1", 80), IPv4Address("TCP", "127.0.0.1", 1))
        if secure:
            alsoProvides(self.transport, ISSLTransport)
        self.protocol = self.factory.buildProtocol(self.transport.getPeer())
        self.protocol.makeConnection(self.transport)

    @property
    def channel(self) -> Channel:
        channel: Channel = self.protocol._channel
        return channel

    async def say(self, data: bytes) -> None:
        if not self.transport.disconnecting:
            self.protocol.dataReceived(data)
        await asyncio.sleep(0)

    async def written(self) -> bytes:
        """All that was answered, once nothing is under way any more."""
        if self.server.tasks:
            await asyncio.wait(self.server.tasks)
        answered: bytes = self.transport.value()
        return answered

    def leave(self) -> None:
        self.protocol.connectionLost()
