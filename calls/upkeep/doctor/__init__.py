"""Looks at everything that a board depends on, and says of each problem what to do."""

from collections.abc import Callable, Iterator

from django.db import DatabaseError

from .finding import Finding
from .machine import clock, database, disk, files, handles, layer, migrations, system, wholeness
from .records import doubles, figures, people, quarantine, shares, sources, zones

EXAMINATIONS = (
    *(system, database, migrations, layer, disk, files, handles, clock),
    *(people, sources, zones, doubles, quarantine, shares, figures),
)
LONG_EXAMINATIONS = (wholeness,)
"""Those that take as long as the database is large: for the command only."""


def examined(examine: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """The findings of one examination; one that cannot be made is itself a problem."""
    try:
        return list(examine())
    except DatabaseError:
        return [Finding(False, f"{examine.__name__}: the database cannot say", "See above.")]
    except Exception as problem:
        return [Finding(False, f"{examine.__name__}: {type(problem).__name__}", "Please report this with its log.")]
