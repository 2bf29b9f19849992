"""daphne parts with whoever takes too long, and counts connections; its time is a test's."""

import asyncio
import gc
import weakref

import pytest

from dashboard import daphne_limits, limits
from tests.support.daphne_door import DaphneConnection

HEAD = b"POST /hooks/unknown HTTP/1.1\r\nHost: localhost\r\n"
LENGTH = b"Content-Length: 900\r\n\r\n"


async def answer_late(scope, receive, send):
    await asyncio.sleep(3600)


@pytest.fixture(autouse=True)
def peers(monkeypatch):
    monkeypatch.setattr(limits, "peers", peers := limits.Peers())
    return peers


@pytest.mark.parametrize(("said", "seconds", "status"), [
    (b"", limits.HEAD_SECONDS, b""),
    (b"\r\n", limits.HEAD_SECONDS, b""),
    (HEAD[:20], limits.HEAD_SECONDS, b""),
    (HEAD, limits.HEAD_SECONDS, b"408"),
    (HEAD + LENGTH + b"{", limits.BODY_SECONDS, b"408"),
])  # fmt: skip
async def test_whoever_takes_too_long_is_parted_with(said, seconds, status):
    connection = DaphneConnection(answer_late)
    await connection.say(said)
    for _ in range(int(seconds) - 1):
        connection.clock.advance(1)
        await connection.say(b"a" if status else b"")
        assert not connection.transport.disconnecting
    connection.clock.advance(1)
    assert connection.transport.disconnecting
    assert connection.transport.value()[9:12] == status


async def test_whoever_is_answered_late_is_not_parted_with():
    connection = DaphneConnection(answer_late)
    await connection.say(HEAD + b"\r\n")
    connection.clock.advance(300)
    assert not connection.transport.disconnecting
    for task in connection.server.tasks:
        task.cancel()


async def test_connections_of_one_address_are_counted_and_forgotten(settings, peers):
    settings.CALLBOARD_CONNECTIONS_PER_ADDRESS = 1
    connection = DaphneConnection()
    address = connection.transport.getPeer()
    assert connection.factory.buildProtocol(address) is None
    connection.leave()
    assert connection.factory.buildProtocol(address) is not None


async def test_a_full_server_parts_with_one_that_says_nothing(monkeypatch):
    monkeypatch.setattr(limits, "most_connections", lambda: 0)
    silent = DaphneConnection()
    silent.factory.buildProtocol(silent.transport.getPeer())
    assert silent.transport.disconnecting


class TakesOver:
    """A board's socket, and what makes it."""

    def buildProtocol(self, address):
        return self

    def makeConnection(self, transport):
        pass

    def dataReceived(self, data):
        pass


async def test_a_connection_that_became_a_socket_is_no_request_s_any_more():
    """The socket is told of its end, and nobody else: what is kept of the request would stay for ever."""
    connection = DaphneConnection()
    connection.server.ws_factory = TakesOver()
    await connection.say(b"GET /ws/board/ HTTP/1.1\r\nHost: localhost\r\n")
    assert len(connection.factory.channels) == 1
    await connection.say(b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert connection.factory.channels == {}


def test_old_sockets_are_forgotten_after_so_many(monkeypatch):
    """They refer to each other, and the interpreter looks for such garbage far too seldom."""
    monkeypatch.setattr(daphne_limits.WebSocketProtocol, "connectionLost", lambda self, reason: None)
    kept = weakref.WeakSet()
    gc.disable()
    try:
        for _ in range(daphne_limits.ENDED_TOGETHER):
            socket = daphne_limits.Socket()
            socket.itself = socket
            kept.add(socket)
            socket.connectionLost(None)
    finally:
        gc.enable()
    assert len(kept) < daphne_limits.ENDED_TOGETHER
