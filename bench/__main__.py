"""The benchmark's command.

    python3 run.py bench [SUITE ...] [--runs 3] [--short] [--only TEXT] [--minutes 60] [--calls N ...]
        [--database URL] [--out FILE]

Measures in turns (A B A B ...), prints tables of medians in Markdown. Exits 1 for a broken path, never for a slow one.
"""

import argparse
import json
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from bench import machine, report, stores
from bench.cases import Case, Size, Suite
from bench.load.figures import Figures
from bench.product import forget_installations
from bench.suites import LONG, SHORTENED, SUITES

Measured = dict[str, dict[str, list[Figures]]]
"""{suite: {case: the figures of each run}}"""


def main() -> int:
    options = parsed()
    # A benchmark that is stopped still stops its servers and drops its databases.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    names = options.suites or [name for name in SUITES if name not in LONG or (options.short and name in SHORTENED)]
    size = Size(options.short, options.minutes, tuple(options.calls), tuple(options.database))
    measured: Measured = {}
    faults: list[str] = []
    print(f"# Callboard's benchmark\n\n{machine.described()}", flush=True)
    try:
        for suite in (SUITES[name] for name in names):
            cases = [case for case in suite.cases(size) if options.only in case.name]
            measured[suite.name], found = measure(suite, cases, options.runs)
            faults += found
            tell(report.table(suite, cases, measured[suite.name]))
            keep(options.out, measured)
    finally:
        forget_installations()
    if not options.short:
        tell(report.goals(measured))
    for fault in faults:
        print(f"BROKEN: {fault}", file=sys.stderr)
    return 1 if faults else 0


def parsed() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="run.py bench", description="Measure Callboard beside peers and limits.")
    which = f"of {', '.join(SUITES)}; without one, all but {' and '.join(LONG)}"
    options.add_argument("suites", nargs="*", metavar="SUITE", help=which)
    options.add_argument("--runs", type=int, help="how often each case is measured (3; short: 1)")
    options.add_argument("--short", action="store_true", help="each path once, in small numbers: is it whole?")
    options.add_argument("--only", default="", metavar="TEXT", help="only cases with this in their name")
    options.add_argument("--minutes", type=float, default=60, help="how long the soak lasts, and the browser's load")
    options.add_argument("--calls", type=int, nargs="+", default=[], help="how long the histories are")
    there = "a database with a history of made-up calls, in the place of the longest that would be seeded; written to"
    options.add_argument("--database", metavar="URL", action="append", default=[], help=there)
    options.add_argument("--out", type=Path, help="a JSON file for the figures of every run")
    found = options.parse_args()
    if unknown := set(found.suites) - set(SUITES):
        options.error(f"there is no suite {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}")
    if problem := wrong_with(found.database):
        options.error(problem)
    found.runs = found.runs or (1 if found.short else 3)
    return found


def wrong_with(databases: list[str]) -> str:
    """Why these cannot be the databases with a history, or nothing."""
    if len(databases) > len({stores.store_of(url) for url in databases}):
        return "one --database for SQLite and one for PostgreSQL at most"
    files = [stores.file_of(url) for url in databases if stores.store_of(url) == stores.SQLITE]
    missing = [file for file in files if not Path(file).exists()]
    return f"there is no file {missing[0]} (a URL is like sqlite:////folder/callboard.sqlite3)" if missing else ""


def measure(suite: Suite, cases: list[Case], runs: int) -> tuple[dict[str, list[Figures]], list[str]]:
    """All cases in turns, so that whatever else the machine does falls on all alike. Also what was broken."""
    found: dict[str, list[Figures]] = {case.name: [] for case in cases}
    faults = []
    for run in range(runs):
        for case in cases:
            if case.why_not:
                progress(f"{suite.name} {case.name}: skipped, {case.why_not}")
                continue
            fault = take(case, found[case.name])
            if fault:
                faults.append(f"{suite.name} {case.name}: {fault}")
            progress(f"{suite.name} {run + 1}/{runs} {case.name}: {fault or summary(suite, found[case.name][-1])}")
    return found, faults


def take(case: Case, found: list[Figures]) -> str:
    """Measure once; what was wrong, or nothing."""
    try:
        figures = case.take()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    found.append(figures)
    return report.broken(case, figures)


def summary(suite: Suite, figures: Figures) -> str:
    return ", ".join(f"{label} {figures[name]}" for name, label in suite.columns.items() if name in figures)


def tell(lines: Iterable[str]) -> None:
    for line in lines:
        print(line, flush=True)


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def keep(out: Path | None, measured: Measured) -> None:
    if out:
        out.write_text(json.dumps({"machine": machine.described(), "runs": measured}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
