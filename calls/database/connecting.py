"""Care of database connections: say why there is none, connect anew after a failure, let a statement run for long."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction


def keep_own_connection() -> None:
    """Give this thread a connection that nobody else can take: the pool of PostgreSQL is for pages.

    It stays open between transactions. On SQLite every thread has one of its own anyway.
    """
    if connection.vendor != "postgresql":
        return
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    own.settings_dict = deepcopy(own.settings_dict)
    own.settings_dict["OPTIONS"].pop("pool", None)
    own.settings_dict["CONN_MAX_AGE"] = None
    connections[DEFAULT_DB_ALIAS] = own


def what_is_wrong(problem: Exception) -> str:
    """Say in one sentence why there is no connection.

    A pool says only that no connection came in time. A connection that is opened without the pool says why.
    """
    pool = getattr(connection, "pool", None)
    if pool is not None:
        try:
            pool.connection_class.connect(**pool.kwargs).close()
        except Exception as reason:
            problem = reason
    return "; ".join(dict.fromkeys(str(problem).splitlines()))


def reconnect() -> None:
    """Give up this thread's connection after a failure, and have the pool try all connections that it holds.

    Dead ones among them would otherwise be handed out one by one, each after a longer wait than the one before.
    """
    connection.close()
    for pool in getattr(connection, "_connection_pools", {}).values():
        with suppress(Exception):
            pool.check()


def lend_back() -> None:
    """Give this thread's connection back to the pool while the thread does other work; not within a transaction."""
    if not connection.in_atomic_block:
        connection.close()


@contextmanager
def unhurried() -> Iterator[None]:
    """Let a command take longer than any request of a server may: a statement, the time between two within a
    transaction, and on SQLite the wait for a lock that a server takes again and again.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            limits = ("statement_timeout", "idle_in_transaction_session_timeout")
            longer, usual = [f"SET {limit} = 0" for limit in limits], [f"RESET {limit}" for limit in limits]
        else:
            cursor.execute("PRAGMA busy_timeout")
            longer, usual = ["PRAGMA busy_timeout = 60000"], [f"PRAGMA busy_timeout = {cursor.fetchone()[0]}"]
        for statement in longer:
            cursor.execute(statement)
        try:
            yield
        finally:
            for statement in usual:
                cursor.execute(statement)


@contextmanager
def as_of_one_moment() -> Iterator[None]:
    """Read everything as of one moment, and hold nobody up. Nothing can be written within.

    In a transaction that is open already, and within itself, it changes nothing.
    """
    if connection.in_atomic_block or _has_begun():
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")  # Those of `atomic` lock writers out.
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def _has_begun() -> bool:
    """Whether a transaction is open that Django knows nothing of: SQLite's own word."""
    return connection.vendor == "sqlite" and connection.connection is not None and connection.connection.in_transaction
