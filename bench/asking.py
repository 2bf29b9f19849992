"""Times readings of figures as the product makes them, in a process of its own: prints JSON.

    python -m bench.asking prepare           the days to ask for, and settings for the groups
    python -m bench.asking read SPAN ... --by group [--business]
    python -m bench.asking count SPAN ...    the calls of the same days, counted by plain SQL

A span is like 2026-03-02/2026-03-31, in the site's days. Settings come from the environment, as for the product itself.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import django

from bench import stores
from bench.fetching import timed
from bench.load.figures import Figures

LENGTHS = (1, 30, 59, 365)
"""Of the spans, in days."""
HOURS = "Mon-Sat 09:30-18:30"
SUNDAY = 6
_COUNT = "SELECT group_id, count(*) FROM calls_call WHERE began_at >= %s AND began_at < %s GROUP BY group_id"

Span = tuple[date, date]
"""The first and the last day of it."""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("what", choices=["prepare", "read", "count"])
    options.add_argument("spans", nargs="*", type=span_from)
    options.add_argument("--by", default="")
    options.add_argument("--business", action="store_true")
    options.add_argument("--times", type=int, default=1)
    asked = options.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    found = prepared() if asked.what == "prepare" else times_of(asked)
    json.dump(found, sys.stdout)


def span_from(text: str) -> Span:
    first, last = map(date.fromisoformat, text.split("/"))
    return first, last


def text_of(span: Span) -> str:
    return "/".join(day.isoformat() for day in span)


def spans_until(newest: date) -> list[Span]:
    """Spans of all lengths that end on the same day, the newest that is no Sunday (it has fewer calls) and of which
    none begins with a month or ends with one: those would be read from less.
    """
    last = newest
    while last.weekday() == SUNDAY or any(is_edge(*span) for span in ending(last)):
        last -= timedelta(1)
    return ending(last)


def ending(last: date) -> list[Span]:
    return [(last - timedelta(length - 1), last) for length in LENGTHS]


def is_edge(first: date, last: date) -> bool:
    return first.day == 1 or (last + timedelta(1)).day == 1


# In the product's process


def prepared() -> Figures:
    """The spans to ask for, up to the newest made-up call. Groups that have no settings get some, with hours."""
    from calls.days import day_of
    from calls.models import Call, CallGroup, FigureSettings

    for place, group in enumerate(CallGroup.objects.order_by("id")):
        own = {"threshold": 20 + 10 * (place % 4), "hours": HOURS}
        FigureSettings.objects.get_or_create(group=group, defaults=own)
    newest = (
        Call.objects.filter(source__synthetic=True).order_by("-began_at").values_list("began_at", flat=True).first()
    )
    if newest is None:
        raise SystemExit("There is no made-up call in this database.")
    return {"spans": [text_of(span) for span in spans_until(day_of(newest))]}


def times_of(asked: argparse.Namespace) -> Figures:
    """Milliseconds for each span: the first time it is asked for, and again. Processors' time includes PostgreSQL's."""
    first, _ = asked.spans[0]
    asking = counting if asked.what == "count" else reading(asked.by, asked.business)
    # What is imported and compiled is no part of the first time: a span before all calls.
    asking((first - timedelta(3_000), first - timedelta(2_999)))()
    cpu = Processor(os.environ["DATABASE_URL"])
    return {text_of(span): vars(timed(asking(span), cpu.seconds, asked.times)) for span in asked.spans}


class Processor:
    """The processor's time of this process and of its database, without what it takes to look at the database's."""

    def __init__(self, url: str) -> None:
        self.url, self.looking = url, 0.0

    def seconds(self) -> float:
        now = time.process_time()
        own = now - self.looking
        of_store = stores.usage_of_store(self.url).cpu_seconds
        self.looking += time.process_time() - now
        return own + of_store


def bounds(span: Span) -> tuple[datetime, datetime]:
    from calls.days import day_bounds

    return day_bounds(span[0])[0], day_bounds(span[1])[1]


def reading(by: str, business: bool) -> Callable[[Span], Callable[[], Any]]:
    """What the page does for its table, for somebody who sees all calls."""
    from django.utils import timezone

    from calls.figures.group_rules import Rules
    from calls.figures.reading import Asked, read
    from calls.models.access import Scope

    def asking(span: Span) -> Callable[[], Any]:
        start, end = bounds(span)
        asked = Asked(start, end, Scope(None, masked=False), business=business)
        return lambda: read(asked, by, timezone.now()).tallies(Rules())

    return asking


def counting(span: Span) -> Callable[[], Sequence[Any]]:
    from django.db import connection

    def count() -> Sequence[Any]:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, bounds(span))
            return cursor.fetchall()

    return count


if __name__ == "__main__":
    main()
