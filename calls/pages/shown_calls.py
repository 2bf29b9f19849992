"""Which calls the first board shows, as its address asks: what `static/js/board/` filters and sums, on the server.

A call here is a row of `docs/events.md` as JSON has it: moments are text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from calls.display import wording

FACETS = ("group", "direction", "state", "agent", "outcome")
NONE = "-"
SEARCHED = (
    *("customer_number", "virtual_number", "virtual_label", "group", "agent_name", "agent_number"),
    *("ref", "source", "provider_status"),
)
SUMMED = ("live", "waiting", "ivr", "ringing", "dialing", "talking", "lost")
NUMBERS = ("customer_number", "virtual_number", "agent_number")

Row = dict[str, Any]


def is_lost(call: Row, now: datetime) -> bool:
    """Whether a call is live by our records, but silent for too long."""
    lost_at = parse_datetime(call["lost_track_at"] or "") if call["state"] != "ended" else None
    return lost_at is not None and lost_at <= now


def is_waiting(call: Row, now: datetime) -> bool:
    """Whether this is a live, incoming call that nobody has answered; not one that we lost track of."""
    if call["direction"] != "incoming" or call["state"] in ("talking", "ended"):
        return False
    return not is_lost(call, now)


@dataclass(frozen=True)
class Filters:
    """What the address of a board asks for. Empty, it asks for everything."""

    words: str = ""
    chosen: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, query: QueryDict) -> "Filters":
        chosen = {facet: [value for value in query.getlist(facet) if value] for facet in FACETS}
        return cls(query.get("q", "").strip(), {facet: values for facet, values in chosen.items() if values})

    def __bool__(self) -> bool:
        return bool(self.words or self.chosen)

    @property
    def of_groups_only(self) -> bool:
        """Whether it asks for all calls of its groups: then groups without a call stand there, too."""
        return not self.words and not self.chosen.keys() - {"group"}

    def accepts(self, call: Row, now: datetime) -> bool:
        for facet, wanted in self.chosen.items():
            values = values_of(call, facet, now)
            # A facet that does not concern a call (the outcome of a live one) does not hide it.
            if values and not set(values) & set(wanted):
                return False
        return not self.words or self._finds(call, now)

    def _finds(self, call: Row, now: datetime) -> bool:
        if re.fullmatch(r"[+\d\s()-]+", self.words):
            digits = re.sub(r"\D", "", self.words)
            numbers = (re.sub(r"\D", "", call[name] or "") for name in NUMBERS)
            if len(digits) >= 3 and any(number and digits.lstrip("0") in number for number in numbers):
                return True
        text = text_of(call, now)
        return all(word in text for word in self.words.lower().split())


def values_of(call: Row, facet: str, now: datetime) -> list[str]:
    """What a call is in a facet: one value, or two; none where the facet does not concern it."""
    ended = call["state"] == "ended"
    if facet == "group":
        return [NONE if call["group"] is None else call["group"]]
    if facet == "direction":
        return [call["direction"]]
    if facet == "agent":
        return [next((call[name] for name in ("agent_name", "agent_number") if call[name] is not None), NONE)]
    if facet == "outcome":
        return [call["outcome"] or "unknown"] if ended else []
    if ended:
        return []
    if is_lost(call, now):
        return ["lost"]
    return ["waiting", call["state"]] if is_waiting(call, now) else [call["state"]]


def text_of(call: Row, now: datetime) -> str:
    """What a person reads of a call, and the provider's ids, in small letters."""
    read: list[Any] = [call[name] for name in SEARCHED]
    read.append(wording.DIRECTIONS.get(call["direction"]))
    if call["state"] == "ended":
        read.append(wording.OUTCOMES.get(call["outcome"] or "unknown"))
    else:
        passing = wording.LOST if is_lost(call, now) else wording.WAITING if is_waiting(call, now) else None
        read += [wording.STATES.get(call["state"]), passing]
    read.append(wording.reason_word(call["reason"]))
    return " ".join(str(each) for each in read if each).lower()


def group_sums(calls: Iterable[Row], now: datetime, known: Iterable[str] = ()) -> list[dict[str, Any]]:
    """The live calls summed by call group, longest wait on top: the rows of the groups' view.

    `known`: groups that have a row even without a call.
    """
    sums = {name: _no_calls(name) for name in known}
    for call in calls:
        name = NONE if call["group"] is None else call["group"]
        its = sums.setdefault(name, _no_calls(name))
        if is_lost(call, now):
            its["lost"] += 1
            continue
        its["live"] += 1
        its[call["state"]] += 1
        if is_waiting(call, now):
            its["waiting"] += 1
            its["waiting_since"] = min(its["waiting_since"] or call["began_at"], call["began_at"])
    return sorted(sums.values(), key=_trouble)


def _no_calls(group: str) -> dict[str, Any]:
    return {"group": group, **dict.fromkeys(SUMMED, 0), "waiting_since": None}


def _trouble(its: dict[str, Any]) -> tuple[Any, ...]:
    since = its["waiting_since"]
    return since is None, since or "", -its["live"], -its["lost"], its["group"]
