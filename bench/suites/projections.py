"""Figures that are kept behind the traffic: how far behind they are, and what taking a call in costs."""

import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import median

from bench import behind, stores
from bench.cases import Case, Size, Suite
from bench.limits.groupcommit import commit_in_batches
from bench.load import Load, measure
from bench.load.figures import Figures
from bench.product import Aged, Product, run_there
from bench.running import running
from bench.suites.common import SHORT, aged, why_no_history, why_not

LAG = "500/s"
CATCH_UP, BESIDE, YARDSTICK = "catching up", "catching up beside 100/s", "commits of 256"
CALLS = 200_000
LOAD = Load(calls=2_500, rate=500, boards=20, active=300)
BESIDE_LOAD = Load(calls=1_000, rate=100, boards=5, active=60)
"""A round of 40 seconds."""
LONGEST_CATCH_UP_SECONDS = 1_800


def cases(size: Size) -> list[Case]:
    return [case for store in (stores.SQLITE, stores.POSTGRES) for case in of_store(store, size)]


def of_store(store: str, size: Size) -> list[Case]:
    missing = why_not(store)
    load = replace(SHORT, rate=60) if size.short else LOAD
    yardstick = f"{YARDSTICK}, {store}"
    found = [
        Case(yardstick, lambda: bare(store, size), "", missing),
        Case(f"{LAG}, {store}", under(Product(store=store), load), "", missing),
    ]
    counts = (500,) if size.short else size.histories(CALLS)
    for calls in counts:
        subject = aged(store, calls, counts, size)
        missing = why_no_history(store, size)
        which = f"{store}, {calls:,} calls" if len(counts) > 1 else store
        found += [
            Case(f"{CATCH_UP}, {which}", partial(caught_up, subject), yardstick, missing),
            Case(f"{BESIDE}, {which}", partial(caught_up_beside, subject, size), "", missing),
        ]
    return found


def bare(store: str, size: Size) -> Figures:
    """The processor time of a bare loop that commits deliveries, for each: what a machine is worth."""
    found = commit_in_batches(store, 256, 512 if size.short else 20_000)
    return {"call_us": 1e3 * found["cpu_ms"]}


def under(subject: Product, load: Load) -> Callable[[], Figures]:
    """How far behind while so much comes in."""

    def take() -> Figures:
        with running(subject) as at_work, behind.watching(at_work.place.database_url) as watch:
            found = measure(load, at_work.target, at_work.meters)
        return found | watch.lag()

    return take


def caught_up(subject: Aged) -> Figures:
    """The processor time of the command that takes in the whole history, for each call; its start is not in it."""
    spent_on(subject)  # the first start compiles
    start = spent_on(subject)
    whole = spent_on(subject, "--rebuild", behind.NAME)
    with stores.connected(subject.prepared.database_url) as connection:
        count = connection.execute("SELECT count(*) FROM calls_call").fetchone()[0]
    return {"call_us": round(1e6 * (whole - start) / count, 1)}


def spent_on(subject: Aged, *options: str) -> float:
    """Seconds of processor time of `manage.py projections` with these options."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run_there(["manage.py", "projections", *options], subject.prepared.folder, subject.prepared.database_url)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def caught_up_beside(subject: Aged, size: Size) -> Figures:
    """How many calls a second a server takes in, from nothing, while deliveries come all the time.

    The load comes in rounds, with some two seconds between them, until all is taken in.
    """
    load = replace(SHORT, rate=60) if size.short else BESIDE_LOAD
    rounds = []
    with running(subject) as at_work:
        url = at_work.place.database_url
        with behind.watching(url, old=behind.ask_for_all_anew(url)) as watch:
            until = time.monotonic() + LONGEST_CATCH_UP_SECONDS
            while not rounds or (not watch.has_caught_up and time.monotonic() < until):
                rounds.append(measure(load, at_work.target, at_work.meters))
    return together(rounds) | watch.catching_up()


def together(rounds: list[Figures]) -> Figures:
    """Of several rounds of one load the middle ones' figures, and the worst p99; what was lost or refused is added."""
    refused: Counter[int] = sum((Counter(each["not_200"]) for each in rounds), Counter())
    return {
        **{name: median(each[name] for each in rounds) for name in ("acked_per_s", "cpu_ms", "post_p99_ms")},
        "worst_p99_ms": max(each["post_p99_ms"] for each in rounds),
        "acked": sum(each["acked"] for each in rounds),
        "fewest_frames": min(each["fewest_frames"] for each in rounds),
        "lost": sum(each["lost"] for each in rounds),
        "not_200": dict(refused),
    }


SUITE = Suite(
    "projections",
    f"The roll-ups of figures: how old the oldest change is that is not in them, at {LAG}; what a call of a history of "
    f"{CALLS:,} costs to take in (in brackets beside a bare loop that commits as many deliveries); how many calls a "
    "second a server takes in, from nothing, while 100 deliveries a second come, and how long that takes.",
    {
        "call_us": "CPU us a call",
        "caught": "calls taken in",
        "caught_per_s": "calls/s",
        "caught_s": "caught up in s",
        "behind_p50_ms": "behind p50 ms",
        "behind_p99_ms": "behind p99 ms",
        "behind_most_ms": "at most",
        "acked_per_s": "acked/s",
        "cpu_ms": "CPU ms",
        "post_p99_ms": "POST p99 ms",
        "worst_p99_ms": "worst of 40 s",
        "lost": "lost",
    },
    cases,
)
