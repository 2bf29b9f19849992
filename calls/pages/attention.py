"""What a board cannot know by itself to say who is close to being lost: who called before, how patient callers are."""

import hashlib
from datetime import datetime
from typing import Any

import orjson

from calls.figures.glance import Groups, Shared
from calls.figures.learned_patience import patiences
from calls.figures.patience import NEXT_SECONDS, STEP_SECONDS, Patience
from calls.history.returning import Returning, returning
from calls.models import CallGroup
from calls.models.access import Scope
from calls.words import NO_GROUP


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
    names = dict(CallGroup.objects.filter(id__in=known).values_list("id", "name")) | {0: NO_GROUP}
    groups = {names[group]: _told(each) for group, each in sorted(known.items()) if group in names}
    return {"next_seconds": NEXT_SECONDS, "step_seconds": STEP_SECONDS, "groups": groups}


def _told(patience: Patience) -> dict[str, Any]:
    return {**patience._asdict(), "clock": str(patience.clock), "chances": list(patience.chances)}


def _read(scope: Scope, groups: Groups, now: datetime) -> dict[str, Any]:
    return {str(call): _returning(each) for call, each in returning(scope, groups, now).items()}


def _returning(each: Returning) -> dict[str, Any]:
    at = each.lost_at.isoformat().replace("+00:00", "Z") if each.lost_at else None
    return {"calls": each.calls, "lost": each.lost, "lost_at": at}


found = Shared(_read, seconds=3.0)
