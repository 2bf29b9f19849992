"""How a call came to be what it is: what each delivery changed, and what it said in vain."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from calls.phones import may_be
from calls.rules.derive import derive
from calls.rules.events import CallEvent
from calls.rules.facts import CallFacts
from calls.rules.roles import Directory, with_roles
from calls.rules.times import PHASES

SHOWN = tuple(name for name in CallFacts.__dataclass_fields__ if name not in ("set_by", "heard_at"))


@dataclass(frozen=True, slots=True)
class Step:
    """One delivery's part in the story: (field, from, to) of what it changed, and the fields it said in vain."""

    delivery: int
    changed: list[tuple[str, Any, Any]]
    ignored: list[str]


# A field of an event, and the fact of the call that it is about: most have one name. Flags of all deliveries count, and
# what was also said is a list; a direction that the roles decide is nothing that was said in vain.
_SAYS = {
    "customer": "customer_number",
    "agent": "agent_number",
    "line": "virtual_number",
    "word": "provider_status",
} | {
    name: name
    for name in CallEvent.__dataclass_fields__.keys() & CallFacts.__dataclass_fields__.keys()
    if name not in ("flags", "also_said", "direction")
}


def story(events: Iterable[CallEvent], directory: Directory | None = None) -> list[Step]:
    """Tell how the call came to be what it is: what each delivery changed, in order of arrival.

    A field is `ignored` where the delivery says something else than what the call then shows.
    """
    directory = directory or Directory()
    steps: list[Step] = []
    known: list[CallEvent] = []
    before: CallFacts | None = None
    for event in sorted(events, key=lambda event: (event.received_at, event.delivery)):
        known.append(event)
        after = derive(known, directory)
        steps.append(Step(event.delivery, _changes(before, after), _ignored(with_roles(event, directory), after)))
        before = after
    return steps


def _changes(before: CallFacts | None, after: CallFacts) -> list[tuple[str, Any, Any]]:
    pairs = [(name, getattr(before, name) if before else None, getattr(after, name)) for name in SHOWN]
    return [(name, old, new) for name, old, new in pairs if old != new and (before or new not in (None, False, [], {}))]


def _agree(said: Any, shown: Any) -> bool:
    """Whether two values are the same, or one number of which the first hides some digits."""
    return bool(said == shown or (isinstance(said, str) and isinstance(shown, str) and may_be(said, shown)))


def _ignored(event: CallEvent, after: CallFacts) -> list[str]:
    names = [
        name
        for said, name in _SAYS.items()
        if getattr(event, said) not in (None, "") and not _agree(getattr(event, said), getattr(after, name))
    ]
    if event.phase and PHASES[event.phase] < PHASES[after.state]:
        names.append("state")
    return names
