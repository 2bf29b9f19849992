"""What a database connection is asked beside its work: why there is none, to connect anew, to have no haste."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connection


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
    pool = getattr(connection, "pool", None)
    if pool is not None:
        with suppress(Exception):
            pool.check()


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
