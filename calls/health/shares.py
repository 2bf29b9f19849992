"""Shares of what is odd: deliveries set aside, flagged or contradictory, lately against what is usual.

A provider that changes its words, its clock or its names shows here first, long before somebody misses a call.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from calls.models import Call, Delivery
from calls.words import Result

LATELY = timedelta(hours=1)
LATEST_LOOKED_AT = 500
USUAL_LOOKED_AT = 5_000
"""The usual is taken from as many deliveries, or calls, that came before."""
LEAST_LOOKED_AT = 20
LEAST_ODD = 5
TIMES_USUAL = 3
POINTS_ABOVE = 0.05
"""A share is unusual at three times the usual one, and at least five hundredths above it."""
USUAL_FLAGS = frozenset(
    {"synthetic", "group_inferred", "end_time_assumed", "no_call_id", "more_said", "handed_over", "customer_first"}
)
"""Of the flags of a call those that contradict nothing."""


@dataclass(frozen=True, slots=True)
class Unusual:
    """`odd` of the `looked_at` latest are `kind`: quarantined, flagged or contradictory. `usual` is a share, 0 to 1."""

    kind: str
    odd: int
    looked_at: int
    usual: float

    @property
    def share(self) -> float:
        return self.odd / self.looked_at


def unusual_shares(now: datetime) -> list[Unusual]:
    """The shares of the hour before `now` that are well above what was usual before. Reads some 11,000 short rows."""
    deliveries = Delivery.objects.order_by("-id").values_list("received_at", "result", "flags")
    calls = Call.objects.standing().order_by("-seq").values_list("heard_at", "flags")
    said = [(at, _kinds(result, flags)) for at, result, flags in deliveries[: LATEST_LOOKED_AT + USUAL_LOOKED_AT]]
    heard = [(at, _contradiction(flags)) for at, flags in calls[: LATEST_LOOKED_AT + USUAL_LOOKED_AT]]
    return [*_unusual(said, now), *_unusual(heard, now)]


def _kinds(result: str, flags: str) -> list[str]:
    return [*(["quarantined"] if result == Result.QUARANTINED else []), *(["flagged"] if flags else [])]


def _contradiction(flags: list[str]) -> list[str]:
    return ["contradictory"] if not USUAL_FLAGS.issuperset(flags) else []


def _unusual(rows: list[tuple[datetime, list[str]]], now: datetime) -> Iterable[Unusual]:
    """What is unusual about the latest of these rows, which come newest first."""
    latest = [kinds for at, kinds in rows[:LATEST_LOOKED_AT] if at >= now - LATELY]
    before = [kinds for _, kinds in rows[len(latest) :]]
    if len(latest) < LEAST_LOOKED_AT:
        return
    usual = Counter(kind for kinds in before for kind in kinds)
    for kind, odd in sorted(Counter(kind for kinds in latest for kind in kinds).items()):
        found = Unusual(kind, odd, len(latest), usual[kind] / len(before) if before else 0.0)
        if odd >= LEAST_ODD and found.share >= max(TIMES_USUAL * found.usual, found.usual + POINTS_ABOVE):
            yield found
