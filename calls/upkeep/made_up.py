"""Stores made-up deliveries past the webhook, each as if it had come at its moment, through the real rules."""

import itertools
from collections.abc import Iterable
from datetime import UTC

from calls.commit.cache import Cache
from calls.commit.received import Received
from calls.intake.interpreting import receive
from calls.intake.queue import store
from calls.models import Source
from calls.simulation import Delivery, encode

BATCH = 500
NO_LIMIT = 10**9
LIMITS = {"new_calls_per_minute": NO_LIMIT, "live_calls_limit": NO_LIMIT}
"""Of a source of made-up calls: a day of them comes within seconds."""


def store_all(said: Iterable[Delivery], source: Source) -> None:
    cache = Cache()
    cache.refresh()
    coming = iter(said)
    while batch := list(itertools.islice(coming, BATCH)):
        store([_received(each, source, cache) for each in batch], cache)


def _received(said: Delivery, source: Source, cache: Cache) -> Received:
    request = encode(said.fields, said.shape)
    return receive(
        source=cache.sources[source.pk],
        received_at=said.at.astimezone(UTC),
        method=request.method,
        query=request.query,
        content_type=request.content_type,
        content_encoding="",
        body=request.body,
    )
