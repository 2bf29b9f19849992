"""Admission: who may open a board, and how many boards may be open."""

import asyncio
from collections.abc import Iterable

from calls.boards.reader import Reader
from calls.boards.viewer import Viewer
from calls.models.access import Scope
from calls.people.rights import Claim, Refusal, verdicts

SOCKETS_PER_PROCESS = 1_000
SOCKETS_PER_PERSON = 20


def too_many(viewers: Iterable[Viewer], claim: Claim) -> bool:
    """Whether one more board is too many for this person, or for the process."""
    people = [viewer.claim.user_id for viewer in viewers]
    return len(people) >= SOCKETS_PER_PROCESS or people.count(claim.user_id) >= SOCKETS_PER_PERSON


class Admission:
    """Looks up what people may see. Those who come while others are looked up are looked up next, all at once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._arrivals: dict[Claim, asyncio.Future[Scope | Refusal]] = {}
        self._looking_up: asyncio.Task[None] | None = None

    async def verdict(self, claim: Claim) -> Scope | Refusal:
        """The scope of this person, or why there is none. Raises database errors."""
        if claim.user_id is None or not claim.session_key:
            return Refusal.SIGNED_OUT
        if claim not in self._arrivals:
            self._arrivals[claim] = asyncio.get_running_loop().create_future()
        arrival = self._arrivals[claim]
        if self._looking_up is None or self._looking_up.done():
            self._looking_up = asyncio.create_task(self._look_up())
        return await asyncio.shield(arrival)

    async def _look_up(self) -> None:
        while self._arrivals:
            arrivals, self._arrivals = self._arrivals, {}
            try:
                found = await self._reader.run(verdicts, arrivals)
            except Exception as error:
                for arrival in arrivals.values():
                    arrival.set_exception(error)
            else:
                for claim, arrival in arrivals.items():
                    arrival.set_result(found[claim])
