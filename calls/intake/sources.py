"""Writing sources: made with a token, given new ones, and the addresses that carry them."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from calls.models import Delivery, Source, SourceToken


@dataclass(frozen=True, slots=True)
class Connected:
    """A source and the text of its newest token, which cannot be read again."""

    source: Source
    token: str

    @property
    def webhook_url(self) -> str:
        return f"{base_url()}/hooks/{self.token}"

    @property
    def short_webhook_url(self) -> str:
        """For panels that refuse addresses with several parts."""
        return f"{base_url()}/hook-{self.token}"


@transaction.atomic
def connect(name: str, **details: object) -> Connected:
    """Make a source and its first token. Raises ValidationError where name or details cannot be."""
    source = Source(name=name, **details)
    source.full_clean()
    source.save()
    return Connected(source, source.new_token())


@transaction.atomic
def rotate(source: Source) -> tuple[Connected, list[SourceToken]]:
    """Give a source another token. The one before goes on working until the next rotation; both are told."""
    before = list(source.tokens.active().order_by("-created_at", "-id"))
    return Connected(source, source.new_token()), before


def waiting_sources() -> list[dict[str, Any]]:
    """The sources that nothing was delivered to yet: [{id, name, ping_count, addresses}], newest address first."""
    delivered = Exists(Delivery.objects.filter(source=OuterRef("pk")))
    waiting = Source.objects.filter(~delivered, enabled=True, synthetic=False).order_by("name")
    return [
        {
            "id": source.pk,
            "name": source.name,
            "ping_count": source.ping_count,
            "addresses": [address_form(token) for token in source.tokens.active().order_by("-created_at", "-id")],
        }
        for source in waiting
    ]


def address_form(token: SourceToken) -> str:
    """A token's address without what is secret in it."""
    return f"{base_url()}/hooks/…{token.hint}"


def base_url() -> str:
    """Where this installation is opened, as far as it knows: scheme, host and port.

    A command is not told which port `serve` was given, so it looks at what the server that ran last has left.
    """
    if settings.CALLBOARD_BASE_URL:
        return str(settings.CALLBOARD_BASE_URL)
    try:
        return _served_at().read_text().split()[0]
    except (OSError, IndexError):
        return listening_at()


def listening_at() -> str:
    """Where a server with these settings is opened on its own machine."""
    host = settings.CALLBOARD_HOST
    if host in ("0.0.0.0", "::", ""):  # noqa: S104  (compared, not bound)
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.CALLBOARD_PORT}"


def note_address() -> None:
    """Leave word for commands of where this server listens."""
    with suppress(OSError):  # A folder that cannot be written to is told of by `firstrun`, in words.
        _served_at().write_text(f"{listening_at()}\n{os.getpid()}\n")


def serving_process() -> int | None:
    """The id of the process that served last, whether it lives or not."""
    try:
        return int(_served_at().read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return None


def _served_at() -> Path:
    return Path(settings.DATA_DIR) / "served_at"
