"""Two sources that deliver the same calls: one webhook was entered twice, or a white label passes calls on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from calls.models import Call, Source

LOOKED_BACK = timedelta(hours=24)
CALLS_LOOKED_AT = 300
"""Of each source: its latest ones."""
LEAST_SHARED = 3
"""Fewer calls with one id may be chance: providers count their ids from the same moment on."""


@dataclass(frozen=True, slots=True)
class Doubled:
    """`shared` of the `looked_at` latest calls of `source` came from `other` as well, under the same ids."""

    source: Source
    other: Source
    shared: int
    looked_at: int


def doubled_sources(now: datetime) -> list[Doubled]:
    """The pairs of sources that deliver the same calls, as their latest calls of 24 hours before `now` say."""
    sources = list(Source.objects.filter(enabled=True).order_by("pk"))
    refs = {source: _latest_refs(source, now - LOOKED_BACK) for source in sources} if len(sources) > 1 else {}
    found = []
    for at, source in enumerate(sources):
        for other in sources[at + 1 :]:
            if pair := _doubled(source, other, refs[source], refs[other]):
                found.append(pair)
    return found


def _latest_refs(source: Source, after: datetime) -> set[str]:
    rows = Call.objects.standing().filter(source=source, began_at__gte=after).order_by("-began_at", "-id")
    # Ids that were made from numbers and a start say nothing of the provider.
    return set(rows.exclude(ref__startswith="no-id-").values_list("ref", flat=True)[:CALLS_LOOKED_AT])


def _doubled(source: Source, other: Source, refs: set[str], others: set[str]) -> Doubled | None:
    shared = len(refs & others)
    return Doubled(source, other, shared, len(refs)) if shared >= LEAST_SHARED else None
