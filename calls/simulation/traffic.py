"""Traffic: calls that begin through the day and end, and what of them reaches us, in order of time."""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from . import cast
from .cast import Agent, Line
from .days import USUAL, Day
from .dice import Dice, busyness
from .incoming import MOST_RUNG, incoming
from .outgoing import outgoing
from .scripts import Ids, Said, Script, lasting

OUTGOING_SHARE = 0.28
REPEAT_CALLER_SHARE = 0.25
OTHER_GROUP_SHARE = 0.1
WITHHELD_SHARE = 0.01
# After a call an agent writes something down; longer than an agent's own phone rings before a click-to-call.
WRAP_UP_SECONDS = 26.0
# A call keeps one busy for about three minutes; at the busiest time a few callers find nobody free.
AGENTS_PER_CALL_A_MINUTE = 3.2
OPENING_PER_SECOND = 200
LONGEST_UNDER_WAY = 20.0

# A call with its people and its dice, waiting for the moment it begins at.
Play = Callable[[datetime], Script]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the provider sends at a moment: the fields of one webhook, and the shape its panel gives them."""

    at: datetime
    ref: str
    fields: dict[str, str]
    shape: str
    is_report: bool


class Traffic:
    """Made-up traffic from `start` (aware) on; the same arguments make the same deliveries.

    `live` calls are under way at the start, and never fewer than that: one begins where one ends. On top come
    `calls_per_minute` at the busiest time of day. Of the deliveries a share is `lost`, a share comes as
    `duplicates`, a share late enough to be overtaken (`reorder`). `speed` shortens all lengths,
    and `day` says how calls end and how long they take.
    `started` and `live_now` count as the traffic goes.
    """

    def __init__(
        self,
        start: datetime,
        *,
        seed: int = 0,
        live: int = 12,
        calls_per_minute: float = 0.0,
        speed: float = 1.0,
        lost: float = 0.0,
        duplicates: float = 0.0,
        reorder: float = 0.0,
        day: Day = USUAL,
    ) -> None:
        self.start, self.live, self.speed, self.day = start, live, speed, day
        self.calls_per_second = calls_per_minute * speed / 60
        self.lost, self.duplicates, self.reorder = lost, duplicates, reorder
        self.started = self.live_now = 0
        self._random = Random(seed)
        busiest = max(cast.USUAL_TEAM, int(live * 1.7), int(calls_per_minute * speed * AGENTS_PER_CALL_A_MINUTE))
        self._team = _by_group(cast.agents(busiest))
        self._customers = max(10_000, 20 * busiest)
        self._free_at: dict[str, datetime] = {}
        self._on_a_call: set[str] = set()
        self._callers: deque[str] = deque(maxlen=200)
        self._order = itertools.count()
        self._due: list[tuple[datetime, int, Delivery | Callable[[datetime], None]]] = []

    def deliveries(self) -> Iterator[Delivery]:
        """What arrives, in order of time, without an end (unless nothing is asked for)."""
        while self.live_now < self.live and self._anybody_free(self.start):
            self._open()
        self._fill(self.start)
        if self.calls_per_second:
            self._later(self.start, self._arrive)
        while self._due:
            at, _, due = heapq.heappop(self._due)
            if isinstance(due, Delivery):
                yield due
            else:
                due(at)

    # Beginnings and ends

    def _open(self) -> None:
        """Put a call under way: it began just before the start, and what was said of it by then comes at once."""
        play, script = self._plan(self.start, seen_live=True)
        length = (script.ends_at - self.start).total_seconds()
        script = play(self.start - lasting(self._random.uniform(0, min(length, LONGEST_UNDER_WAY / self.speed))))
        at = self.start + lasting(self._random.uniform(0, max(1.0, self.live / OPENING_PER_SECOND)))
        for said in script.says:
            at = max(said.at, at + timedelta(milliseconds=50))
            self._later(at, Delivery(at, script.ref, said.fields, script.shape, said.is_report))
        self._take(script, at)

    def _arrive(self, at: datetime) -> None:
        """Begin a call, if this time of day has it, and wait for the next (a thinned Poisson process)."""
        if self.day.even or self._random.random() < busyness(at):
            self._begin(at, seen_live=False)
        self._later(at + lasting(self._random.expovariate(self.calls_per_second)), self._arrive)

    def _begin(self, at: datetime, *, seen_live: bool) -> None:
        _, script = self._plan(at, seen_live=seen_live)
        for said in script.says:
            self._say(script, said)
        self._take(script, script.ends_at)

    def _take(self, script: Script, ends_at: datetime) -> None:
        self.started += 1
        self.live_now += script.is_seen_live
        for agent, until in script.busy.items():
            self._free_at[agent] = max(until, self.start) + lasting(WRAP_UP_SECONDS / self.speed)
        self._on_a_call.add(script.customer)
        self._later(ends_at, lambda at: self._end(script, at))

    def _end(self, script: Script, at: datetime) -> None:
        self.live_now -= script.is_seen_live
        self._on_a_call.discard(script.customer)
        self._callers.append(script.customer)
        self._fill(at)

    def _fill(self, at: datetime) -> None:
        """Begin as many calls as are missing; where nobody is free to be rung, look again a little later."""
        while self.live_now < self.live and self._anybody_free(at):
            self._begin(at, seen_live=True)
        if self.live_now < self.live:
            self._later(at + lasting(1 / self.speed), self._fill)

    # Who is on the call

    def _plan(self, at: datetime, *, seen_live: bool) -> tuple[Play, Script]:
        """Choose the people and the dice of a call; give it as playable from any moment, and as played from `at`.

        `seen_live` asks for one of which more than a report comes: somebody must be free.
        """
        ids = Ids(self.started + 1)
        while True:
            play = self._cast(at, ids, seed=self._random.getrandbits(48))
            script = play(at)
            if script.is_seen_live or not seen_live:
                return play, script

    def _cast(self, at: datetime, ids: Ids, seed: int) -> Play:
        line = self._random.choice(cast.LINES)
        customer = self._customer()
        agents = self._free(self._group(line), at)
        if agents and self._random.random() < OUTGOING_SHARE and customer != "anonymous":
            return lambda begins: outgoing(Dice(seed, self.speed), begins, ids, customer, line, agents[0])
        return lambda begins: incoming(Dice(seed, self.speed), self.day, begins, ids, customer, line, agents)

    def _group(self, line: Line) -> str:
        if self._random.random() < OTHER_GROUP_SHARE:
            return self._random.choice(list(cast.GROUPS))
        return line.group

    def _free(self, group: str, at: datetime) -> list[Agent]:
        """Some agents of the group whose phones are free from this moment on; of any group where it has none."""
        everyone = itertools.chain.from_iterable(self._team.values())
        for candidates in (self._team[group], everyone):
            free = [agent for agent in candidates if self._is_free(agent, at)]
            if free:
                return self._random.sample(free, min(MOST_RUNG, len(free)))
        return []

    def _anybody_free(self, at: datetime) -> bool:
        return any(self._is_free(agent, at) for team in self._team.values() for agent in team)

    def _is_free(self, agent: Agent, at: datetime) -> bool:
        return self._free_at.get(agent.number, self.start) <= at

    def _customer(self) -> str:
        if self._random.random() < WITHHELD_SHARE:
            return "anonymous"
        if self._callers and self._random.random() < REPEAT_CALLER_SHARE:
            known = self._random.choice(self._callers)
            if known not in self._on_a_call:
                return known
        while (someone := cast.customer(self._random.randrange(self._customers))) in self._on_a_call:
            pass
        return someone

    # What becomes of a delivery on its way

    def _say(self, script: Script, said: Said) -> None:
        lost, late, twice = (self._random.random() < share for share in (self.lost, self.reorder, self.duplicates))
        delay = self._random.uniform(3, 25) / self.speed if late else self._random.uniform(0.05, 0.4)
        shapes = [script.shape]
        if twice:
            shapes.append(self._random.choice([script.shape, "json", "form"]))
        for shape in [] if lost else shapes:
            at = said.at + lasting(delay)
            self._later(at, Delivery(at, script.ref, said.fields, shape, said.is_report))
            delay += self._random.uniform(0.5, 20)

    def _later(self, at: datetime, due: Delivery | Callable[[datetime], None]) -> None:
        heapq.heappush(self._due, (at, next(self._order), due))


def _by_group(agents: list[Agent]) -> dict[str, list[Agent]]:
    return {group: [agent for agent in agents if agent.group == group] for group in cast.GROUPS}
