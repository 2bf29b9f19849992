"""Letting go of database connections that failed."""

from contextlib import suppress

from django.db import connection


def start_over() -> None:
    """After a failure: give up this thread's connection, and have the pool look at all that it holds.

    Those that died with it would be handed out one by one, each after a longer wait than the one before.
    """
    connection.close()
    pool = getattr(connection, "pool", None)
    if pool is not None:
        with suppress(Exception):
            pool.check()
