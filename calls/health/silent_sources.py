"""Which source is silent while others deliver, and since when.

A source that is silent at its usual times is no news: one that is closed on Sundays cries wolf on no Sunday.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from calls.health.last_heard import last_heard
from calls.health.silence import LEAST_WEEKS, WEEKS_LOOKED_BACK, Span
from calls.models import Delivery, Source

LONGEST_LOOKED_AT = timedelta(hours=2)
"""A longer silence is held against the last two hours of it."""
USUALLY = 0.75
"""A source usually delivers at a time of the week when it did so in such a share of the weeks before."""


class SilentSource(NamedTuple):
    source: Source
    since: datetime


def silent_sources(now: datetime) -> list[SilentSource]:
    """Those that are on and delivered before, longest silence first. Reads little where none is silent."""
    heard, limit = last_heard(), timedelta(seconds=settings.CALLBOARD_SILENCE_SECONDS)
    quiet = {source: at for source, at in heard.items() if now - at >= limit}
    sources = Source.objects.filter(pk__in=quiet, enabled=True, synthetic=False)
    found = [SilentSource(source, quiet[source.pk]) for source in sources]
    return sorted((each for each in found if not _is_usual(each, now)), key=lambda each: (each.since, each.source.name))


def _is_usual(silent: SilentSource, now: datetime) -> bool:
    """Whether the source said as little at this time in the weeks before. Not known is not usual."""
    first = silent.source.tokens.order_by("created_at").values_list("created_at", flat=True).first()
    spans = [span for span in _spans_before(silent.since, now) if first and first <= span[0]]
    if len(spans) < LEAST_WEEKS:
        return False
    delivered = sum(_delivered(silent.source, span) for span in spans)
    return delivered < USUALLY * len(spans)


def _spans_before(since: datetime, now: datetime) -> list[Span]:
    """The time since then, in each of the weeks before."""
    starts = max(since, now - LONGEST_LOOKED_AT)
    weeks = (timedelta(weeks=number) for number in range(1, WEEKS_LOOKED_BACK + 1))
    return [(starts - week, now - week) for week in weeks]


def _delivered(source: Source, span: Span) -> bool:
    return Delivery.objects.filter(source=source, received_at__gt=span[0], received_at__lte=span[1]).exists()
