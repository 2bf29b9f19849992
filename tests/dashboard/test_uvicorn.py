"""uvicorn's short way for webhooks keeps what HTTP promises: order, connections that stay or close, whole bodies."""

import asyncio
import json

import pytest

from calls.commit.cache import cache
from calls.intake import asgi_door as webhooks
from calls.intake.queue import NotStored
from dashboard import limits, uvicorn_limits
from tests.support.doors import Socket

BODY = json.dumps({"type": "live_call", "CallSid": "short.1", "Status": "Picked"}).encode()


class Writer:
    """Stands in for the intake: notes what it is to store, and stores it when told to."""

    is_full = False

    def __init__(self):
        self.taken, self.submitted = [], []

    def take(self, received, tell):
        self.taken.append((received, tell))

    async def submit(self, received):
        self.submitted.append(received)

    async def look_up(self, secret): ...


@pytest.fixture
def writer(monkeypatch):
    writer = Writer()
    monkeypatch.setattr(webhooks, "intake", writer)
    monkeypatch.setattr(limits, "peers", limits.Peers())
    return writer


@pytest.fixture
def path(source_token):
    cache.refresh()
    return f"/hooks/{source_token}"


pytestmark = pytest.mark.django_db


def request(path, body=BODY, version="1.1", **headers):
    given = {"host": "localhost", "content-length": len(body), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items())
    return f"POST {path} HTTP/{version}\r\n{lines}\r\n".encode() + body


def ids(received):
    return received.event.call_id


def run(scenario):
    """Run it on an event loop, without the database."""
    asyncio.run(scenario())


def test_an_answer_is_one_packet_and_the_connection_stays(writer, path):
    async def scenario():
        socket = Socket()
        for number in (1, 2):
            await socket.say(request(path))
            [(received, tell)] = writer.taken
            received.delivery = number
            assert not socket.written  # not before it is stored
            tell(None)
            assert len(socket.written) == 1
            answered = await socket.answer()
            assert (answered.status, answered.said["id"]) == (200, str(number))
            writer.taken.clear()
        assert not socket.closed
        assert socket.state.total_requests == 2
        assert not writer.submitted

    run(scenario)


def test_what_is_not_stored_is_answered_503(writer, path):
    async def scenario():
        socket = Socket()
        await socket.say(request(path))
        writer.taken[0][1](NotStored())
        answered = await socket.answer()
        assert (answered.status, answered.headers["retry-after"]) == (503, "5")

    run(scenario)


@pytest.mark.parametrize(("version", "headers"), [("1.0", {}), ("1.1", {"connection": "close"})])
def test_who_wants_no_more_is_parted_with(writer, path, version, headers):
    async def scenario():
        socket = Socket()
        await socket.say(request(path, version=version, **headers))
        writer.taken[0][1](None)
        assert (await socket.answer()).headers["connection"] == "close"
        assert socket.closed

    run(scenario)


def test_a_server_that_stops_answers_and_closes(writer, path):
    async def scenario():
        socket = Socket()
        await socket.say(request(path))
        socket.protocol.shutdown()
        assert not socket.closed
        writer.taken[0][1](None)
        assert (await socket.answer()).status == 200
        assert socket.closed

    run(scenario)


def test_requests_sent_without_waiting_are_answered_in_their_order(writer, path):
    async def scenario():
        socket = Socket()
        await socket.say(request(path) + request("/hooks/wrong") + request(path))
        assert len(writer.taken) == 1 and not socket.written
        writer.taken[0][1](None)
        found = [(await socket.answer()).status for _ in range(3)]
        assert found == [200, 404, 200]
        assert len(writer.submitted) == 1  # the third was whole before its turn came: by the long way

    run(scenario)


@pytest.mark.parametrize("pieces", [1, 2, 7, len(BODY)])
def test_a_body_may_come_in_pieces(writer, path, pieces):
    async def scenario():
        socket = Socket()
        said = request(path)
        size = -(-len(said) // pieces)
        for start in range(0, len(said), size):
            assert not writer.taken
            await socket.say(said[start : start + size])
        assert ids(writer.taken[0][0]) == "short.1"

    run(scenario)


def test_letters_that_nobody_escaped_are_read_alike_wherever_reads_end(writer, path):
    """In the first line they are escaped; a header and a body stay what they are."""
    body = json.dumps({"CallSid": "café", "Status": "Picked"}, ensure_ascii=False).encode()
    asked = f"GET {path}?CallSid=café&Status=Picked HTTP/1.1\r\nhost: localhost\r\nx-note: {path}é\r\n\r\n".encode()

    async def scenario():
        for said in (asked, request(path, body), b"\r\n" + asked):
            for cut in range(1, len(said)):
                socket = Socket()
                await socket.say(said[:cut])
                await socket.say(said[cut:])
                for _, tell in writer.taken:
                    tell(None)
                assert (await socket.answer()).status == 200, said[:cut]
                [heard] = [ids(received) for received, _ in writer.taken] + [ids(each) for each in writer.submitted]
                assert heard == "café", said[:cut]
                writer.taken.clear()
                writer.submitted.clear()

    run(scenario)


def test_letters_of_a_body_that_waited_for_its_turn_are_not_escaped(writer, path):
    async def scenario():
        socket = Socket()
        second = request(path, json.dumps({"CallSid": "café", "Status": "Picked"}, ensure_ascii=False).encode())
        for said in (request(path) + request(path), second[:-20], second[-20:]):
            await socket.say(said)
        writer.taken[0][1](None)
        assert [(await socket.answer()).status for _ in range(2)] == [200] * 2
        await asyncio.sleep(0.01)
        heard = {ids(each) for each, _ in writer.taken} | {ids(each) for each in writer.submitted}
        assert heard == {"short.1", "café"}

    run(scenario)


@pytest.mark.parametrize("cut", [1, 4, 6, 7, 8, 1_000, 16_384, 20_001])
def test_a_first_line_that_is_too_long_is_told_so_wherever_reads_end(writer, path, cut):
    said = b"GET /?" + "é".encode() * 20_000

    async def scenario():
        socket = Socket()
        await socket.say(said[:cut])
        if not socket.closed:
            await socket.say(said[cut:])
        assert (await socket.answer()).status == 414 and socket.closed

    run(scenario)


def test_a_large_body_takes_the_long_way(writer, path):
    async def scenario():
        socket = Socket()
        body = json.dumps(json.loads(BODY) | {"note": "x" * 100_000}).encode()
        said = request(path, body)
        for start in range(0, len(said), 30_000):
            await socket.say(said[start : start + 30_000])
            await asyncio.sleep(0)
        assert (await socket.answer()).status == 200
        assert not writer.taken
        assert [each.body_size for each in writer.submitted] == [len(body)]

    run(scenario)


def test_who_asks_whether_to_go_on_is_told(writer, path):
    async def scenario():
        socket = Socket()
        said = request(path, expect="100-continue")
        await socket.say(said[: -len(BODY)])
        await asyncio.sleep(0.01)
        assert b"".join(socket.written).startswith(b"HTTP/1.1 100 ")
        socket.written.clear()
        await socket.say(BODY)
        assert (await socket.answer()).status == 200
        assert len(writer.submitted) == 1

    run(scenario)


def test_many_requests_at_once_are_all_answered_and_few_of_them_wait(writer, path):
    async def scenario():
        socket = Socket()
        await socket.say(request(path) + request("/hooks/wrong", b"\n" * 500) * 200 + request(path, b"[]"))
        assert len(socket.protocol.pipeline) <= limits.REQUESTS_WAITING
        writer.taken.pop()[1](None)
        found = []
        while len(found) < 202:
            found.append((await socket.answer()).status)
            assert len(socket.protocol.pipeline) <= limits.REQUESTS_WAITING
        assert found == [200, *[404] * 200, 200]
        assert not socket.protocol.waits and not socket.reading_stopped

    run(scenario)


def test_what_is_no_request_is_refused_after_the_answers_before_it(writer, path):
    async def scenario():
        socket = Socket()
        await socket.say(request(path) + request("/hooks/wrong") + b"nonsense\r\n\r\n")
        assert not socket.written and socket.reading_stopped
        writer.taken[0][1](None)
        found = [(await socket.answer()).status for _ in range(3)]
        assert found == [200, 404, 400] and socket.closed

    run(scenario)


def test_nothing_is_read_while_nobody_reads_the_answers(writer, path):
    async def scenario():
        socket = Socket()
        socket.protocol.pause_writing()
        assert socket.reading_stopped
        await socket.say(request("/hooks/wrong"))  # the loop had read it already
        await asyncio.sleep(0.01)
        assert socket.reading_stopped and not socket.written
        socket.protocol.resume_writing()
        assert (await socket.answer()).status == 404
        assert not socket.reading_stopped

    run(scenario)


@pytest.mark.parametrize(("said", "status"), [
    ("", 0),
    ("\r\n", 0),
    ("POST /hooks/x", 408),
    ("POST /hooks/x HTTP/1.1\r\nhost: localhost\r\n", 408),
    ("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 20\r\n\r\n{{", 408),
    ("POST /hooks/wrong HTTP/1.1\r\nhost: localhost\r\ncontent-length: 20\r\n\r\n{{", 404),
])  # fmt: skip
@pytest.mark.parametrize("trickling", [False, True])
def test_whoever_takes_too_long_is_parted_with(writer, path, monkeypatch, said, status, trickling):
    for part in uvicorn_limits.SECONDS:
        monkeypatch.setitem(uvicorn_limits.SECONDS, part, 0.1)
    monkeypatch.setattr(limits, "HEAD_SECONDS", 0.1)

    async def scenario():
        socket = Socket()
        if said:
            await socket.say(said.format(path=path).encode())
        for _ in range(8):
            await asyncio.sleep(0.03)
            if said and trickling and not socket.closed:
                await socket.say(b"\r\n" if said == "\r\n" else b"a")
        assert socket.closed
        assert not status or (await socket.answer()).status == status
        assert not writer.taken and not socket.written

    run(scenario)


def test_whoever_does_not_read_the_answer_is_cut_off(writer, path, monkeypatch):
    monkeypatch.setattr(limits, "UNREAD_SECONDS", 0.05)

    async def scenario():
        slow, dead = Socket(), Socket()
        for socket in (slow, dead):
            socket.protocol.pause_writing()
        slow.protocol.resume_writing()
        await asyncio.sleep(0.1)
        assert (slow.aborted, dead.aborted) == (False, True)

        parting = Socket()
        parting.unsent = 10
        await parting.say(request("/hooks/wrong", version="1.0"))
        assert (await parting.answer()).status == 404 and not parting.aborted
        await asyncio.sleep(0.1)
        assert parting.aborted

    run(scenario)


def test_connections_of_one_address_are_counted_and_forgotten(writer, settings):
    settings.CALLBOARD_CONNECTIONS_PER_ADDRESS = 3

    async def scenario():
        sockets = [Socket() for _ in range(3)]
        refused = Socket()
        assert (await refused.answer()).status == 503 and refused.closed
        refused.protocol.connection_lost(None)
        for socket in sockets:
            socket.protocol.connection_lost(None)
        sockets = [Socket() for _ in range(3)]
        assert not any(socket.closed for socket in sockets)
        for socket in sockets:
            socket.protocol.connection_lost(None)
        settings.CALLBOARD_TRUSTED_PROXIES = 1  # all come from the proxy, which counts
        sockets = [Socket() for _ in range(5)]
        assert not any(socket.closed for socket in sockets)

    run(scenario)


def test_a_full_server_parts_with_one_that_says_nothing(writer, path, monkeypatch):
    monkeypatch.setattr(limits, "most_connections", lambda: 2)

    async def scenario():
        busy = Socket()
        await busy.say(request(path))
        silent, state = Socket(state=busy.state), busy.state
        newest = Socket(state=state)
        assert (busy.closed, silent.closed, newest.closed) == (False, True, False)

    run(scenario)


def test_a_wrong_token_is_refused_before_the_body_is_there(writer, path):
    async def scenario():
        socket = Socket()
        await socket.say(request("/hooks/wrong")[: -len(BODY)])
        assert (await socket.answer()).status == 404
        assert not writer.taken and not writer.submitted

    run(scenario)


def test_who_leaves_halfway_has_said_nothing_and_who_leaves_later_is_not_answered(writer, path):
    async def scenario():
        socket = Socket()
        await socket.say(request(path)[:-5])
        socket.protocol.connection_lost(None)
        assert not writer.taken

        socket = Socket()
        await socket.say(request(path))
        socket.protocol.connection_lost(None)
        writer.taken[0][1](None)
        assert not socket.written

    run(scenario)


def test_a_fault_of_ours_is_answered_500(writer, path, monkeypatch):
    def stumble(*_):
        raise RuntimeError("unforeseen")

    async def scenario():
        monkeypatch.setattr(webhooks, "receive", stumble)
        socket = Socket()
        await socket.say(request(path))
        assert (await socket.answer()).status == 500

    run(scenario)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "taken"),
    [(1, "203.0.113.9", 1), (1, "203.0.113.9, 198.51.100.1", 0), (1, "198.51.100.1", 0), (0, "203.0.113.9", 0)],
)
def test_who_really_asks_decides_behind_proxies(writer, path, source, settings, proxies, forwarded, taken):
    settings.CALLBOARD_TRUSTED_PROXIES = proxies
    source.allowed_networks = "203.0.113.0/24"
    source.save()
    cache.forget()
    cache.refresh()

    async def scenario():
        socket = Socket()
        await socket.say(request(path, x_forwarded_for=forwarded))
        assert len(writer.taken) == taken

    run(scenario)
