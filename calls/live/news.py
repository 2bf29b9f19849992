"""News: what came after a picture, from the database or as the commits of this process said it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from calls.database.columns import Columns
from calls.database.compiled import Compiled
from calls.database.numbering import Changes
from calls.display.rows import Names, read_names
from calls.live.loading import read_head
from calls.live.picture import Picture
from calls.live.shown_call import ShownCall
from calls.models import Call
from calls.phones import match_key

CHANGES_BEFORE_RELOAD = 100_000
"""With more changes than this to be read it is cheaper to load everything again."""


@dataclass(slots=True)
class News:
    """Calls that changed, and the directory's names, if they did, with the calls that show another name now."""

    calls: list[Columns] = field(default_factory=list)
    names: Names | None = None
    renamed: list[ShownCall] = field(default_factory=list)


@cache
def _calls_after() -> Compiled:
    return Compiled(Call.objects.filter(seq__gt=0).order_by("seq").values_list(*Columns._fields))


def read_news(picture: Picture, names_too: bool) -> News | None:
    """What came after the picture; None: it cannot be continued (another epoch, or numbers that went back)."""
    epoch, seq = read_head()
    if epoch != picture.epoch or seq < picture.seq or seq - picture.seq > CHANGES_BEFORE_RELOAD:
        return None
    found = News()
    if seq > picture.seq:
        found.calls = [Columns._make(columns) for columns in _calls_after().rows(picture.seq)]
    if names_too or any(_unnamed(call, picture.names) for call in found.calls):
        names = read_names()
        if names != picture.names:
            found.names, found.renamed = names, _renamed(list(picture.calls.values()), picture.names, names)
    return found


def news_in(commits: Iterable[Changes], picture: Picture) -> News | None:
    """The same without a look at the database, where the commits of this process say all that came after the picture.

    None where they do not: a number is missing, a call was merged away, or one shows a name that is not known yet.
    """
    seq, calls = picture.seq, dict[int, Columns]()
    for commit in commits:
        if commit.epoch == picture.epoch and commit.last <= seq:
            continue
        if commit.epoch != picture.epoch or commit.first != seq + 1 or commit.calls is None:
            return None
        seq = commit.last
        for call in commit.calls:
            calls[call.id] = call
    return None if any(_unnamed(call, picture.names) for call in calls.values()) else News(list(calls.values()))


def _unnamed(call: Columns, names: Names) -> bool:
    return (call.group_id is not None and call.group_id not in names.groups) or call.source_id not in names.sources


def _renamed(calls: list[ShownCall], before: Names, now: Names) -> list[ShownCall]:
    """Those of the calls that show a name that is another one now."""
    groups, sources = _differing(before.groups, now.groups), _differing(before.sources, now.sources)
    agents, lines = _differing(before.agents, now.agents), _differing(before.lines, now.lines)

    def touched(call: Columns) -> bool:
        if call.group_id in groups or call.source_id in sources:
            return True
        rung = [call.agent_number, *(attempt.get("agent_number") for attempt in call.ring_attempts)]
        return any(_named_in(call.source_id, phone, agents) for phone in rung) or _named_in(
            call.source_id, call.virtual_number, lines
        )

    return [shown for shown in calls if touched(shown.call)]


def _named_in(source_id: int, phone: str | None, keys: set[Any]) -> bool:
    return bool(keys) and bool(phone) and (source_id, match_key(str(phone))) in keys


def _differing(before: dict[Any, Any], now: dict[Any, Any]) -> set[Any]:
    return {key for key in before.keys() | now.keys() if before.get(key) != now.get(key)}
