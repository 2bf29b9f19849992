"""What a database connection is asked beside its work: why there is none, to connect anew, to have no haste."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy

from django.db import DEFAULT_DB_ALIAS, connection, connections


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
    """One sentence on why there is no connection. A pool only says that none came in time: one without it says why."""
    pool = getattr(connection, "pool", None)
    if pool is not None:
        try:
            pool.connection_class.connect(**pool.kwargs).close()
        except Exception as reason:
            problem = reason
    return "; ".join(dict.fromkeys(str(problem).splitlines()))


def reconnect() -> None:
    """After a failure: give up this thread's connection, and have the pool look at all that it holds.

    Those that died with it would be handed out one by one, each after a longer wait than the one before.
    """
    connection.close()
    for pool in getattr(connection, "_connection_pools", {}).values():
        with suppress(Exception):
            pool.check()


def lend_back() -> None:
    """Let others have this thread's connection for as long as it does something else; not within a transaction."""
    if not connection.in_atomic_block:
        connection.close()


@contextmanager
def unhurried() -> Iterator[None]:
    """Let statements take as long as they do: those of a command may be longer than any of a server should be."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        try:
            yield
        finally:
            cursor.execute("RESET statement_timeout")
