"""How long figures take to read: by each split, over spans of one day to a year, and as pages."""

import http.client
import json
from collections.abc import Callable, Iterator
from functools import cache, partial
from urllib.parse import urlencode

from bench import behind, stores
from bench.asking import LENGTHS
from bench.cases import Case, Size, Suite
from bench.fetching import page, timed
from bench.load.figures import Figures
from bench.product import Aged, run_there
from bench.running import Running, running
from bench.suites.common import aged, why_no_history

CALLS, DAYS = 5_000_000, 400
TIMES = 7
SPLITS = ("", "group", "source", "day", "weekday", "hour", "week_hour", "agent", "line")
SHORT_SPLITS = ("group", "agent")
DAILY = ("agent", "line")
"""Those that have no figures within business hours."""
BUSINESS = ", business hours"
COUNT = "calls counted by SQL"
PAGE, INSPECTOR = "/figures/", "/figures/service-level/"
PAGES = {
    "page by group": (PAGE, {"by": "group"}),
    f"page by group{BUSINESS}": (PAGE, {"by": "group", "hours": "business"}),
    "page by agent": (PAGE, {"by": "agent"}),
    "page by hour of the week": (PAGE, {"by": "week_hour"}),
    "inspector": (INSPECTOR, {"by": "group"}),
    f"inspector{BUSINESS}": (INSPECTOR, {"by": "group", "hours": "business"}),
}
SHORT_PAGES = ("page by group", f"inspector{BUSINESS}")


def cases(size: Size) -> list[Case]:
    counts = (500,) if size.short else size.histories(CALLS)
    return [
        case
        for store in (stores.SQLITE, stores.POSTGRES)
        for calls in counts
        for case in of_history(aged(store, calls, counts, size, Aged.days if size.short else DAYS), size)
    ]


def of_history(subject: Aged, size: Size) -> Iterator[Case]:
    missing, where = why_no_history(subject.store, size), f"{subject.calls:,} calls, {subject.store}"
    times = 1 if size.short else TIMES
    yardstick = f"{where}: {COUNT}"
    yield Case(yardstick, partial(asked_there, subject, times, "count"), "", missing)
    for by, hours in readings(SHORT_SPLITS if size.short else SPLITS):
        options = ("--by", by, *(["--business"] if hours else []))
        take = partial(asked_there, subject, times, "read", *options)
        yield Case(f"{where}: {named(by)}{hours}", take, yardstick, missing)
    for name, (path, query) in PAGES.items():
        if not size.short or name in SHORT_PAGES:
            yield Case(f"{where}: {name}", partial(fetched, subject, times, path, query), yardstick, missing)


def readings(splits: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each split, of all calls and, where there is such a thing, of those within business hours."""
    for by in splits:
        yield by, ""
        if by not in DAILY:
            yield by, BUSINESS


def named(by: str) -> str:
    return {"": "in all", "week_hour": "by hour of the week"}.get(by, f"by {by}")


@cache
def spans_of(subject: Aged) -> tuple[str, ...]:
    """The spans to ask for, once all figures are caught up with."""
    there = (subject.prepared.folder, subject.prepared.database_url)
    run_there(["manage.py", "projections", "--catch-up", behind.NAME], *there)
    if subject.store == stores.POSTGRES:
        stores.administer("VACUUM ANALYZE", subject.prepared.database_url)
    return tuple(json.loads(run_there(["-m", "bench.asking", "prepare"], *there))["spans"])


def asked_there(subject: Aged, times: int, what: str, *options: str) -> Figures:
    """The times of one split, in a process of its own."""
    spans, prepared = spans_of(subject), subject.prepared
    command = ["-m", "bench.asking", what, *spans, *options, "--times", str(times)]
    said = json.loads(run_there(command, prepared.folder, prepared.database_url))
    return told([said[span] for span in spans])


def fetched(subject: Aged, times: int, path: str, query: dict[str, str]) -> Figures:
    """The times of a page, as the administrator gets it from a server that has nothing else to do."""
    spans = spans_of(subject)
    with running(subject, warm=False) as at_work:
        connection = http.client.HTTPConnection("127.0.0.1", at_work.place.port, timeout=600)
        get = partial(page, connection, headers=at_work.target.headers(0))
        get(f"{path}?{urlencode(query)}")  # Of today: what is imported and compiled is no part of the first time.
        found = [vars(timed(partial(get, address(path, span, query)), cpu_of(at_work), times)) for span in spans]
        connection.close()
    return told(found)


def address(path: str, span: str, query: dict[str, str]) -> str:
    first, last = span.split("/")
    return f"{path}?{urlencode({'span': 'days', 'from': first, 'to': last, **query})}"


def cpu_of(at_work: Running) -> Callable[[], float]:
    return lambda: sum(meter().cpu_seconds for meter in at_work.meters.values())


def told(times: list[Figures]) -> Figures:
    """The times of each span under a name of their own, and the slowest of them."""
    found: Figures = {f"most_{name}": max(each[name] for each in times) for name in ("ms", "first_ms")}
    for days, each in zip(LENGTHS, times, strict=True):
        found |= {f"{name}_{days}": value for name, value in each.items()}
    return found


def columns() -> Iterator[tuple[str, str]]:
    yield "most_ms", "slowest ms"
    yield "most_first_ms", "first"
    for days in LENGTHS:
        yield f"ms_{days}", f"{days} day{'s' if days > 1 else ''} ms"
        yield f"first_ms_{days}", "first"
        yield f"cpu_ms_{days}", "CPU"


SUITE = Suite(
    "figures",
    "Figures of spans that are not aligned to months, all caught up: a reading with its tallies by each split, in a "
    "process that has read before, and whole pages to an administrator. Medians of seven times, and the first time; "
    "CPU is the processor's time of the process and of PostgreSQL. In brackets: beside a plain SQL count of the calls "
    "of the same days by group.",
    dict(columns()),
    cases,
)
