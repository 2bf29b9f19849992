"""The calls in which the directory decides who is who: found again by a number when the directory changes.

`calls_with` finds a call by the numbers of its row. `note_numbers` notes the other numbers of a call, by which its
row would not be found: both keep to `BY_DIRECTORY`.
"""

from typing import Any

from django.db.models import Q

from calls.commit.call_rows import AGENT, CUSTOMER, DIRECTION, ID, LINE, REVERSED, ROLES_ASSUMED, SOURCE, CallRow
from calls.database.bulk import NextIds, Table, select
from calls.models import Call, CallAlias
from calls.phones import digits_reversed, match_key
from calls.rules.events import CallEvent
from calls.words import Direction

BY_DIRECTORY = ~Q(direction=Direction.INCOMING) | Q(roles_assumed=True)
"""On incoming calls the position of the fields says who is who, unless a delivery did not tell the direction."""
NUMBER = "number"
"""The kind of a `CallAlias` that holds a number, as `match_key` has it."""

ALIASES = Table(CallAlias, ("id", "source_id", "kind", "value", "starts_at", "call_id"))


def calls_with(number: str, source: int, in_question: Q) -> Any:
    """The ids of standing calls whose row shows this number, of those in question; and of those it is noted for.

    One statement: between two, another process could commit a call whose number goes from the one to the other.
    """
    part = Q(agent_number=number) | Q(virtual_number=number)
    if backwards := digits_reversed(number):
        part |= Q(customer_reversed=backwards)
    shown = Call.objects.standing().filter(part, in_question, source=source)
    noted = CallAlias.objects.filter(source=source, kind=NUMBER, value=match_key(number))
    found = shown.order_by().values_list("id", flat=True).union(noted.order_by().values_list("call_id"))
    return found.order_by("-id")


def note_numbers(rows: list[CallRow], events: dict[int, list[CallEvent]], ids: NextIds) -> None:
    """Note the numbers by which the directory could change a call, and `calls_with` not find it by its row."""
    wanted = {(row[SOURCE], row[ID], number) for row in rows for number in _not_found_by_row(row, events[row[ID]])}
    if not wanted:
        return
    noted = "SELECT source_id, call_id, value FROM calls_callalias WHERE kind = %s AND call_id IN %s"
    new = sorted(wanted.difference(select(noted, NUMBER, {call for _, call, _ in wanted})))
    by_id = zip(ids.take(CallAlias, len(new)), new, strict=True)
    ALIASES.insert([(alias, source, NUMBER, number, None, call) for alias, (source, call, number) in by_id])


def _not_found_by_row(row: CallRow, events: list[CallEvent]) -> set[str]:
    """Of the numbers whose parts the directory decides, those by which `calls_with` does not find this row."""
    undecided = [event for event in events if not event.roles_known]
    if not undecided:
        return set()
    found = {None, ""}
    if row[DIRECTION] != Direction.INCOMING or row[ROLES_ASSUMED]:  # as BY_DIRECTORY has it
        found |= {row[AGENT], row[LINE], row[CUSTOMER] if row[REVERSED] else None}
    return {match_key(number) for e in undecided for number in (e.customer, e.agent, e.line) if number not in found}
