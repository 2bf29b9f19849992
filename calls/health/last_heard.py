"""When each source delivered last."""

from datetime import datetime

from django.db.models import Max

from calls.models import Delivery, SourceToken

LATEST_LOOKED_AT = 2_000


def last_heard() -> dict[int, datetime]:
    """When each source delivered last, by its id; a source that never did is not in it.

    A source that is not among the latest deliveries is known by its tokens, which note their use every few seconds:
    to look for its deliveries would be to look through those of all others since.
    """
    used = SourceToken.objects.exclude(last_used_at=None).order_by().values_list("source_id")
    found: dict[int, datetime] = dict(used.annotate(at=Max("last_used_at")))
    latest = Delivery.objects.order_by("-id").values_list("source_id", "received_at")[:LATEST_LOOKED_AT]
    return found | dict(reversed(latest))
