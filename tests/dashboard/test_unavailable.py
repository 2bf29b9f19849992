"""While database or disk cannot serve, every page says 503, and one line says why."""

import errno
import logging

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, ProgrammingError, connection
from django.test import Client

from calls.models import Call
from calls.pages import board
from dashboard import asgi
from tests.conftest import person

FAULTS = [
    OperationalError("database is locked"),
    OperationalError("couldn't get a connection after 1.20 sec"),
    OperationalError("database or disk is full"),
    OperationalError("attempt to write a readonly database"),
    InterfaceError("connection already closed"),
    DatabaseError("database disk image is malformed"),
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EMFILE, "Too many open files"),
]


@pytest.fixture
def client(db):
    client = Client(raise_request_exception=False)
    client.force_login(person("asha", "admin", all_groups=True))
    return client


def failing(monkeypatch, where, name, problem):
    def fail(*_, **__):
        raise problem

    monkeypatch.setattr(where, name, fail)


def said_once(answer, caplog):
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    lines = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) == 1 and not lines[0].exc_info


@pytest.mark.parametrize("problem", FAULTS, ids=str)
def test_a_view_that_cannot_read(client, monkeypatch, caplog, problem):
    failing(monkeypatch, board, "snapshot_for", problem)
    answer = client.get("/")
    said_once(answer, caplog)
    assert b"does not answer" in answer.content
    assert "Content-Security-Policy" in answer.headers and answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("problem", FAULTS, ids=str)
def test_a_middleware_that_cannot_write(client, monkeypatch, caplog, problem):
    failing(monkeypatch, SessionStore, "save", problem)
    answer = client.post("/accounts/login/", {"username": "asha", "password": "asha"})
    said_once(answer, caplog)


@pytest.mark.parametrize("path", ["/api/calls/", "/api/calls/1/", "/admin/calls/call/", "/admin/calls/source/"])
def test_every_kind_of_page(client, monkeypatch, caplog, path):
    failing(monkeypatch, Call.objects.all().__class__, "_fetch_all", FAULTS[0])
    failing(monkeypatch, connection.ops.__class__, "no_limit_value", FAULTS[0])
    failing(monkeypatch, SessionStore, "_get_session_from_db", FAULTS[0])
    answer = client.get(path)
    said_once(answer, caplog)
    assert answer.headers["Content-Type"].startswith("application/json" if "/api/" in path else "text/html")


@pytest.mark.parametrize("problem", [RuntimeError(), IntegrityError(), ProgrammingError(), OSError(errno.ENOENT, "x")])
def test_a_fault_of_ours_is_still_told_whole(client, monkeypatch, caplog, problem):
    failing(monkeypatch, board, "snapshot_for", problem)
    assert client.get("/").status_code == 500
    assert any(record.exc_info for record in caplog.records)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a limit of SQLite's stands in for a full disk")
@pytest.mark.django_db(transaction=True)
def test_a_full_disk(caplog, monkeypatch):
    person("asha", "admin", all_groups=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # no room is left of other tests
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
    options = connection.settings_dict["OPTIONS"]
    monkeypatch.setitem(options, "init_command", f"{options['init_command']} PRAGMA max_page_count = {pages}")
    connection.close()
    try:
        for _ in range(200):  # until the last page is full
            caplog.clear()
            client = Client(raise_request_exception=False)
            answer = client.post("/accounts/login/", {"username": "asha", "password": "asha"})
            if answer.status_code != 302:
                break
        said_once(answer, caplog)
        assert client.get("/accounts/login/").status_code == 200
    finally:
        monkeypatch.undo()
        connection.close()


async def test_a_disk_without_room_for_a_body(monkeypatch, caplog):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("django.core.handlers.asgi.tempfile.SpooledTemporaryFile", full)
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"a" * 100_000}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/accounts/login/", "query_string": b"", "headers": []}
    await asgi.django_application(scope, receive, send)
    assert sent[0]["status"] == 503
    assert [record.exc_info for record in caplog.records] == [None]
