"""Repeats: when an equal delivery says the same thing again, and when it is news.

Providers repeat themselves, so what says the same as before changes nothing. But a live event has neither a time nor
a number of its own: the phone that rings again after half a minute is told in the same bytes. What comes later than
`REPEAT`, before any report, is news. Arrival is stored with the delivery, so a replay finds the same.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from calls.rules.events import CallEvent

REPEAT = timedelta(seconds=3.5)
"""An equal live event that comes within this of one that counted is a repeat of it."""
MANY_REPEATS = 32
MANY_REPEATS_SPACING = timedelta(minutes=1)
"""What was news so often is news only once in this time: signs of life go on, and a call stays of bounded size."""


def is_news(at: datetime, heard: Iterable[datetime]) -> bool:
    """Whether a live event tells something, of which equal ones that counted came at these moments."""
    moments = list(heard)
    spacing = REPEAT if len(moments) < MANY_REPEATS else MANY_REPEATS_SPACING
    return all(abs(at - moment) > spacing for moment in moments)


def distinct(events: Iterable[CallEvent]) -> list[CallEvent]:
    """The events without repeats: of those that say the same, the one that came first, and what came later as news.

    After a report nothing that was said before is news.
    """
    first: dict[str, CallEvent] = {}
    again: list[CallEvent] = []
    for event in events:
        known = first.get(event.content_key)
        if known is None:
            first[event.content_key] = event
        elif (event.received_at, event.delivery) < (known.received_at, known.delivery):
            first[event.content_key] = event
            again.append(known)
        else:
            again.append(event)
    found = list(first.values())
    return [*found, *_news(first, again)] if again else found


def _news(first: dict[str, CallEvent], again: list[CallEvent]) -> list[CallEvent]:
    reported_at = min((event.received_at for event in first.values() if event.is_report), default=None)
    counted: dict[str, list[datetime]] = {}
    found = []
    for event in sorted(again, key=lambda event: (event.received_at, event.delivery)):
        if event.is_report or (reported_at and event.received_at >= reported_at):
            continue
        moments = counted.setdefault(event.content_key, [first[event.content_key].received_at])
        if is_news(event.received_at, moments):
            moments.append(event.received_at)
            found.append(event)
    return found
