"""How values look in the admin: moments in two zones, lengths, words and sizes."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTHING = "–"


def moment(at: datetime | None, zone: str = "") -> str | SafeString:
    """A moment in the site's zone; in the provider's on hover."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    title = f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}"
    if zone:
        try:
            there = at.astimezone(ZoneInfo(zone))
            title += f" · provider {there:%Y-%m-%d %H:%M:%S} {there.tzname()}"
        except (ZoneInfoNotFoundError, ValueError):
            pass
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        title,
        f"{local:%d %b %H:%M:%S}" if local.year == timezone.localdate().year else f"{local:%d %b %Y %H:%M:%S}",
    )


def length(seconds: int | None) -> str:
    """Seconds as 1:05 or 1:02:03; unknown is a dash, nought is 0:00."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: int) -> str:
    return f"{count} B" if count < 1024 else f"{count / 1024:.1f} KB"
