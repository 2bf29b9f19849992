"""The report: medians in tables, each figure beside its yardstick, and the goals with what became of them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from statistics import median

from bench.cases import Case, Suite
from bench.goals import GOALS, UNKNOWN
from bench.load.figures import Figures

Runs = Mapping[str, list[Figures]]
"""{case: the figures of each run}"""


def medians(runs: Runs) -> dict[str, Figures]:
    return {name: _median(figures) for name, figures in runs.items() if figures}


def _median(figures: list[Figures]) -> Figures:
    names = {name for each in figures for name, value in each.items() if isinstance(value, int | float)}
    return {name: _middle([each[name] for each in figures if each.get(name) is not None], name) for name in names}


def _middle(values: list[float], name: str) -> float:
    # One lost last state in three runs is one too many.
    return max(values) if name == "lost" else median(values)


def table(suite: Suite, cases: list[Case], runs: Runs) -> Iterator[str]:
    """A suite's table, in Markdown."""
    middle = medians(runs)
    figures = [name for name in suite.columns if any(name in found for found in middle.values())]
    yield f"\n## {suite.name}\n\n{suite.about}\n"
    yield f"| case | {' | '.join(suite.columns[name] for name in figures)} | runs | spread |"
    yield "|---" * (len(figures) + 3) + "|"
    for case in cases:
        found = middle.get(case.name)
        if found is None:
            yield f"| {case.name} | {case.why_not or 'failed'} |" + " |" * (len(figures) + 1)
            continue
        yardstick = middle.get(case.beside, {}) if case.beside != case.name else {}
        cells = [cell(found.get(name), yardstick.get(name)) for name in figures]
        spreads = spread([each.get(figures[0]) for each in runs[case.name]])
        yield f"| {case.name} | {' | '.join(cells)} | {len(runs[case.name])} | {spreads} |"


def cell(value: float | None, yardstick: float | None) -> str:
    """A figure, and in brackets how many times its yardstick's."""
    if value is None:
        return ""
    beside = f" ({ratio(value / yardstick)})" if yardstick else ""
    return f"{value:,.0f}{beside}" if abs(value) >= 1000 else f"{value:.3g}{beside}"


def ratio(times: float) -> str:
    return f"{times:,.0f}x" if times >= 10 else f"{times:.2g}x"


def spread(values: list[float | None]) -> str:
    """How far apart the runs are in the table's first figure."""
    known = [value for value in values if value]
    return f"{100 * (max(known) - min(known)) / median(known):.0f} %" if known else ""


def goals(measured: Mapping[str, Runs]) -> Iterator[str]:
    """Every goal of the suites that ran, with what it came to, in Markdown. `measured` is {suite: runs}."""
    yield "\n## goals\n\n| goal | asked | measured | |\n|---|---|---|---|"
    for goal in (goal for goal in GOALS if goal.suite in measured):
        found = medians(measured.get(goal.suite, {}))
        value = goal.value(found)
        shown = "" if value is None else f"{value:.3g}"
        yield f"| {goal.says} | {goal.bound} | {shown} | {goal.verdict(found)} |"
    if missing := Counter(goal.suite for goal in GOALS if goal.suite not in measured):
        yield f"\n{UNKNOWN.capitalize()}: {', '.join(f'{count} of {suite}' for suite, count in missing.items())}."


def broken(case: Case, figures: Figures) -> str:
    """What is wrong with a path, whatever its speed; or nothing."""
    if figures.get("not_200"):
        return f"not answered 200: {figures['not_200']}"
    if figures.get("acked") == 0:
        return "nothing was acknowledged"
    if figures.get("fewest_frames") == 0:
        return "no frame reached a board"
    if figures.get("lost") and not case.may_lose:
        return f"{figures['lost']} last states never reached a board"
    return ""
