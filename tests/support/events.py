"""What deliveries say, for tests of the rules: events of a few people, at seconds after noon."""

from datetime import UTC, datetime, timedelta
from typing import Any

from calls.rules.events import CallEvent, Kind, Verdict
from calls.rules.roles import Directory
from calls.words import Direction, State

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CUSTOMER, ASHA, RAVI, LINE = "+919000000101", "+918000000201", "+918000000202", "+918000000302"
IN, OUT = Direction.INCOMING, Direction.OUTGOING
DIRECTORY = Directory(agents={"+918000000201": "", "+918000000202": "Support"}, lines={"+918000000302": "Sales"})


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def event(kind: Kind, name: str, heard: float = 0, **said: Any) -> CallEvent:
    """An event whose content is named; `heard` is its arrival, in seconds after noon."""
    given = {"direction": IN, "customer": CUSTOMER, "line": LINE, "roles_known": said.get("direction", IN) is IN}
    key = f"{kind} {name}"
    return CallEvent(kind, key, at(heard), **{**given, "started_at": NOON, **said})


def live(name: str, **said: Any) -> CallEvent:
    return event(Kind.LIVE, name, **said)


def rings(agent: str = ASHA, **said: Any) -> CallEvent:
    return live(f"rings {agent}", agent=agent, phase=State.RINGING, word="Transfer to agent", **said)


def picks(agent: str = ASHA, **said: Any) -> CallEvent:
    return live(f"picks {agent}", agent=agent, phase=State.TALKING, word="Picked", **said)


def stops(verdict: Verdict, agent: str = ASHA, **said: Any) -> CallEvent:
    return live(f"{verdict} {agent}", agent=agent, verdict=verdict, word=verdict.upper(), **said)


def reports(verdict: Verdict | None = Verdict.ANSWERED, name: str = "", **said: Any) -> CallEvent:
    given = {"phase": State.ENDED, "verdict": verdict, "word": (verdict or "").upper(), "ended_at": at(60)}
    return event(Kind.REPORT, f"{verdict} {name}", **{"heard": 61, **given, **said})
