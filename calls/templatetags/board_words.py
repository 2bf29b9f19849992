"""How the server writes the first board: the words and lengths of `calls/display`, for templates."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from calls.display import wording

register = template.Library()


def is_lost(call: dict[str, Any], now: datetime) -> bool:
    lost_at = parse_datetime(call["lost_track_at"] or "") if call["state"] != "ended" else None
    return lost_at is not None and lost_at <= now


@register.simple_tag
def look_of(call: dict[str, Any]) -> dict[str, str]:
    """The look (icon and colour) and the word of where a call is, or how it went."""
    if call["state"] == "ended":
        look = wording.LOOKS.get(call["outcome"] or "unknown", "unknown")
        return {"look": look, "word": wording.outcome_word(call["outcome"])}
    if is_lost(call, timezone.now()):
        return {"look": "lost", "word": str(wording.LOST)}
    return {"look": call["state"], "word": wording.state_word(call["state"])}


@register.simple_tag
def browser_words() -> dict[str, Any]:
    """The words for the scripts of a page: `{% browser_words as words %}{{ words|json_script:"words" }}`."""
    return wording.browser_words()


@register.simple_tag
def provisional_word() -> str:
    return str(wording.PROVISIONAL)


@register.filter
def state_within(state: str) -> str:
    """A state within a sentence: "3 ringing", "2 in menu"."""
    return wording.state_word(state).lower()


register.filter("direction_word", wording.direction_word)
register.filter("flag_word", wording.flag_word)


@register.filter
def since(moment: str | None) -> str:
    """How long ago a moment (ISO 8601) is, as a timer."""
    then = parse_datetime(moment) if moment else None
    return duration(max(0, int((timezone.now() - then).total_seconds()))) if then else wording.UNKNOWN


@register.filter
def since_state(call: dict[str, Any]) -> str:
    """How long a live call has been as it is."""
    began = {"talking": call["answered_at"], "ringing": call["ringing_at"]}.get(call["state"])
    return since(began or call["began_at"])


@register.filter
def duration(seconds: int | None) -> str:
    """Whole seconds as 0:07, 12:40 or 1:02:03."""
    if seconds is None:
        return wording.UNKNOWN
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def moment(text: str | None) -> datetime | None:
    """A moment (ISO 8601) for Django's own filters."""
    return parse_datetime(text) if text else None


@register.filter
def offered(totals: dict[str, Any]) -> int:
    """Incoming calls of the day that ended with a customer who wanted a person."""
    return sum(totals[f"{outcome}_today"] for outcome in ("answered", "abandoned", "missed", "failed"))
