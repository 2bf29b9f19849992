"""The deployment as `docs/deployment.md` and `contrib/` describe it, tried: nginx, two processes, PostgreSQL, Redis.

`python3 run.py test tests/deployment/test_deployment.py -s` prints what happened.
"""

import asyncio
import re
import socket
import time
from collections import Counter
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver

from tests.deployment.test_processes import RIGHT_AGAIN_SECONDS, Redis
from tests.support.desk import Desk
from tests.support.live_boards import LiveBoard, staying, trusting, until
from tests.support.nginx import NAME, Nginx
from tests.support.running import RunningServer, unused_port
from tests.support.sending import Teller, made_up_calls

pytestmark = [
    *(pytest.mark.slow, pytest.mark.timeout(240)),
    *(pytest.mark.needs_postgres, pytest.mark.needs_redis_server, pytest.mark.needs_nginx),
]

PEOPLE, BOARDS_EACH = 4, 5
A_SECOND, SECONDS = 100, 25
CONNECTIONS = 16


class Here(AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host, port=0, family=socket.AF_INET):
        found = {"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0}
        return [found | {"flags": socket.AI_NUMERICHOST}]

    async def close(self):
        pass


class Deployment:
    """All of it, on ports of its own."""

    def __init__(self, folder, database):
        self.folder = folder
        self.redis = Redis(folder)
        self.ports = (unused_port(), unused_port())
        (folder / "nginx").mkdir()
        self.nginx = Nginx(folder / "nginx", self.ports)
        self.url = f"https://{NAME}:{self.nginx.https}"
        self.environment = {"DATABASE_URL": database, "REDIS_URL": self.redis.url, "CALLBOARD_BASE_URL": self.url}
        self.servers = {}
        self.tls = trusting(str(self.nginx.certificate))

    def start(self):
        self.redis.start()
        for port in self.ports:
            self.start_process(port)
        for port in self.ports:
            self.servers[port].wait_until_ready()
        self.nginx.start()
        self.desk = Desk(self.folder, **self.environment)
        self.hook = self.url + self.desk("webhook", name="Provider").removeprefix(self.url)

    def start_process(self, port):
        self.servers[port] = RunningServer(self.folder, port=port, **self.environment)

    async def restart_process(self, port):
        """SIGTERM, wait, start, wait until it serves: the exit code of the old one."""
        code = await asyncio.to_thread(self.servers[port].stop)
        self.start_process(port)
        await asyncio.to_thread(self.servers[port].wait_until_ready)
        return code

    def stop(self):
        codes = [server.stop() for server in self.servers.values()]
        self.desk.close()
        self.redis.kill()
        return [*codes, self.nginx.stop()]

    @asynccontextmanager
    async def session(self, **options):
        connector = aiohttp.TCPConnector(resolver=Here(), ssl=self.tls, limit=CONNECTIONS, **options)
        async with aiohttp.ClientSession(connector=connector, trust_env=False) as session:
            yield session

    async def sign_in(self, name):
        """Through the form, as a browser does: the cookie."""
        page = self.url + "/accounts/login/"
        async with self.session() as session:
            async with session.get(page) as shown:
                token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', await shown.text())[1]
            form = {"username": name, "password": name, "csrfmiddlewaretoken": token}
            async with session.post(page, data=form, headers={"Referer": page}, allow_redirects=False) as answer:
                assert answer.status == 302
                return f"__Host-callboard_session={answer.cookies['__Host-callboard_session'].value}"

    def board(self, cookie):
        where = {"ssl": self.tls, "host": "127.0.0.1", "port": self.nginx.https}
        return LiveBoard(self.url.replace("https", "wss") + "/ws/board/", self.url, cookie, **where)


@pytest.fixture
def deployment(tmp_path, postgres_url):
    made = Deployment(tmp_path, postgres_url)
    try:
        made.start()
        yield made
    finally:
        for server in made.servers.values():
            server.process.kill()
            server.process.wait()
        made.redis.kill()
        if hasattr(made.nginx, "process"):
            made.nginx.stop()


async def steady(teller, hook, requests):
    """So many a second, whatever becomes of those before, on a few connections."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number, request in enumerate(requests):
            await asyncio.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
            group.create_task(teller.tell([hook], request))


async def test_reloads_and_restarts_under_load_lose_nothing_and_leave_every_board_right(deployment):
    began = time.monotonic()
    names = [f"person-{number}" for number in range(PEOPLE)]
    for name in names:
        deployment.desk("add_person", name=name, role="supervisor", all_groups=True)
    cookies = [await deployment.sign_in(name) for name in names]
    requests = [request for _, request in made_up_calls(A_SECOND * SECONDS)][: A_SECOND * SECONDS]
    codes = []

    boards = [deployment.board(cookie) for cookie in cookies for _ in range(BOARDS_EACH)]
    async with deployment.session() as session, staying(boards):
        teller = Teller(session)
        load = asyncio.create_task(steady(teller, deployment.hook, requests))
        await until(lambda: len(teller.stored) > 3 * A_SECOND, 20)
        deployment.nginx.reload()
        await until(lambda: len(teller.stored) > 5 * A_SECOND, 20)
        for port in deployment.ports:
            codes.append(await deployment.restart_process(port))
        assert not load.done(), "the load ended before the restarts did"
        await load
        truth = deployment.desk("board_truth")
        right = await until(lambda: all(board.shows(truth) for board in boards), RIGHT_AGAIN_SECONDS)
        figures = {str(sorted(board.shown.totals.items())) for board in boards}
    kept = deployment.desk("deliveries_of", ids=teller.stored)
    codes += deployment.stop()

    print(
        f"\n{len(requests)} deliveries at {A_SECOND} a second over TLS, {len(boards)} boards, one reload, two restarts;"
        f"\nanswers {dict(teller.answers)}; acknowledged {len(teller.stored)}, of these stored {kept};"
        f"\nall boards right {right:.2f} s after the last; sockets opened {Counter(b.opened for b in boards)},"
        f" closed with {Counter(code for b in boards for code in b.closed)}, refused {sum(b.refused for b in boards)};"
        f"\nexit codes {codes}; {time.monotonic() - began:.0f} s"
    )
    assert kept == len(set(teller.stored)) == len(requests)
    assert codes == [0] * 5
    assert len(figures) == 1
    assert {code for board in boards for code in board.closed} <= {1012}
    # At most once for each process that was restarted.
    assert max(board.opened for board in boards) <= 1 + len(deployment.ports)


async def test_the_proxy_refuses_what_is_not_for_us_and_writes_no_secret_down(deployment):
    first = made_up_calls(100)[0][1]
    token = deployment.hook.rsplit("/", 1)[1]
    async with deployment.session() as session:
        teller = Teller(session)
        await teller.tell([deployment.hook], first)
        await teller.tell([deployment.hook.replace("/hooks/", "/hook-")], first)

        async def status(method, path, **options):
            async with session.request(method, deployment.url + path, **options) as answer:
                return answer.status

        long = "x" * 17_000
        assert await status("POST", f"/hooks/{token}", data=b"x" * 1_100_000) == 413
        assert await status("GET", f"/hooks/{token}?CallSid={long}") == 414
        assert await status("GET", f"/hooks/{token}?CallSid=1&SourceNumber=9000000101") == 200
        assert await status("GET", "/hooks/wp-login.php") == 404
        assert await status("GET", f"/hooks/{'x' * 32}") == 404
        assert await status("GET", "/healthz") == 200
        with pytest.raises(aiohttp.ClientError):
            await status("GET", "/healthz", headers={"Host": "evil.example.com"})
        plain = f"http://{NAME}:{deployment.nginx.http}"
        async with session.get(plain + "/accounts/login/", allow_redirects=False) as answer:
            assert answer.status == 301 and answer.headers["Location"].startswith("https://")
        async with session.post(f"{plain}/hooks/{token}", data=b"{}", allow_redirects=False) as answer:
            assert answer.status == 200

        # Somebody tries tokens, as fast as they can; the provider does not notice.
        flooding = asyncio.create_task(flood(deployment, 2_000))
        began, number = time.monotonic(), 0
        while not flooding.done():
            number += 1
            await teller.tell([deployment.hook], first)
        slowest = (time.monotonic() - began) / number
        refused = await flooding
    print(f"\nflood: {dict(refused)}; meanwhile {number} deliveries, {slowest * 1000:.1f} ms each")
    assert set(teller.answers) == {200}
    assert refused[429] > 0 and set(refused) <= {404, 429}

    deployment.servers[deployment.ports[0]].stop()
    async with deployment.session() as session:
        teller = Teller(session)
        for _ in range(10):
            await teller.tell([deployment.hook], first)
    assert teller.answers == {200: 10}
    told = deployment.nginx.output
    assert '"path":"/hooks/..."' in told and '"path":"/hook-..."' in told
    assert token not in told
    assert "9000000101" not in told and "CallSid" not in told


async def flood(deployment, count):
    answers = Counter()
    async with deployment.session(local_addr=("127.0.0.2", 0)) as session:

        async def one(number):
            async with session.get(f"{deployment.url}/hooks/{number:032d}") as answer:
                answers[answer.status] += 1

        await asyncio.gather(*(one(number) for number in range(count)))
    return answers
