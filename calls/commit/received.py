"""A delivery on its way into the database."""

from dataclasses import dataclass
from datetime import datetime

from calls.commit.cache import CachedSource
from calls.rules.events import CallEvent
from calls.words import Result


@dataclass(slots=True)
class Received:
    """A delivery on its way into the database. `commit` fills in `delivery`, `result`, `reason` and `call`.

    A `replayed` one is there already, has its `delivery`, and keeps its `call` where that is given. A request that
    held several calls has `others`, one for each call but the first: they have no bytes, but are `part_of` this one.
    A ping has no fields at all. `calls.intake.interpreting.receive` makes them, and nothing else does.
    """

    source: CachedSource
    received_at: datetime
    method: str
    query: str
    content_type: str
    content_encoding: str
    body: bytes
    body_size: int
    content_key: str
    event: CallEvent | None = None
    result: Result = Result.APPLIED
    reason: str = ""
    flags: str = ""
    delivery: int = 0
    call: int | None = None
    replayed: bool = False
    is_ping: bool = False
    part_of: "Received | None" = None
    part: int = 0
    others: "tuple[Received, ...]" = ()

    @property
    def is_of_replay(self) -> bool:
        """Whether it is stored already, or was found in a request that is."""
        return self.replayed or (self.part_of is not None and self.part_of.replayed)

    def quarantine(self, reason: str) -> None:
        self.event, self.result, self.reason, self.call = None, Result.QUARANTINED, reason, None
