"""How values look in the admin: moments, in the provider's zone too on hover, and sizes."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from calls.days import site_zone
from calls.display import formats
from calls.display.wording import UNKNOWN as NOTHING

__all__ = ["NOTHING", "moment", "size"]


def moment(at: datetime | None, zone: str = "") -> str | SafeString:
    """A moment in the site's zone; in the provider's on hover, where that is another."""
    if at is None:
        return NOTHING
    return format_html(
        '<time datetime="{}" title="{}">{}:{}</time>',
        at.isoformat(),
        formats.exact(at) + _at_the_provider(at, zone),
        formats.day_time(at, timezone.now()),
        formats.clock_seconds(at)[-2:],
    )


def _at_the_provider(at: datetime, zone: str) -> str:
    try:
        there = at.astimezone(ZoneInfo(zone)) if zone and zone != site_zone().key else None
    except (ZoneInfoNotFoundError, ValueError):
        return ""
    return f" · provider {there:%Y-%m-%d %H:%M:%S} {there.tzname()}" if there else ""


def size(count: int) -> str:
    return f"{count} B" if count < 1024 else f"{count / 1024:.1f} KB"
