"""Reading set-aside deliveries again from a page: first what would change, then the change.

The work goes step by step, each a request of a second or two, so that it holds up nobody and needs no process of its
own. How far it has come stands in the session of whoever asked: any process can take the next step.
"""

import time
from dataclasses import dataclass, field
from typing import Any, Self

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Max
from django.http import HttpRequest

from calls.commit.cache import Cache
from calls.display import wording
from calls.models import Delivery
from calls.models.delivery import DeliveryQuerySet
from calls.people import audit
from calls.upkeep.replaying import DELIVERIES_PER_STEP, replay
from calls.words import Act

_KEY = "callboard_read_again"
STEP_SECONDS = 1.5


@dataclass(slots=True)
class Reading:
    """One reading: which reason ("" for all), whether it changes anything, and how far it is."""

    reason: str
    apply: bool
    end: int
    total: int
    last: int = 0
    read: int = 0
    calls_changed: int = 0
    becomes: dict[str, int] = field(default_factory=dict)
    """How many deliveries become what: "applied", or "quarantined" with its reason after a blank."""

    @classmethod
    def begun(cls, reason: str, apply: bool) -> Self:
        found = set_aside(reason)
        end = found.aggregate(end=Max("id"))["end"] or 0
        return cls(reason, apply, end, found.filter(id__lte=end).count())

    @classmethod
    def of(cls, request: HttpRequest) -> Self | None:
        kept = request.session.get(_KEY)
        return cls(**kept) if kept else None

    def keep(self, request: HttpRequest) -> None:
        request.session[_KEY] = {name: getattr(self, name) for name in self.__slots__}

    @property
    def done(self) -> bool:
        return self.last >= self.end

    def step(self) -> None:
        """Read on for about STEP_SECONDS, at least one chunk."""
        cache, until = Cache(), time.monotonic() + STEP_SECONDS
        while not self.done:
            self._chunk(cache)
            if time.monotonic() >= until:
                break

    def _chunk(self, cache: Cache) -> None:
        left = set_aside(self.reason).filter(id__gt=self.last, id__lte=self.end)
        ids = list(left.order_by("id").values_list("id", flat=True)[:DELIVERIES_PER_STEP])
        if not ids:
            self.last = self.end
            return
        report = replay(left.filter(id__lte=ids[-1]), cache, self.apply)
        self.last = ids[-1] if len(ids) == DELIVERIES_PER_STEP else self.end
        self.read += report.deliveries
        self.calls_changed += report.calls_changed
        for (_old, new), count in report.results.items():
            self.becomes[new] = self.becomes.get(new, 0) + count

    def told(self) -> dict[str, Any]:
        """What a page says of it."""
        changed = sum(self.becomes.values())
        return {
            "reason": self.reason,
            "sentence": wording.set_aside(self.reason).sentence if self.reason else "",
            "apply": self.apply,
            "done": self.done,
            "total": self.total,
            "read": self.read,
            "calls_changed": self.calls_changed,
            "becomes": [_become(name, count) for name, count in sorted(self.becomes.items())],
            "unchanged": self.read - changed,
        }


def advanced(request: HttpRequest) -> dict[str, Any]:
    """Begin a reading, or take the next step of the one that is under way; gives what a page says of it."""
    kept = None if "begin" in request.POST else Reading.of(request)
    reading = kept or Reading.begun(request.POST.get("reason", "")[:40], request.POST.get("apply") == "1")
    was_done = kept is not None and kept.done
    reading.step()
    reading.keep(request)
    if reading.apply and reading.done and not was_done:
        _log(request, reading)
    return reading.told()


def _log(request: HttpRequest, reading: Reading) -> None:
    which = f"set-aside deliveries ({reading.reason})" if reading.reason else "all set-aside deliveries"
    did = f"{reading.read} deliveries, {reading.calls_changed} changes"
    audit.record(audit.person(request), Act.REPLAYED, which, did)
    LogEntry.objects.create(
        user_id=request.user.pk,
        content_type=ContentType.objects.get_for_model(Delivery),
        object_repr=which,
        action_flag=CHANGE,
        change_message=f"Read {reading.read} again; {sum(reading.becomes.values())} changed their result.",
    )


def set_aside(reason: str) -> DeliveryQuerySet:
    found = Delivery.objects.quarantined()
    return found.filter(reason=reason) if reason else found


def _become(name: str, count: int) -> dict[str, Any]:
    result, _, reason = name.partition(" ")
    reason = reason.strip("()")
    sentence = str(wording.set_aside(reason).sentence) if reason else ""
    return {"count": count, "word": wording.result_word(result), "result": result, "sentence": sentence}
