"""Settling: when the directory changes, the calls it speaks of are derived again, in small batches."""

import time

from calls.commit import MANY_CALLS, calls_with, commit
from calls.known import REFRESH_SECONDS, Known
from calls.models import Agent, VirtualNumber
from calls.models.directory import DirectoryNumber

_first_seen: dict[tuple[str, int], float] = {}


def settle(memory: Known) -> None:
    """Derive again the calls of every number that is new or was edited.

    Twice: at once, and again when every process must have noticed the change, since until then another one may
    have derived a call by the old directory. A crash loses nothing: the number stays unsettled.
    """
    for model in (Agent, VirtualNumber):
        for row in model._default_manager.filter(settled=False)[:50]:
            _settle_one(row, memory)


def _settle_one(row: DirectoryNumber, memory: Known) -> None:
    key = (type(row).__name__, row.pk)
    is_new = key not in _first_seen
    age = time.monotonic() - _first_seen.setdefault(key, time.monotonic())
    everybody_knows = age > 1.5 * REFRESH_SECONDS
    if not (is_new or everybody_knows):
        return
    if is_new:
        memory.forget()
    derive_again(row.number, row.source_id, memory)
    if everybody_knows:
        type(row)._default_manager.filter(pk=row.pk).update(settled=True)
        del _first_seen[key]


def derive_again(number: str, source: int, memory: Known) -> int:
    """Derive all calls of a source in which this number plays a part. Returns how many."""
    done, last = 0, 0
    while True:
        calls = calls_with(number).filter(source=source, id__gt=last).order_by("id")
        ids = list(calls.values_list("id", flat=True)[:MANY_CALLS])
        if not ids:
            return done
        commit([], memory, again=ids)
        done, last = done + len(ids), ids[-1]
