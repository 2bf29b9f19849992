"""Suites and their cases: what is measured, how large, and beside what."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.load import Load, measure
from bench.load.figures import Figures
from bench.running import running
from bench.subjects import Subject


@dataclass(frozen=True)
class Size:
    """How large a benchmark is: the short form takes each path once, in about two seconds."""

    short: bool = False
    minutes: float = 60
    history: tuple[int, ...] = (10_000, 1_000_000, 5_000_000)


@dataclass(frozen=True)
class Case:
    """One line of a table. `beside` names the yardstick's line; `why_not` says why it cannot be measured here."""

    name: str
    take: Callable[[], Figures]
    beside: str = ""
    why_not: str = ""
    may_lose: bool = False
    """The textbook peer loses last states: what it does is measured, not judged."""


@dataclass(frozen=True)
class Suite:
    """Cases that are measured in turns, and the figures shown of them: {figure: heading}."""

    name: str
    about: str
    columns: dict[str, str]
    cases: Callable[[Size], list[Case]] = field(repr=False)


def loaded(subject: Subject, load: Load) -> Callable[[], Figures]:
    """The figures of a subject under a load, started anew."""

    def take() -> Figures:
        with running(subject) as at_work:
            return measure(load, at_work.target, at_work.meters)

    return take
