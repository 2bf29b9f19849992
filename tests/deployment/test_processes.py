"""Several processes on one PostgreSQL database are as one: with Redis, without it, and while either is gone."""

import asyncio
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import aiohttp
import psycopg
import pytest

from calls.simulation import encode
from tests.conftest import POSTGRES_URL
from tests.support.desk import Desk
from tests.support.live_boards import LiveBoard, staying, until
from tests.support.running import RunningServer, running_server, unused_port
from tests.support.sending import Teller, made_up_calls, muddled
from tests.support.silent_line import silent_line

pytestmark = [pytest.mark.slow, pytest.mark.needs_postgres, pytest.mark.timeout(240)]


RIGHT_AGAIN_SECONDS = 3
FOLLOWED_SECONDS = 2
ANSWERED_SECONDS = 2
LET_GO_SECONDS = 10
CALLS = 1000


@pytest.fixture
def redis_of_our_own(tmp_path):
    """A Redis that may be stopped and killed. Mark the test `needs_redis_server`."""
    redis = Redis(tmp_path)
    redis.start()
    yield redis
    redis.kill()


class Redis:
    def __init__(self, folder):
        self.port, self.folder = unused_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        quiet = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--dir", str(self.folder)]
        program = [shutil.which("redis-server"), "--port", str(self.port), *quiet]
        self.process = subprocess.Popen(program, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while subprocess.run(["redis-cli", "-p", str(self.port), "ping"], capture_output=True).stdout != b"PONG\n":
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Site:
    """Processes on one database, with somebody who sees everything and a source that delivers.

    The processes, and nobody else, may reach it `through` another address.
    """

    def __init__(self, folder, database="", redis="", processes=2, through=""):
        self.stack = ExitStack()
        environment = {name: value for name, value in {"DATABASE_URL": database, "REDIS_URL": redis}.items() if value}
        theirs = environment | ({"DATABASE_URL": through} if through else {})
        self.database = database
        self.servers = [self.stack.enter_context(running_server(folder, **theirs)) for _ in range(processes)]
        self.desk = Desk(folder, **environment)
        self.stack.callback(self.desk.close)
        self.desk("add_person", name="everybody", role="admin", all_groups=True)
        self.cookie = f"callboard_session={self.desk('sign_in', name='everybody')}"
        hook = self.desk("webhook", name="Muddled")
        self.hooks = [server.url + hook for server in self.servers]

    def board(self, process):
        url = self.servers[process].url
        return LiveBoard(url.replace("http", "ws") + "/ws/board/", url, self.cookie)

    def sql(self, statement, *params):
        """On another database of the same server: this one may be out of reach."""
        with psycopg.connect(POSTGRES_URL, autocommit=True) as server:
            found = server.execute(statement, params or None)
            return found.fetchone() if found.description else None

    @property
    def name(self):
        return urlsplit(self.database).path.removeprefix("/")

    def end_connections(self, like="%"):
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND query LIKE %s"
            " AND application_name = 'callboard'", self.name, like,
        )  # fmt: skip

    def listeners(self):
        return self.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN%%'", self.name
        )[0]

    @property
    def seq(self):
        with psycopg.connect(self.database) as ours:
            return ours.execute("SELECT coalesce(max(seq), 0) FROM calls_head").fetchone()[0]

    async def told(self, count=None):
        """Wait until every delivery is stored and the directory is at rest."""
        counts = {}

        def at_rest():
            counts.update(self.desk("counts"))
            return counts["unsettled"] == 0

        await until(at_rest, 60)
        return counts


@pytest.fixture
def site(tmp_path, postgres_url):
    made = []

    def make(redis="", **options):
        made.append(Site(tmp_path, postgres_url, redis, **options))
        return made[-1]

    yield make
    for each in made:
        each.stack.close()


async def a_new_call(teller, url, name):
    fields = {"type": "live_call", "CallSid": name, "Direction": "IVR", "Status": "Transfer to agent"}
    fields |= {"SourceNumber": "9000000101", "DestinationNumber": "01200000301", "DialWhomNumber": "8000000201"}
    await teller.tell([url], encode(fields, "json"))


async def all_right(site, boards, within=RIGHT_AGAIN_SECONDS):
    """Every board equals the database, which it is asked anew each time: seconds."""
    return await until(
        lambda: all(board.shows(truth) for truth in [site.desk("board_truth")] for board in boards), within
    )


async def one_process_alone(folder, said):
    """What one process on SQLite makes of it, told once and in order."""
    folder.mkdir()
    alone = Site(folder, processes=1)
    try:
        async with aiohttp.ClientSession() as session:
            teller = Teller(session)
            for _, request in said:
                await teller.tell(alone.hooks, request)
        counts = await alone.told()
        return alone.desk("calls_by_ref"), counts
    finally:
        alone.stack.close()


@pytest.mark.parametrize("with_redis", [False, pytest.param(True, marks=pytest.mark.needs_redis_server)])
async def test_deliveries_of_the_same_calls_at_both_at_once_end_as_in_one_process(site, tmp_path, with_redis, request):
    redis = request.getfixturevalue("redis_of_our_own").url if with_redis else ""
    pair = site(redis)
    said = made_up_calls(CALLS)
    sent = muddled(said)

    async with aiohttp.ClientSession() as session, staying([pair.board(i % 2) for i in range(6)]) as boards:
        teller = Teller(session)
        began = time.monotonic()
        await teller.tell_all(pair.hooks, sent)
        took = time.monotonic() - began
        right_after = await all_right(pair, boards)
        counts = await pair.told()
        settled_after = await all_right(pair, boards)
        totals = [board.shown.totals for board in boards]

    print(f"{len(sent)} told in {took:.1f} s, {counts}; right after {right_after:.2f}, settled {settled_after:.2f} s")
    assert set(teller.answers) == {200}
    assert sum(counts.values()) == len(sent) == len(set(teller.stored))
    assert totals == [totals[0]] * len(boards)
    assert [board.shown.regressions for board in boards] == [0] * len(boards)
    assert [(board.opened, board.closed) for board in boards] == [(1, [])] * len(boards)
    found = pair.desk("calls_by_ref")
    expected, expected_counts = await one_process_alone(tmp_path / "alone", said)
    assert counts["applied"] == expected_counts["applied"]
    assert len(found) == len(expected)
    different = {
        ref: {name: (value, expected[ref][name]) for name, value in call.items() if value != expected[ref][name]}
        for ref, call in found.items()
    }
    assert {ref: names for ref, names in different.items() if names} == {}


async def followed(site, boards, teller, name, within=FOLLOWED_SECONDS):
    """A delivery at the first process is on the boards of the second: seconds."""
    before = site.seq
    await a_new_call(teller, site.hooks[0], name)
    return await until(lambda: all(board.shown.seq > before for board in boards), within)


@pytest.mark.needs_redis_server
async def test_without_redis_the_boards_still_follow_and_an_idle_board_stays(site, redis_of_our_own):
    pair, redis = site(redis_of_our_own.url), redis_of_our_own
    took = {}
    async with aiohttp.ClientSession() as session, staying([pair.board(1), pair.board(0)]) as boards:
        teller = Teller(session)
        took["well"] = await followed(pair, boards, teller, "well")
        await asyncio.sleep(16)  # redis-py 8 ends an idle connection after 5 s, unless it is told otherwise
        assert [(board.opened, board.closed) for board in boards] == [(1, [])] * 2
        took["idle for 16 s"] = await followed(pair, boards, teller, "idle")
        redis.signal(signal.SIGSTOP)
        for i in range(3):
            took[f"blocked {i}"] = await followed(pair, boards, teller, f"blocked {i}")
        redis.signal(signal.SIGCONT)
        redis.kill()
        for i in range(3):
            took[f"dead {i}"] = await followed(pair, boards, teller, f"dead {i}")
        redis.start()
        await until(lambda: members(redis) == 2, 10)
        took["back"] = await followed(pair, boards, teller, "back", within=0.9)
        assert await all_right(pair, boards) < RIGHT_AGAIN_SECONDS

        print({name: round(seconds, 2) for name, seconds in took.items()})
        assert teller.answers == {200: len(took)}
        assert [(board.opened, board.closed) for board in boards] == [(1, [])] * 2
    assert [server.stop() for server in pair.servers] == [0, 0]
    assert members(redis) == 0


def members(redis):
    told = subprocess.run(["redis-cli", "-p", str(redis.port), "zcard", "callboard:group:board"], capture_output=True)
    return int(told.stdout or 0)


async def test_a_listener_that_is_cut_off_follows_at_once_and_listens_again(site):
    pair = site()
    async with aiohttp.ClientSession() as session, staying([pair.board(1), pair.board(0)]) as boards:
        teller = Teller(session)
        told = await followed(pair, boards, teller, "told", within=0.9)
        pair.end_connections("LISTEN%")
        cut_off = await followed(pair, boards, teller, "cut off")
        await until(lambda: pair.listeners() == 2, 10)
        again = await followed(pair, boards, teller, "again", within=0.9)

        print(f"told {told:.2f} s, cut off {cut_off:.2f} s, again {again:.2f} s")
        assert [(board.opened, board.closed) for board in boards] == [(1, [])] * 2


@pytest.mark.parametrize("seconds", [0, 15])
async def test_a_database_that_is_away_costs_nothing_that_was_acknowledged(site, seconds):
    """Its connections end while deliveries come, and for a while it takes no new ones."""
    pair = site()
    sent = [request for _, request in made_up_calls(400)]
    async with aiohttp.ClientSession() as session, staying([pair.board(0), pair.board(1)]) as boards:
        teller = Teller(session)
        telling = asyncio.create_task(teller.tell_all(pair.hooks, sent))
        await until(lambda: len(teller.stored) > 50, 20)
        if seconds:
            pair.sql(f'ALTER DATABASE "{pair.name}" ALLOW_CONNECTIONS false')
        pair.end_connections()
        await asyncio.sleep(seconds)
        pair.sql(f'ALTER DATABASE "{pair.name}" ALLOW_CONNECTIONS true')
        back = time.monotonic()
        stored_before = len(teller.stored)
        await until(lambda: len(teller.stored) > stored_before or telling.done(), 10)
        webhooks = time.monotonic() - back
        right = await right_with_the_database(pair, boards)
        await telling
        await all_right(pair, boards)

        print(
            f"answers {dict(teller.answers)}, slowest {teller.slowest:.2f} s; "
            f"webhooks {webhooks:.2f} s, boards {right:.2f} s after its return"
        )
        assert set(teller.answers) <= {200, 503}
        assert pair.desk("deliveries_of", ids=teller.stored) == len(set(teller.stored)) == len(sent)


async def test_a_database_that_falls_silent_is_neither_waited_for_nor_believed_gone(site, postgres_url):
    """Its connections stay open and nothing comes, as behind a cable that was pulled or a host that froze."""
    server = urlsplit(postgres_url)
    with silent_line(server.hostname, server.port or 5432) as line:
        address = f"{server.netloc.rpartition('@')[0]}@127.0.0.1:{line.port}"
        pair = site(through=server._replace(netloc=address).geturl())
        sent = [request for _, request in made_up_calls(400)]
        async with aiohttp.ClientSession() as session, staying([pair.board(0), pair.board(1)]) as boards:
            teller = Teller(session)
            telling = asyncio.create_task(teller.tell_all(pair.hooks, sent))
            await until(lambda: len(teller.stored) > 50, 20)
            line.fall_silent()
            await asyncio.sleep(1)
            stored_in_silence = len(teller.stored)
            await asyncio.sleep(11)
            assert len(teller.stored) == stored_in_silence
            assert min(time.monotonic() - board.heard_at for board in boards) > 4  # they know that they do not know
            line.speak_again()
            webhooks = await until(lambda: len(teller.stored) > stored_in_silence, RIGHT_AGAIN_SECONDS)
            await telling
            right = await all_right(pair, boards)

            print(
                f"answers {dict(teller.answers)}, slowest {teller.slowest:.2f} s; "
                f"webhooks {webhooks:.2f} s after its return, boards {right:.2f} s after the last"
            )
            assert set(teller.answers) == {200, 503}
            assert teller.slowest < ANSWERED_SECONDS
            assert pair.desk("deliveries_of", ids=teller.stored) == len(set(teller.stored)) == len(sent)


async def test_a_process_that_freezes_within_a_commit_lets_the_other_go_on(site):
    """It holds locks, and its connection is alive: PostgreSQL itself has to end what is at rest for too long."""
    pair = site()
    frozen, hook = pair.servers[0].process, pair.hooks[1]
    sent = [request for _, request in made_up_calls(1500)]
    async with aiohttp.ClientSession() as session, staying([pair.board(1)]) as boards:
        teller = Teller(session, timeout=aiohttp.ClientTimeout(total=3))
        telling = asyncio.create_task(teller.tell_all(pair.hooks, sent))
        await until(lambda: len(teller.stored) > 50, 20)
        while not pair.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
            " AND clock_timestamp() - state_change > interval '0.4 s'", pair.name,
        )[0]:  # fmt: skip
            assert not telling.done(), "never frozen while it held what the other needs"
            frozen.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.05)
            frozen.send_signal(signal.SIGSTOP)
            await asyncio.sleep(0.5)
        async with asyncio.timeout(LET_GO_SECONDS):
            began = time.monotonic()
            await a_new_call(teller, hook, "meanwhile")
            blocked = time.monotonic() - began
        await all_right(pair, boards)
        frozen.send_signal(signal.SIGCONT)
        await telling
        right = await all_right(pair, boards)

        print(f"answers {dict(teller.answers)}; blocked for {blocked:.1f} s, right {right:.2f} s after the last")
        assert set(teller.answers) <= {200, 503, "TimeoutError"}
        assert pair.desk("deliveries_of", ids=teller.stored) == len(set(teller.stored)) == len(sent) + 1


async def right_with_the_database(site, boards):
    """Boards as far as the database is: seconds."""
    return await until(lambda: min(b.shown.seq for b in boards) >= site.seq, RIGHT_AGAIN_SECONDS)


async def test_two_that_start_at_once_on_an_empty_database_prepare_it_once(tmp_path, postgres_url):
    """Each with a folder of its own, as on two hosts."""
    key = "a key that both of the hosts were given, 50 characters"
    servers = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        servers.append(RunningServer(tmp_path / name, DATABASE_URL=postgres_url, CALLBOARD_SECRET_KEY=key))
    try:
        for server in servers:
            server.wait_until_ready()
        told = [server.output for server in servers]
        assert sum("First administrator" in output for output in told) == 1
        assert sum("First source" in output for output in told) == 1
        assert [server.stop() for server in servers] == [0, 0]
    finally:
        for server in servers:
            server.process.kill()
            server.process.wait()


@pytest.mark.parametrize("with_redis", [False, pytest.param(True, marks=pytest.mark.needs_redis_server)])
async def test_workers_of_one_port_are_as_one_and_end_well(tmp_path, postgres_url, with_redis, request):
    redis = {"REDIS_URL": request.getfixturevalue("redis_of_our_own").url} if with_redis else {}
    with running_server(tmp_path, "--workers", "2", DATABASE_URL=postgres_url, **redis) as server:
        desk = Desk(tmp_path, DATABASE_URL=postgres_url, **redis)
        desk("add_person", name="everybody", role="admin", all_groups=True)
        cookie = f"callboard_session={desk('sign_in', name='everybody')}"
        hook = server.url + desk("webhook", name="Workers")
        boards = [LiveBoard(server.url.replace("http", "ws") + "/ws/board/", server.url, cookie) for _ in range(6)]
        async with aiohttp.ClientSession() as session, staying(boards):
            teller = Teller(session)
            await teller.tell_all([hook], muddled(made_up_calls(50)))
            truth = desk("board_truth")
            await until(lambda: all(board.shows(truth) for board in boards), RIGHT_AGAIN_SECONDS)
            server.process.send_signal(signal.SIGTERM)
            await until(lambda: all(board.closed for board in boards), 10)
        desk.close()
        assert server.process.wait(timeout=20) == 0
        # A board that is back at once may meet the other worker before that one heard of it: once more, the same code.
        assert {code for board in boards for code in board.closed} == {1012}
