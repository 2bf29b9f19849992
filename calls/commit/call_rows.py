"""A call's row: its columns in order, made from facts, compared with the stored row, and written.

A row is a plain list, and a cell is found by its place: at a thousand deliveries a second, objects cost too much.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any

import orjson

from calls.commit.live_cache import Stored
from calls.commit.matching import MatchedCall
from calls.database.bulk import Table, moment_from, moment_text, select
from calls.database.columns import Columns
from calls.models import Call
from calls.phones import digits_reversed
from calls.rules.facts import CallFacts
from calls.words import State

# The facts are columns under the same names; a group is one by its id, and what nobody is shown stands beside them.
_SHOWN = tuple(name for name in CallFacts.__dataclass_fields__ if name not in ("group", "set_by", "heard_at"))
_COLUMNS = (
    "id", "source_id", "ref", "group_id", "customer_key", "customer_reversed", "set_by", "heard_at", "digest", "seq",
    *_SHOWN,
)  # fmt: skip
# Columns with an index that most deliveries leave as they are. SQLite writes an index anew for each column that is set.
_MOVING = ("id", "seq", "state", "ended_at", "merged_into_id")
_FIXED = (*sorted(Table.indexed(Call).difference(_MOVING, ["began_at"])), "began_at")
_FIXED_AGENT = _FIXED.index("agent_number")
_CHANGING = tuple(name for name in _COLUMNS if name not in ("id", *_FIXED))
_TABLE = Table(Call, _COLUMNS)

_PLACE = {name: place for place, name in enumerate((*_COLUMNS, "merged_into_id"))}
ID, SOURCE, SEQ, DIGEST, STATE = (_PLACE[name] for name in ("id", "source_id", "seq", "digest", "state"))
DIRECTION, ROLES_ASSUMED = _PLACE["direction"], _PLACE["roles_assumed"]
AGENT, LINE, CUSTOMER = _PLACE["agent_number"], _PLACE["virtual_number"], _PLACE["customer_number"]
REVERSED, _COINS = _PLACE["customer_reversed"], _PLACE["coins"]
_shown_of = attrgetter(*_SHOWN)
_fixed_of = itemgetter(*(_PLACE[name] for name in _FIXED))
_columns_of = itemgetter(*(_PLACE[name] for name in Columns._fields))

CallRow = list[Any]
"""A call's cells, in the order of `_COLUMNS`."""


def call_row(call: MatchedCall, facts: CallFacts, group: int | None, stored: Stored | None, key: bytes) -> CallRow:
    """The row of a call with these facts. `seq` is None where the call changed visibly and wants a number.

    `key` is the secret under which the customer's number gets its pseudonym.
    """
    for attempt in facts.ring_attempts:
        attempt["at"] = _spelled(attempt["at"])
    direction, state, provisional, outcome, *others = _shown_of(facts)
    # As plain text: the database driver and the encoder are slow with members of an enumeration.
    shown = [str(direction), str(state), provisional, outcome and str(outcome), *others]
    # While a call is live, being heard of moves the moment at which it counts as lost track.
    heard = facts.heard_at if facts.state is not State.ENDED else None
    digest = hashlib.blake2b(orjson.dumps([call.ref, group, heard, shown]), digest_size=16).hexdigest()
    return [
        call.id,
        call.source,
        call.ref,
        group,
        pseudonym(facts.customer_number, key),
        digits_reversed(facts.customer_number),
        facts.set_by,
        facts.heard_at,
        digest,
        stored.seq if stored and stored.digest == digest else None,
        *shown,
    ]


def _spelled(moment: datetime) -> str:
    """A moment within JSON, as `isoformat` would spell it in ten times the time."""
    return f"{moment_text(moment).replace(' ', 'T')}+00:00"


@lru_cache(maxsize=8_192)
def pseudonym(number: str | None, key: bytes) -> str | None:
    """A stable stand-in for a number, under a key that never leaves this database.

    None for what is no number of one person: withheld ("anonymous") and masked ("90XXXXXX01") ones.
    """
    if not number or not number.removeprefix("+").isdigit():
        return None
    return hmac.digest(key, number.encode(), "sha256").hex()[:16]


def stored_of(row: CallRow) -> Stored:
    """What the live cache keeps of a row that is being written."""
    return Stored(row[DIGEST], row[SEQ], _fixed_of(row))


def agent_of(stored: Stored) -> str | None:
    """The agent's number in a stored row."""
    number: str | None = stored.fixed[_FIXED_AGENT]
    return number


def as_columns(row: CallRow) -> Columns:
    """The call as a board would read it from the database."""
    cells = [*row, None]
    cells[_COINS] = None if row[_COINS] is None else Decimal(row[_COINS])
    return Columns._make(_columns_of(cells))


def read_stored(calls: Iterable[int]) -> dict[int, Stored]:
    """What is stored of these calls, by id."""
    rows = select(f"SELECT id, digest, seq, {', '.join(_FIXED)} FROM calls_call WHERE id IN %s", [*calls])  # noqa: S608
    return {call: Stored(digest, seq, (*fixed, moment_from(began_at))) for call, digest, seq, *fixed, began_at in rows}


def write(rows: list[CallRow], stored: dict[int, Stored]) -> None:
    """Insert the rows of new calls, change those of stored ones."""
    _TABLE.insert([row for row in rows if row[ID] not in stored])
    _TABLE.change([(_to_change(row, stored[row[ID]]), row) for row in rows if row[ID] in stored])


def _to_change(row: CallRow, stored: Stored) -> tuple[str, ...]:
    """The columns of a stored call to be set: those that often change, and of the others those that did."""
    fixed = _fixed_of(row)
    if fixed == stored.fixed:
        return _CHANGING
    return (*_CHANGING, *(name for name, now, was in zip(_FIXED, fixed, stored.fixed, strict=True) if now != was))
