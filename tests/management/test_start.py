"""From nothing to serving, once; and ending well."""

import ast
import http.client
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time

import pytest

from tests.support.running import ROOT, clean_environment, manage, running_server, unused_port

SERVERS = ["uvicorn", "daphne"]
HOOK = re.compile(r"http://127\.0\.0\.1:\d+(/hooks/[\w-]{32})")
PASSWORD = re.compile(r"password +([a-z2-9]{4}(?:-[a-z2-9]{4}){3})")


@pytest.mark.slow
@pytest.mark.parametrize("server", SERVERS)
def test_a_first_start_makes_what_it_needs_and_tells_its_secrets_once(tmp_path, server):
    with running_server(tmp_path, "--server", server) as first:
        assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
        assert first.get("/accounts/login/")[0] == 200
        assert "server" not in first.headers("/healthz")
        assert first.get("/version")[0] == 200
        hook = HOOK.search(first.first_secrets)[1]
        password = PASSWORD.search(first.first_secrets)[1]
        assert first.get(hook)[0] == 200
        assert hook not in first.output and password not in first.output
        assert str(tmp_path / "first_secrets.txt") in first.output
        assert stat.S_IMODE((tmp_path / "first_secrets.txt").stat().st_mode) == 0o600
        assert first.stop() == 0
    told = first.first_secrets
    with running_server(tmp_path, "--server", server) as second:
        assert second.get(hook)[0] == 200
        assert not HOOK.search(second.output)
        assert not PASSWORD.search(second.output)
        assert second.first_secrets == told
        assert second.stop(signal.SIGINT) == 0


@pytest.mark.slow
def test_the_address_answers_whoever_opens_it_as_soon_as_it_is_told(tmp_path):
    port = unused_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        cwd=ROOT, env=clean_environment(CALLBOARD_DATA_DIR=str(tmp_path)), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert any("Callboard is at" in line for line in process.stdout)
        visitor = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        visitor.request("GET", "/healthz")
        assert visitor.getresponse().status == 200
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_on_a_terminal_the_first_secrets_are_shown_and_written_nowhere(tmp_path):
    leader, follower = os.openpty()
    subprocess.run(
        [sys.executable, "manage.py", "firstrun"],
        cwd=ROOT, env=clean_environment(CALLBOARD_DATA_DIR=str(tmp_path)), stdout=follower, check=True, timeout=60,
    )  # fmt: skip
    os.close(follower)
    told = os.read(leader, 65_536).decode()
    os.close(leader)
    assert HOOK.search(told)
    assert PASSWORD.search(told)
    assert not (tmp_path / "first_secrets.txt").exists()


@pytest.mark.slow
def test_commands_name_the_address_that_is_really_served(tmp_path):
    with running_server(tmp_path) as server:
        folder = {"CALLBOARD_DATA_DIR": str(tmp_path)}
        for command in (("adduser", "asha", "--role", "viewer"), ("createsource", "Shop"), ("rotatetoken", "Shop")):
            assert f"http://127.0.0.1:{server.port}/" in manage(*command, **folder).stdout
        assert f"http://127.0.0.1:{server.port}/accounts/login/" in server.first_secrets
        told = manage("doctor", **folder).stdout
        assert re.search(rf"ok +process {server.process.pid} has \d+ of \d+ files and connections open", told)
        public = manage("createsource", "Web", CALLBOARD_BASE_URL="https://calls.example.com", **folder).stdout
        assert "https://calls.example.com/hooks/" in public


@pytest.mark.slow
def test_a_request_under_way_is_finished_before_the_end(tmp_path):
    with running_server(tmp_path) as running:
        hook = HOOK.search(running.first_secrets)[1]
        body = b'{"CallSid": "1", "Status": "ANSWER"}'
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as client:
            client.sendall(
                f"POST {hook} HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            )
            # The application has begun to read.
            assert client.recv(4096).startswith(b"HTTP/1.1 100")
            running.process.send_signal(signal.SIGTERM)
            client.sendall(body)
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
        assert running.process.wait(timeout=20) == 0


@pytest.mark.slow
def test_a_taken_port_is_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = manage("serve", "--port", port, CALLBOARD_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == f"CommandError: Cannot listen on 127.0.0.1 port {port}: Address already in use. " \
                          "Choose another --port.\n"  # fmt: skip


@pytest.mark.slow
def test_workers_on_sqlite_are_refused_with_the_reason(tmp_path):
    done = manage("serve", "--workers", "2", "--port", str(unused_port()), CALLBOARD_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "2 workers cannot share a SQLite database" in done.stderr


@pytest.mark.slow
def test_a_second_server_on_the_same_sqlite_is_refused_for_as_long_as_the_first_lives(tmp_path):
    with running_server(tmp_path) as first:
        done = manage("serve", "--port", str(unused_port()), CALLBOARD_DATA_DIR=str(tmp_path))
        assert done.returncode == 1
        assert done.stderr == (
            "CommandError: Another process serves this SQLite database already: "
            "stop it, or set DATABASE_URL to PostgreSQL.\n"
        )
        first.stop(signal.SIGKILL)
    with running_server(tmp_path) as second:
        assert second.stop() == 0


@pytest.mark.slow
def test_a_database_that_is_not_there_is_one_sentence(tmp_path):
    nowhere = f"postgres://callboard@127.0.0.1:{unused_port()}/callboard"
    done = manage("serve", "--port", str(unused_port()), CALLBOARD_DATA_DIR=str(tmp_path), DATABASE_URL=nowhere)
    assert done.returncode == 1
    assert re.fullmatch("CommandError: The database cannot be used: .*refused.* See DATABASE_URL.\n", done.stderr)


@pytest.mark.slow
@pytest.mark.needs_postgres
def test_the_sentence_says_what_the_database_said(tmp_path, postgres_url):
    misspelt = postgres_url + "_misspelt"
    done = manage("firstrun", CALLBOARD_DATA_DIR=str(tmp_path), DATABASE_URL=misspelt)
    assert done.returncode == 1
    assert re.fullmatch(
        'CommandError: The database cannot be used: .*database ".*_misspelt" does not exist. See DATABASE_URL.\n',
        done.stderr,
    )


@pytest.mark.slow
@pytest.mark.needs_postgres
@pytest.mark.needs_redis
def test_two_workers_share_postgresql_and_redis(tmp_path, postgres_url, redis_url):
    with running_server(tmp_path, "--workers", "2", DATABASE_URL=postgres_url, REDIS_URL=redis_url) as running:
        hook = HOOK.search(running.first_secrets)[1]
        assert [running.get(hook)[0] for _ in range(20)] == [200] * 20
        assert running.stop() == 0


@pytest.mark.slow
def test_simulated_calls_come_through_the_webhook_and_end_with_the_server(tmp_path):
    with running_server(tmp_path, "--simulate") as running:
        server = running.process.pid
        deadline = time.monotonic() + 20
        while not (simulated := count_of_calls(tmp_path)) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert simulated
        assert running.stop() == 0
    assert processes_of(server) == []


@pytest.mark.slow
def test_a_simulation_ends_even_when_the_server_is_killed(tmp_path):
    with running_server(tmp_path, "--simulate") as running:
        [child] = processes_of(running.process.pid)
        running.stop(signal.SIGKILL)
        deadline = time.monotonic() + 5
        while is_alive(child) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not is_alive(child)


def count_of_calls(data_dir) -> int:
    with sqlite3.connect(data_dir / "callboard.sqlite3", timeout=5) as database:
        return database.execute("SELECT count(*) FROM calls_call").fetchone()[0]


def processes_of(parent: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True)
    return [int(word) for word in found.stdout.split()]


def is_alive(process: int) -> bool:
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True)
    return bool(found.stdout.strip()) and not found.stdout.strip().startswith("Z")


# run.py


def test_run_py_can_be_read_by_old_pythons_that_it_must_refuse():
    ast.parse((ROOT / "run.py").read_text(), feature_version=(3, 7))


def test_run_py_needs_the_standard_library_only():
    tree = ast.parse((ROOT / "run.py").read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("name", ["bootstrap", "base", "test"])
def test_a_lock_names_no_host_and_holds_a_hash_for_every_package(name):
    lock = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in lock
    assert "index" not in lock
    packages = [part for part in re.split(r"\n(?=\S)", lock.strip()) if not part.startswith("#")]
    assert packages
    assert [part for part in packages if "--hash=sha256:" not in part] == []


@pytest.mark.parametrize(
    "name",
    [
        *("channels", "daphne", "uvicorn", "httptools", "uvloop", "websockets", "orjson", "structlog", "servestatic"),
        *("django", "django-axes", "django-csp", "djangorestframework", "channels-redis", "redis"),
    ],
)
def test_what_insides_are_leaned_on_has_an_upper_bound(name):
    [wanted] = re.findall(rf"^{name}(?:\[[\w,]+\])?(>=.*)$", (ROOT / "requirements/base.in").read_text(), re.M)
    assert re.match(r">=[\d.]+,<[\d.]+", wanted)


def test_tests_run_on_what_is_served():
    def pins(name):
        return dict(
            re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", (ROOT / f"requirements/{name}.txt").read_text(), re.M)
        )

    assert pins("base").items() <= pins("test").items()
