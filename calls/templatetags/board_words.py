"""How the server writes the first board: the words and lengths of `calls/display`, for templates."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from calls.display import formats, wording
from calls.pages.shown_calls import NONE, is_lost, is_waiting

register = template.Library()


@register.simple_tag
def look_of(call: dict[str, Any]) -> dict[str, str]:
    """The look (icon and colour) and the word of where a call is, or how it went."""
    if call["state"] == "ended":
        look = wording.LOOKS.get(call["outcome"] or "unknown", "unknown")
        return {"look": look, "word": wording.outcome_word(call["outcome"])}
    if is_lost(call, timezone.now()):
        return {"look": "lost", "word": str(wording.LOST)}
    if "agent_elsewhere" in call["flags"]:
        return {"look": "lost", "word": str(wording.DOUBTED)}
    return {"look": call["state"], "word": wording.state_word(call["state"])}


@register.simple_tag
def for_browser() -> dict[str, Any]:
    """Words and formats for the scripts of a page: `{% for_browser as told %}{{ told|json_script:"for-browser" }}`."""
    return {"words": wording.browser_words(), "formats": formats.browser_formats()}


@register.simple_tag
def provisional_word() -> str:
    return str(wording.PROVISIONAL)


@register.simple_tag
def waiting_word() -> str:
    return str(wording.WAITING)


@register.filter
def state_within(state: str) -> str:
    """A state within a sentence: "3 ringing", "2 in menu"."""
    return wording.state_word(state).lower()


register.filter("state_word", wording.state_word)
register.filter("direction_word", wording.direction_word)
register.filter("flag_word", wording.flag_word)


@register.filter
def since(moment: str | None) -> str:
    """How long ago a moment (ISO 8601) is, as a timer."""
    then = parse_datetime(moment) if moment else None
    return formats.length(max(0, int((timezone.now() - then).total_seconds()))) if then else wording.UNKNOWN


@register.filter
def main_timer(call: dict[str, Any]) -> str:
    """The large timer of a live row: how long a caller has waited, else how long the call has been as it is."""
    return since(call["began_at"]) if is_waiting(call, timezone.now()) else since_state(call)


@register.filter
def small_timer(call: dict[str, Any]) -> str:
    """The timer beside it: how long this phone has rung for a caller who waits, else the whole call."""
    return since_state(call) if is_waiting(call, timezone.now()) else since(call["began_at"])


def since_state(call: dict[str, Any]) -> str:
    """How long a live call has been as it is."""
    began = {"talking": call["answered_at"], "ringing": call["ringing_at"]}.get(call["state"])
    return since(began or call["began_at"])


@register.filter
def clock(moment: str | None) -> str:
    """The time of day, in the site's zone, of a moment (ISO 8601)."""
    then = parse_datetime(moment) if moment else None
    return formats.clock(then) if then else wording.UNKNOWN


@register.filter
def clock_seconds(moment: str) -> str:
    """The same to the second."""
    then = parse_datetime(moment)
    return formats.clock_seconds(then) if then else wording.UNKNOWN


@register.filter
def until_clock(moment: datetime) -> str:
    """The time of day in the site's zone, with its name, of the minute in which this moment has passed: 17:58 IST."""
    whole = moment + timedelta(seconds=59)
    return f"{formats.clock(whole)} {formats.zone_word(whole)}"


@register.filter
def group_word(group: str) -> str:
    """A group's name; what stands for none in an address is said in words."""
    return "No group" if group == NONE else group


@register.filter
def exact_moment(moment: str) -> str:
    """A moment (ISO 8601) in full, with the site's zone."""
    return formats.exact(parse_datetime(moment))


register.filter("duration", formats.length)
register.filter("phone_parts", formats.phone_parts)
