"""What the suites share: what is missing on this machine, and the loads of the short form."""

from functools import cache

from bench.load import Load
from bench.stores import POSTGRES, postgres_answers
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


@cache
def node_is_missing(short: bool) -> str:
    return why_no_node(install=not short)
