"""The board's rows: what one call looks like to a viewer, with or without full numbers."""

from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import orjson
from django.db.models.functions import Coalesce

from calls.database.columns import Columns
from calls.display.formats import spacing
from calls.display.masking import masked_row
from calls.display.recordings import allowed_link, hosts_of
from calls.models import Agent, CallGroup, Source, VirtualNumber
from calls.phones import match_key


@dataclass(slots=True)
class Names:
    """The directory's names, held in memory: a row costs no look-up."""

    groups: dict[int, str] = field(default_factory=dict)
    agents: dict[tuple[int, str], str] = field(default_factory=dict)
    lines: dict[tuple[int, str], str] = field(default_factory=dict)
    sources: dict[int, tuple[str, frozenset[str]]] = field(default_factory=dict)

    def agent(self, source_id: int, number: str | None) -> str | None:
        return self.agents.get((source_id, match_key(number))) if number else None

    def line(self, source_id: int, number: str | None) -> str | None:
        return self.lines.get((source_id, match_key(number))) if number else None


def read_names() -> Names:
    agents = Agent.objects.filter(ours=True).values_list("source_id", "number_key", "name", "learned_name")
    lines = VirtualNumber.objects.filter(ours=True).exclude(label="").values_list("source_id", "number_key", "label")
    sources = Source.objects.values_list("id", "name", "recording_hosts")
    groups = CallGroup.objects.values_list("id", Coalesce("joined_into__name", "name"))
    return Names(
        groups=dict(groups),
        agents={(source, key): name or learned for source, key, name, learned in agents if name or learned},
        lines={(source, key): label for source, key, label in lines},
        sources={source: (name, hosts_of(hosts)) for source, name, hosts in sources},
    )


# A row shows the columns as they are but for these, and for those that `row` puts in other words. Its contract is
# docs/events.md; a test holds the names, so that a new column is not shown unasked.
_NOT_SHOWN = ("source_id", "group_id", "recording_url", "heard_at", "merged_into_id")
_SHOWN = tuple(name for name in Columns._fields if name not in _NOT_SHOWN)
_shown_of = attrgetter(*_SHOWN)


def row(call: Columns, names: Names, masked: bool) -> dict[str, Any]:
    """One row as `docs/events.md` has it; moments are aware datetimes in UTC."""
    source, hosts = names.sources.get(call.source_id, ("", frozenset()))
    shown = dict(zip(_SHOWN, _shown_of(call), strict=True))
    shown |= {
        "source": source,
        "virtual_label": names.line(call.source_id, call.virtual_number),
        "group": names.groups.get(call.group_id) if call.group_id else None,
        "agent_name": call.agent_name or names.agent(call.source_id, call.agent_number),
        "ring_attempts": _attempts(call, names),
        "spaced": _spaced(call),
        "coins": None if call.coins is None else format(call.coins.normalize(), "f"),
        "has_recording": allowed_link(call.recording_url, hosts) is not None,
        "lost_track_at": call.lost_track_at if call.live else None,
    }
    return masked_row(shown) if masked else shown


def _attempts(call: Columns, names: Names) -> list[dict[str, Any]]:
    shown = [
        {
            "agent_number": (number := attempt.get("agent_number")),
            "agent_name": names.agent(call.source_id, number),
            "state": attempt.get("state"),
            "at": attempt.get("at"),
        }
        for attempt in call.ring_attempts
    ]
    for said, attempt in zip(shown, call.ring_attempts, strict=True):
        if "talk_seconds" in attempt:
            said["talk_seconds"] = attempt["talk_seconds"]
    return shown


def _spaced(call: Columns) -> dict[str, str]:
    """The numbers of the row whose groups for reading the simple rule does not find: {number: spaced}."""
    rung = [attempt.get("agent_number") for attempt in call.ring_attempts]
    numbers = {call.customer_number, call.virtual_number, call.agent_number, *rung}
    return {number: spaced for number in numbers if number and (spaced := spacing(number))}


def encode(value: Any) -> bytes:
    """JSON as the boards get it: moments in UTC with a Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)
