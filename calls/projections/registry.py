"""The projections: one line each."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from calls.database.columns import Columns
from calls.figures import rollups
from calls.models.call import CallQuerySet


class Kind(NamedTuple):
    """What a projection is. All but `signature` run within the runner's transaction.

    `wanted(changed)` are those of the calls that changed which it wants to see; `apply(generation, calls)` takes them
    in, each at most once in a step. `tidy(generation)` does some of what can wait and tells how much it was. Another
    `signature` makes the projection anew.
    """

    name: str
    signature: Callable[[], str]
    wanted: Callable[[CallQuerySet], CallQuerySet]
    apply: Callable[[int, Collection[Columns]], None]
    tidy: Callable[[int], int]


PROJECTIONS = {
    kind.name: kind for kind in (Kind(rollups.NAME, rollups.signature, rollups.wanted, rollups.apply, rollups.tidy),)
}
