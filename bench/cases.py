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
    calls: tuple[int, ...] = ()
    """How long the histories are, where that was said."""
    databases: tuple[str, ...] = ()
    """URLs of databases with a history that is there already: one a store at most."""

    def histories(self, *usual: int) -> tuple[int, ...]:
        """How many calls the histories of a suite have: as was said, else as is usual."""
        return self.calls or usual


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
