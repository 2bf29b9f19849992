"""Databases for measurements: made for one run, dropped after it."""

import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench.machine import Usage, usage_of_backends

SQLITE, POSTGRES = "sqlite", "postgres"
SERVER = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")


def postgres_answers() -> bool:
    parts = urlsplit(SERVER)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5432), timeout=1):
            return True
    except OSError:
        return False


def store_of(url: str) -> str:
    return POSTGRES if url.startswith("postgres") else SQLITE


def file_of(url: str) -> str:
    """The file of a SQLite database."""
    return url.removeprefix("sqlite:///")


@contextmanager
def database(store: str, folder: Path, template: str = "") -> Iterator[str]:
    """The URL of a new database: a file in the folder, or a copy of PostgreSQL's template."""
    if store == SQLITE:
        yield f"sqlite:///{folder / 'callboard.sqlite3'}"
        return
    name = f"callboard_bench_{os.getpid()}_{os.urandom(3).hex()}"
    administer(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template1"}"')
    try:
        yield urlsplit(SERVER)._replace(path=f"/{name}").geturl()
    finally:
        administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def connected(url: str) -> Iterator[Any]:
    """A connection that commits each statement, and waits for whoever writes."""
    postgres = store_of(url) == POSTGRES
    connection: Any = (
        psycopg.connect(url, autocommit=True)
        if postgres
        else sqlite3.connect(file_of(url), timeout=30, isolation_level=None)
    )
    try:
        yield connection
    finally:
        connection.close()


def administer(statement: str, url: str = SERVER) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(statement)


def name_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def usage_of_store(url: str) -> Usage:
    """What a database costs outside the server's own processes: nothing for a file."""
    return usage_of_backends(name_of(url)) if store_of(url) == POSTGRES else Usage()
