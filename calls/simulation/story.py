"""Three minutes that show what a board is for: they begin with the server, and run beside the other calls.

A customer who was lost twice calls again and is answered; Billing runs hot; a call that fell silent comes right by its
report; a delivery says a word that nobody knows, and is set aside.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from . import cast
from .days import ABANDONED
from .scripts import ANSWERED, Ids, Moments, live, recording, stamp, whole_seconds
from .traffic import Delivery

REGULAR = "9812000142"
"""A customer who calls again: not one of those whom the other traffic makes up."""
_HOT = ("9812000311", "9812000312", "9812000313")
_SILENT, _ODD = "9812000427", "9812000555"
SILENCE_SECONDS = 75
"""So long before the story begins, the call that falls silent was last heard of: it rings, and then nothing."""


def before(start: datetime) -> Iterator[Delivery]:
    """What the story needs to have happened before it begins: two lost calls of the regular, and one that rings."""
    for number, minutes in ((1, 41), (2, 12)):
        began = start - timedelta(minutes=minutes)
        call = _Call(number, REGULAR, "Support", began)
        yield call.rings(began + timedelta(seconds=4), 0)
        yield call.ends(began + timedelta(seconds=38), ABANDONED)
    began = start - timedelta(seconds=SILENCE_SECONDS + 5)
    yield _Call(3, _SILENT, "Sales", began).rings(start - timedelta(seconds=SILENCE_SECONDS), 1)


def during(start: datetime, silence_seconds: float) -> list[Delivery]:
    """What happens from the start on, in order of time. After `silence_seconds` a call that rings is lost track of."""

    def at(seconds: float) -> datetime:
        return start + timedelta(seconds=seconds)

    regular = _Call(4, REGULAR, "Support", at(16))
    said = [regular.rings(at(20), 2), regular.picked(at(44), 2), regular.ends(at(130), ANSWERED, 2, at(20), at(44))]
    for place, customer in enumerate(_HOT):
        hot = _Call(5 + place, customer, "Billing", at(66 + 4 * place))
        rings = at(70 + 4 * place)
        said.append(hot.rings(rings, place))
        if place == 1:
            said.append(hot.ends(at(118), ABANDONED))
        else:
            said += [
                hot.picked(at(112 + 9 * place), place),
                hot.ends(at(171 + place), ANSWERED, place, rings, at(112 + 9 * place)),
            ]
    found = max(silence_seconds - SILENCE_SECONDS, 0) + 25
    silent = _Call(3, _SILENT, "Sales", start - timedelta(seconds=SILENCE_SECONDS + 5))
    rang = start - timedelta(seconds=SILENCE_SECONDS)
    said.append(silent.ends(at(found), ANSWERED, 1, rang, rang + timedelta(seconds=6)))
    said.append(_Call(9, _ODD, "Sales", at(148)).says(at(150), 0, "Whispering"))
    return sorted(said, key=lambda each: each.at)


class _Call:
    """A call of the story: the provider's words at its moments."""

    def __init__(self, number: int, customer: str, group: str, began: datetime) -> None:
        # Numbers of their own: the other calls of a second are counted from 1.
        self.ref = Ids(900_000 + number).incoming_sid(began)
        self.began = began
        self.line = next(line for line in cast.LINES if line.group == group)
        self.team = [agent for agent in cast.agents(cast.USUAL_TEAM) if agent.group == group]
        self.said = {
            "SourceNumber": customer, "DestinationNumber": self.line.number, "DialWhomNumber": "", "Status": "",
            "StartTime": stamp(began), "CallSid": self.ref, "Direction": "IVR", "call_group": group,
        }  # fmt: skip

    def rings(self, at: datetime, agent: int) -> Delivery:
        return self.says(at, agent, "Transfer to agent")

    def picked(self, at: datetime, agent: int) -> Delivery:
        return self.says(at, agent, "Picked")

    def says(self, at: datetime, agent: int, word: str) -> Delivery:
        number = self.team[agent % len(self.team)].number
        return self._delivery(at, live({**self.said, "DialWhomNumber": number}, word), is_report=False)

    def ends(
        self, at: datetime, word: str, agent: int = 0, rang: datetime | None = None, picked: datetime | None = None
    ) -> Delivery:
        who = self.team[agent % len(self.team)]
        moments = Moments(self.began, at, self.began + timedelta(seconds=1), rang, picked)
        answered = word == ANSWERED
        fields = {
            "type": "call_report",
            **self.said,
            "DialWhomNumber": who.number if answered else "",
            "Status": word,
            **moments.fields(never=""),
            "coins": str(2 * (1 + whole_seconds(self.began, at) // 60)) if answered else "1",
            "CallRecordingUrl": recording("incoming", self.ref, self.began, "mp3") if answered else "",
            "campid": "",
            "receiver_name": who.name if answered else "0",
            "error_code": "16" if answered else "0",
            "key_press": "1",
        }
        return self._delivery(at, fields, is_report=True)

    def _delivery(self, at: datetime, fields: dict[str, str], *, is_report: bool) -> Delivery:
        return Delivery(at, self.ref, fields, "json", is_report)
