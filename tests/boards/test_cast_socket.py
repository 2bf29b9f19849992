"""The board's socket on the real servers: who gets what, how fast, and how it ends."""

import asyncio
import time
from contextlib import asynccontextmanager

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.boards import Shown
from tests.support.desk import Desk
from tests.support.running import RunningServer

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("server", ["uvicorn", "daphne"], indirect=True, scope="module")]

SALES_CANARY, SUPPORT_CANARY = "9000077101", "9000077202"


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    """A server with its cast, on data of its own."""
    data = tmp_path_factory.mktemp(request.param)
    running = RunningServer(data, "--server", request.param)
    desk = None
    try:
        running.wait_until_ready()
        desk = Desk(data)
        desk("add_person", name="everybody", role="admin", all_groups=True)
        desk("add_person", name="sales", role="supervisor", group="Sales")
        desk("add_person", name="support", role="supervisor", group="Support")
        desk("add_person", name="masked", role="viewer", group="Sales")
        desk("add_person", name="outsider")
        running.desk = desk
        yield running
    finally:
        if desk:
            desk.close()
        running.process.kill()
        running.process.wait()


class Board:
    """An honest board: reads, shows, and acknowledges."""

    def __init__(self, socket):
        self.socket = socket
        self.shown = Shown()
        self.received = ""

    async def read(self, kind=None):
        while True:
            text = await asyncio.wait_for(self.socket.recv(), 8)
            self.received += text
            said = orjson.loads(text)
            self.shown.apply(said)
            if said["type"] != "heartbeat":
                await self.socket.send(f'{{"type":"ack","seq":{self.shown.seq}}}')
            if kind in (None, said["type"]):
                return said

    async def until_shown(self, call_id):
        while call_id not in self.shown.rows:
            await self.read()


@asynccontextmanager
async def board_of(server, name, key=None, **options):
    key = key or (name and server.desk("sign_in", name=name))
    cookie = {"Cookie": f"callboard_session={key}"} if key else {}
    origin = options.pop("origin", server.url)
    url = server.url.replace("http", "ws") + options.pop("path", "/ws/board/")
    async with connect(url, origin=origin, additional_headers=cookie, max_size=None, **options) as socket:
        yield Board(socket)


async def closing_code(socket, within=8):
    with pytest.raises(ConnectionClosed) as closed:
        async with asyncio.timeout(within):
            while True:
                await socket.recv()
    return closed.value.rcvd.code if closed.value.rcvd else 1006


async def test_everybody_gets_what_is_theirs_and_no_byte_more(server):
    mine = server.desk("call", group="Sales", customer_number=f"+91{SALES_CANARY}")
    other = server.desk("call", group="Support", customer_number=f"+91{SUPPORT_CANARY}")
    seen = {}
    for name in ("sales", "support", "masked", "everybody"):
        async with board_of(server, name) as board:
            await board.read("snapshot")
            latest = server.desk("call", group="Support" if name == "support" else "Sales", count=2, ended=True)
            await board.until_shown(latest)
            await board.read("heartbeat")
        seen[name] = board
    holds = {name: (SALES_CANARY in board.received, SUPPORT_CANARY in board.received) for name, board in seen.items()}
    assert holds == {
        "sales": (True, False),
        "support": (False, True),
        "masked": (False, False),
        "everybody": (True, True),
    }
    assert mine in seen["masked"].shown.rows and other not in seen["masked"].shown.rows
    assert "9000000" not in seen["masked"].received and "9000077" not in seen["masked"].received


@pytest.mark.parametrize(("name", "code"), [("outsider", 4403), (None, 4401)])
async def test_who_may_see_nothing_is_told_so_and_gets_no_message(server, name, code):
    async with board_of(server, name) as board:
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(board.socket.recv(), 8)
        assert closed.value.rcvd.code == code


async def test_a_change_in_the_database_is_shown_within_two_seconds(server):
    async with board_of(server, "everybody") as board:
        await board.read("snapshot")
        began = time.monotonic()
        await board.until_shown(server.desk("call", group="Sales"))
        assert time.monotonic() - began < 2


async def test_the_line_is_heard_to_beat(server):
    async with board_of(server, "everybody") as board:
        await board.read("heartbeat")
        began = time.monotonic()
        await board.read("heartbeat")
        assert time.monotonic() - began < 4


async def test_signing_out_ends_it_within_five_seconds(server):
    key = server.desk("sign_in", name="sales")
    async with board_of(server, None, key) as board:
        await board.read("snapshot")
        server.desk("sign_out", key=key)
        began = time.monotonic()
        assert await closing_code(board.socket) == 4401
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("frame", ["{", "[]", '{"type":"unknown"}', b"\x00\x01", "x" * 5000])
async def test_a_bad_frame_ends_it_with_4400(server, frame):
    async with board_of(server, "everybody") as board:
        await board.read("snapshot")
        await board.socket.send(frame)
        assert await closing_code(board.socket) == 4400
    assert "Traceback" not in server.output


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:1",
        "http://127.0.0.1",
        "http://127.0.0.1:{port}.evil.example",
        "http://user@127.0.0.1:{port}",
        "http://127.0.0.1:{port}/path",
        "http://[::1",
    ],
)
async def test_other_peoples_pages_are_refused_before_they_are_accepted(server, origin):
    origin = origin and origin.format(port=server.port)
    with pytest.raises(InvalidStatus) as refused:
        async with board_of(server, "everybody", origin=origin):
            pass
    assert refused.value.response.status_code in (400, 403)


async def test_other_paths_are_no_board(server):
    with pytest.raises(InvalidStatus) as refused:
        async with board_of(server, "everybody", path="/ws/other/"):
            pass
    assert refused.value.response.status_code in (400, 403)
    assert "Traceback" not in server.output


async def test_a_board_that_stops_reading_is_closed_and_others_do_not_notice(server):
    """It reads its snapshot and then nothing: past two megabytes it is sent nothing more, and closed 10 s later."""
    async with board_of(server, "everybody") as honest, board_of(server, "everybody", max_queue=1) as stalled:
        await honest.read("snapshot")
        await stalled.read("snapshot")
        delays = []
        began = time.monotonic()
        # Fewer than 5,000 live calls in all: beyond, a board is sent the most urgent ones only.
        while time.monotonic() - began < 14:
            asked = time.monotonic()
            latest = server.desk("call", group="Sales", count=330)
            committed = time.monotonic()
            await honest.until_shown(latest)
            delays.append(time.monotonic() - committed)
            await asyncio.sleep(max(0, 1 - (time.monotonic() - asked)))
        assert max(delays) < 2
        assert await closing_code(stalled.socket) == 4408


async def test_the_end_of_the_server_is_told_with_1012(server):
    """The last of each server's tests: it is gone afterwards."""
    async with board_of(server, "everybody") as board:
        await board.read("snapshot")
        server.process.terminate()
        assert await closing_code(board.socket) == 1012
    assert await asyncio.to_thread(server.process.wait, 20) == 0
    assert "Traceback" not in server.output
