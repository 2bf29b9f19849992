"""Whoever sends a server more than it should hold makes it no larger, and no delivery late: on real servers."""

import socket
import struct
import time
from pathlib import Path

import pytest

from tests.support.sites import site
from tests.support.strangers import MEGABYTE, Stranger, deliver, watched

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("server", ["uvicorn", "daphne"], indirect=True, scope="module")]

POURED = 50 * MEGABYTE
LATEST_SECONDS = 1.5
HANDLES = 256
CHUNKED = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
GET = b"GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    with site(tmp_path_factory.mktemp(request.param), request.param, handles=HANDLES) as server:
        yield server


@pytest.fixture
def watch(server):
    with watched(server.port, server.process.pid, server.token) as watch:
        yield watch


def held(watch, server):
    """The server is as small as it was, every delivery was stored in time, and nothing of it is in the log."""
    time.sleep(0.5)
    watch.stop()
    assert watch.grown < 20, f"{watch.grown:.0f} MB more"
    assert watch.slowest < LATEST_SECONDS
    assert set(watch.answers) == {200}
    assert "Traceback" not in server.output


def test_requests_that_are_sent_on_and_on_are_not_all_taken_in(server, watch):
    stranger = Stranger(server.port, receive_buffer=4096)
    stranger.pour(GET * 1000, POURED)
    held(watch, server)
    assert stranger.sent < POURED / 2
    stranger.leave()


def test_who_leaves_while_answers_are_under_way_is_not_worth_a_line(server):
    for count in (2, 40, 2_000):
        for _ in range(5):
            stranger = Stranger(server.port, receive_buffer=4096)
            stranger.say(GET * count)
            stranger.leave()
    time.sleep(1)
    assert "Traceback" not in server.output


@pytest.mark.parametrize(("first", "more", "status"), [
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X-Filler: " + b"a" * 1000 + b"\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Filler: ", b"a" * 65_536, 431),
    (b"GET /", b"a" * 65_536, 414),
    (b"GET /?", "é".encode() * 32_768, 414),
    (CHUNKED + b"0\r\n", b"X: " + b"a" * 997 + b"\r\n", 431),
    (CHUNKED + b"1;", b"a" * 65_536, 431),
], ids=["many headers", "long header", "long line", "long line of é", "trailers", "chunk extensions"])  # fmt: skip
def test_a_head_without_an_end_is_refused(server, watch, request, first, more, status):
    stranger = Stranger(server.port)
    stranger.say(first)
    stranger.pour(more, POURED)
    stranger.listen()
    held(watch, server)
    assert stranger.status in (status, 400 if "daphne" in request.node.name else status)  # Twisted has limits, too
    assert stranger.sent < POURED


def written_bytes(pid):
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))


@pytest.mark.parametrize("path", ["/accounts/login/", "/api/calls/"])
@pytest.mark.parametrize("announced", [True, False])
def test_a_large_body_is_refused_before_it_is_written_anywhere(server, watch, path, announced):
    written = written_bytes(server.process.pid)
    stranger = Stranger(server.port)
    length = b"Content-Length: %d" % POURED if announced else b"Transfer-Encoding: chunked"
    stranger.say(b"POST %b HTTP/1.1\r\nHost: localhost\r\n%b\r\n\r\n" % (path.encode(), length))
    stranger.pour(b"a" * 65_536 if announced else b"10000\r\n" + b"a" * 65_536 + b"\r\n", POURED)
    stranger.listen(1)
    held(watch, server)
    assert stranger.status == 413
    assert written_bytes(server.process.pid) - written < 10 * MEGABYTE


def test_many_bodies_that_never_end_fill_no_memory(server, watch):
    strangers = [Stranger(server.port) for _ in range(30)]
    for stranger in strangers:
        stranger.say(
            b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1999999\r\n\r\n" + b"a" * 1_900_000
        )
    held(watch, server)
    for stranger in strangers:
        stranger.leave()


@pytest.mark.parametrize("path", ["/hooks/unknown-token-unknown-token", "/hook-unknown-token-unknown-token", "/hooks/"])
def test_a_webhook_that_is_nobodys_holds_nothing_either(server, watch, path):
    written = written_bytes(server.process.pid)
    stranger = Stranger(server.port)
    stranger.say(b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (path.encode(), POURED))
    stranger.pour(b"a" * 65_536, POURED)
    stranger.listen(1)
    held(watch, server)
    assert stranger.status in (401, 404, 413)
    assert written_bytes(server.process.pid) - written < 10 * MEGABYTE


@pytest.mark.parametrize(
    "addresses", [["127.0.0.2"], [f"127.0.0.{number}" for number in range(2, 12)]], ids=["one", "ten"]
)
@pytest.mark.parametrize("said", [b"", GET[:20]], ids=["silent", "half said"])
def test_connections_that_say_nothing_do_not_use_up_the_files(server, watch, addresses, said):
    strangers = []
    for number in range(300):
        stranger = socket.socket()
        stranger.bind((addresses[number % len(addresses)], 0))
        stranger.connect(("127.0.0.1", server.port))
        stranger.sendall(said)
        strangers.append(stranger)
    time.sleep(1)
    for _ in range(20):
        assert deliver(server.port, server.token)[0] == 200
    assert server.get("/accounts/login/")[0] == 200
    held(watch, server)
    for stranger in strangers:
        stranger.close()


# The board's socket


def frame(opcode, payload=b"", fin=True):
    """A masked one; the mask is zero."""
    return struct.pack("!BB4x", (0x80 if fin else 0) | opcode, 0x80 | len(payload)) + payload


TEXT, PING, PONG, GO_ON = 1, 9, 10, 0


def board(server, receive_buffer=0):
    """A socket that was accepted."""
    stranger = Stranger(server.port, receive_buffer)
    stranger.say(
        f"GET /ws/board/ HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.url}\r\n"
        f"Cookie: {server.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert stranger.socket.recv(12) == b"HTTP/1.1 101"
    return stranger


@pytest.mark.parametrize("read", [True, False])
@pytest.mark.parametrize(("first", "more"), [
    (b"", frame(PING, b"a" * 120)),
    (b"", frame(PING)),
    (b"", frame(PONG, b"a" * 120)),
    (frame(TEXT, fin=False), frame(GO_ON, fin=False)),
], ids=["pings", "empty pings", "pongs", "empty pieces"])  # fmt: skip
def test_frames_that_no_board_hears_of_cost_like_any(server, watch, first, more, read):
    stranger = board(server, 0 if read else 4096)
    stranger.say(first)
    stranger.pour(more * 1000, POURED)
    said = stranger.listen() if read else b""
    held(watch, server)
    assert stranger.sent < POURED / 2
    assert not read or struct.pack("!H", 4429) in said
    stranger.leave()


def test_a_board_that_pings_now_and_then_stays(server):
    stranger = board(server)
    for _ in range(10):
        stranger.say(frame(PING, b"here"))
        time.sleep(0.25)
    stranger.say(frame(PING, b"the last"))
    assert b"the last" in stranger.listen(1)
    stranger.leave()


@pytest.mark.parametrize("text", [b"\xff", b'{"type":"sy\xc3'])
def test_text_that_is_none_ends_a_socket_and_is_not_worth_a_line(server, request, text):
    lines = server.output.count("\n")
    stranger = board(server)
    stranger.say(frame(TEXT, text))
    said = stranger.listen()
    assert struct.pack("!H", 1007) in said or "daphne" in request.node.name  # which hangs up without a word
    assert not stranger.socket.recv(1)
    assert server.output.count("\n") == lines


def test_a_socket_with_headers_that_are_too_long_is_told_so(server):
    stranger = Stranger(server.port)
    stranger.say(
        b"GET /ws/board/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: "
        + b"a" * 20_000 + b"\r\n\r\n"
    )  # fmt: skip
    stranger.listen()
    assert stranger.status in (400, 431)
