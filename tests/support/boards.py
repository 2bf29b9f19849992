"""A board as a browser keeps it, by nothing but the contract: what tests hold against the truth."""

from typing import Any

import orjson
from django.utils import timezone

from calls.boards.audience import Audience
from calls.boards.frames import Frame


def whole(audience: Audience) -> list[Frame]:
    """The parts of a snapshot for an audience, made here and now."""
    return audience.parts(timezone.now()).make()


class Shown:
    """What a board shows after the messages it got."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.totals: dict[str, Any] = {}
        self.groups_today: dict[str, Any] = {}
        self.epoch, self.seq, self.whole, self.left_out = "", -1, False, 0
        self.regressions = 0

    def apply(self, message: dict[str, Any] | Frame) -> "Shown":
        said = orjson.loads(message.message["text"]) if isinstance(message, Frame) else message
        getattr(self, "_" + said["type"])(said)
        return self

    def _snapshot(self, said: dict[str, Any]) -> None:
        if said["part"] == 1:
            self.rows, self.groups_today, self.epoch = {}, {}, said["epoch"]
        self.whole, self.left_out = said["part"] == said["parts"], said["left_out"]
        self._changed(said | {"gone": []})

    def _changed(self, said: dict[str, Any]) -> None:
        if said["type"] == "changed" and said["seq"] < self.seq:
            self.regressions += 1
        self.seq = said["seq"]
        self.totals = said.get("totals", self.totals)
        today = self.groups_today | said.get("groups_today", {})
        self.groups_today = {name: figures for name, figures in today.items() if figures}
        for call in said["calls"]:
            known = self.rows.get(call["id"])
            if known is None or known["seq"] <= call["seq"]:
                self.rows[call["id"]] = call
            else:
                self.regressions += 1
        for call_id in said["gone"]:
            self.rows.pop(call_id, None)

    def _heartbeat(self, said: dict[str, Any]) -> None:
        live = [call for call in self.rows.values() if call["state"] != "ended"]
        if said["seq"] == self.seq and not self.left_out:
            assert (said["live_count"], said["live_seq_sum"]) == (len(live), sum(call["seq"] for call in live))
        self.seq = said["seq"]

    def same_as(self, other: "Shown") -> bool:
        assert self.rows == other.rows
        assert self.totals == other.totals
        assert self.groups_today == other.groups_today
        return True
