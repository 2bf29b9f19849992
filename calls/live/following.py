"""Following: keeps a picture up with the changes, one step at a time.

It has no socket, no thread and no clock of its own. A step gives the functions that read the database to whoever
drives it, which may carry them out in a thread (the feed) or at once (`step_here`: a test, a board of the past), and
shows what came of them to its audience. Anything in doubt is answered by loading everything again.
"""

from collections.abc import Callable, Generator
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from calls.database.numbering import Changes
from calls.days import day_of
from calls.live.loading import load_picture, read_latest_of, read_tally
from calls.live.news import News, news_in, read_news
from calls.live.picture import Picture
from calls.live.shown_call import Change, merged

COMMITS_REMEMBERED = 1_000
"""Commits of this process that may wait for the next step; of more, all are forgotten and the database is read."""

Reading = Callable[[], Any]
"""A function that reads the database: it may take its time, and may raise database errors."""
Step = Generator[Reading, Any, None]
"""A step: it yields readings, and wants to be sent what each of them gave."""


class Onlookers(Protocol):
    """Whoever is shown the picture."""

    def rebuild(self, picture: Picture) -> None:
        """Forget all that was shown: this picture stands now."""

    def show(self, changes: list[Change], now: datetime) -> None:
        """Show what changed, one change for each call; without any, the totals may still have changed."""


class Following:
    """A picture, None before it is loaded for the first time, and what brings it up to date."""

    def __init__(self, onlookers: Onlookers, clock: Callable[[], datetime]) -> None:
        self.picture: Picture | None = None
        self._onlookers = onlookers
        self._clock = clock
        self._commits: list[Changes] = []
        self._reload = False

    def notify(self, changes: Changes) -> None:
        """Note what this process has committed: in the order of the commits it need not be read."""
        self._commits.append(changes)
        if len(self._commits) > COMMITS_REMEMBERED:
            self._commits.clear()

    def reload(self) -> None:
        """Load everything again in the next step, and show the picture of before until then."""
        self._reload = True

    def forget(self) -> None:
        """Give up the picture: it is not to be trusted."""
        self.picture = None

    def step(self, names_too: bool = False) -> Step:
        """Bring the picture up to date, with the names of the directory if wanted."""
        commits, self._commits = self._commits, []
        picture = self.picture
        if picture is None or self._reload:
            yield from self._load()
            return
        news = news_in(commits, picture) if commits and not names_too else None
        if news is None:
            news = yield partial(read_news, picture, names_too)
        if news is None:
            yield from self._load()
            return
        self._take(picture, news)
        yield from self._complete(picture)

    def _load(self) -> Step:
        self.picture = picture = yield partial(load_picture, self._clock())
        self._reload = False
        self._onlookers.rebuild(picture)

    def _take(self, picture: Picture, news: News) -> None:
        now = self._clock()
        earlier = picture.pass_time(now)
        if news.names is not None:
            earlier += picture.rename(news.names, news.renamed)
        changes = picture.take(news.calls, now)
        self._onlookers.show(merged([*earlier, *changes]) if earlier else changes, now)

    def _complete(self, picture: Picture) -> Step:
        """Read what the change needs besides: successors of completed calls that left, and a new day's figures."""
        now = self._clock()
        if short := picture.short_groups():
            latest = yield partial(read_latest_of, short, now)
            for group_id, calls in latest.items():
                self._onlookers.show(picture.refill(group_id, calls, now), now)
        if (day := day_of(now)) != picture.day:
            picture.begin_day(day, (yield partial(read_tally, day, picture.seq)))
            self._onlookers.show([], now)


def step_here(step: Step) -> None:
    """Carry out a step with all its reading at once, in this thread."""
    found = None
    while True:
        try:
            reading = step.send(found)
        except StopIteration:
            return
        found = reading()
