"""The projections: one line each."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from calls.figures import rollups


class Numbered(Protocol):
    """A call as a projection reads it, with the number of its latest change."""

    @property
    def seq(self) -> int: ...


class Kind(NamedTuple):
    """What a projection is. All but `signature` run within the runner's transaction.

    `changed(position, latest, most)` reads the calls that it wants to see of those numbered after `position`, in the
    order of their numbers; `apply(generation, calls)` takes them in, each at most once in a step. `tidy(generation)`
    does some of what can wait and tells how much it was. Another `signature` makes the projection anew.
    """

    name: str
    signature: Callable[[], str]
    changed: Callable[[int, int, int], Sequence[Numbered]]
    apply: Callable[[int, Any], None]
    tidy: Callable[[int], int]


PROJECTIONS = {
    kind.name: kind
    for kind in (Kind(rollups.NAME, rollups.signature, rollups.changed_calls, rollups.apply, rollups.tidy),)
}
