"""Numbers that hide something: a masked one is whom it fits among the full ones of its call, a withheld one nobody."""

from collections.abc import Iterable
from dataclasses import replace

from calls.phones import WITHHELD, is_masked, may_be
from calls.rules.events import CallEvent
from calls.rules.facts import CallFacts
from calls.words import State

_PARTS = ("customer", "agent", "line")
_TALKING = State.TALKING


def with_full_numbers(events: list[CallEvent]) -> list[CallEvent]:
    """The events, with the full number in the place of a masked one that fits it, heard in the same part.

    A stand-in for a withheld number is left out where the same part was said otherwise. Where a masked number fits
    two, it is the one of them who talked, if only one did; else it stays as it is.
    """
    said = "".join([event.customer + event.agent + event.line for event in events])
    if said.replace("+", "").isdigit():
        return events  # All of them are full: so is nearly every call, and no more than this is spent on it.
    better = {part: _better(part, events) for part in _PARTS}
    return [_with(event, better) for event in events]


def _better(part: str, events: list[CallEvent]) -> dict[str, str]:
    """What to put in the place of which number of this part."""
    numbers = {getattr(event, part) for event in events} - {""}
    hidden = {number for number in numbers if is_masked(number)}
    full = numbers - hidden - {WITHHELD}
    found = {number: _fitting(number, full, part, events) for number in hidden}
    if len(numbers) > 1 or part != "customer":
        found[WITHHELD] = ""
    return found


def _fitting(masked: str, full: Iterable[str], part: str, events: list[CallEvent]) -> str:
    fits = {number for number in full if may_be(masked, number)}
    if len(fits) > 1:
        fits &= {getattr(event, part) for event in events if event.phase is _TALKING}
    return fits.pop() if len(fits) == 1 else masked


def _with(event: CallEvent, better: dict[str, dict[str, str]]) -> CallEvent:
    customer, agent, line = (
        better[part].get(number, number)
        for part, number in zip(_PARTS, (event.customer, event.agent, event.line), strict=True)
    )
    return replace(event, customer=customer, agent=agent, line=line)


def name_who_said_it(facts: CallFacts, events: list[CallEvent]) -> None:
    """Let `set_by` name a delivery that said the full number, where the strongest one hid some of its digits."""
    for name in ("customer_number", "agent_number", "virtual_number"):
        number = getattr(facts, name)
        said = [event.delivery for event in events if number in (event.customer, event.agent, event.line)]
        if number and said and facts.set_by.get(name) not in said:
            facts.set_by[name] = said[-1]
