"""What a board cannot know by itself to say who is close to being lost: who called before, how patient callers are."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import orjson

from calls.figures.glance import Groups, Shared
from calls.figures.learned_patience import patiences
from calls.figures.parts import Clock
from calls.figures.patience import NEXT_SECONDS, STEP_SECONDS, Patience
from calls.history.returning import Returning, returning
from calls.live.totals import group_name, waiting_by_group
from calls.models import CallGroup
from calls.models.access import Scope


def attention_of(scope: Scope, groups: Groups, now: datetime, known: str) -> dict[str, Any]:
    """`known`: the version of the patience that the board has; it is sent again only where it is another."""
    patience = patience_told(scope, now)
    version = hashlib.blake2b(orjson.dumps(patience), digest_size=6).hexdigest()
    return {
        "returning": found.get(scope, groups, now),
        "patience_version": version,
        "patience": None if version == known else patience,
    }


def patience_told(scope: Scope, now: datetime) -> dict[str, Any]:
    """The patience of the groups of a scope, by name ("-": calls without a group)."""
    known = {group: each for group, each in patiences.get(now).items() if scope.allows(group or None)}
    names = dict(CallGroup.objects.filter(id__in=known).values_list("id", "name"))
    groups = {
        group_name(group or None, names, scope.masked): _told(each)
        for group, each in sorted(known.items())
        if group in names or not group
    }
    return {"next_seconds": NEXT_SECONDS, "step_seconds": STEP_SECONDS, "groups": groups}


def _told(patience: Patience) -> dict[str, Any]:
    return {**patience._asdict(), "clock": str(patience.clock), "chances": list(patience.chances)}


def limits_reached(scope: Scope, now: datetime) -> tuple[datetime | None, datetime | None]:
    """When the first of those who wait comes to a long wait, and to one that is too long, by the patience of its group.

    None where nobody waits in a group whose patience is known.
    """
    known, reached = patiences.get(now), []
    for group, (began, rang) in waiting_by_group(scope, now).items():
        patience = known.get(group or 0)
        since = rang if patience and patience.clock is Clock.RINGING else began
        if patience and since:
            counted = since + timedelta(seconds=patience.allowance)
            reached.append([counted + timedelta(seconds=wait) for wait in (patience.long_wait, patience.too_long)])
    if not reached:
        return None, None
    long, too_long = map(min, zip(*reached, strict=True))
    return long, too_long


def _read(scope: Scope, groups: Groups, now: datetime) -> dict[str, Any]:
    return {str(call): _returning(each) for call, each in returning(scope, groups, now).items()}


def _returning(each: Returning) -> dict[str, Any]:
    at = each.lost_at.isoformat().replace("+00:00", "Z") if each.lost_at else None
    return {"calls": each.calls, "lost": each.lost, "lost_at": at}


found = Shared(_read, seconds=3.0)
