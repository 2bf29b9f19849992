"""What the suites share: what is missing on this machine, and the loads of the short form."""

from functools import cache

from bench.cases import Size
from bench.load import Load
from bench.product import Aged
from bench.stores import POSTGRES, postgres_answers, store_of
from bench.subjects import why_no_node

SHORT = Load(calls=30, boards=3, active=12, connections=4, drain=1, retries=20)
PEER_LOAD = Load(calls=1000, boards=20, active=500, connections=32)
"""For peers that are some ten times slower than the product, and twenty times faster than the tutorial's."""
TUTORIAL_LOAD = Load(calls=75, boards=20, active=75, connections=32, drain=3)


@cache
def why_no_postgres() -> str:
    return "" if postgres_answers() else "PostgreSQL does not answer (TEST_DATABASE_URL)"


def why_not(store: str) -> str:
    return why_no_postgres() if store == POSTGRES else ""


def why_no_history(store: str, size: Size) -> str:
    """Why there is no history in this store. Where some databases were named, no other is made."""
    unnamed = size.databases and not database_of(store, size)
    return why_not(store) or ("--database names none of its databases" if unnamed else "")


def database_of(store: str, size: Size) -> str:
    """The URL that was named for this store, or nothing."""
    return next((url for url in size.databases if store_of(url) == store), "")


def aged(store: str, calls: int, counts: tuple[int, ...], size: Size, days: int = Aged.days) -> Aged:
    """The product with so many calls; the longest history of a suite is the one that is there already, if any is."""
    there = database_of(store, size) if calls == max(counts) else ""
    return Aged(store=store, calls=calls, days=days, there=there)


@cache
def node_is_missing(short: bool) -> str:
    return why_no_node(install=not short)
