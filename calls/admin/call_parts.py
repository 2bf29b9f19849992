"""The parts of a call as the admin shows them, made from its row: what its reader may see."""

from typing import Any

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from calls.display import formats, wording

from . import shown


def how(row: dict[str, Any]) -> SafeString:
    """Where a call is or how it went, then our reason, then the provider's own word."""
    word, name = _state(row)
    finer = " · ".join(
        text for text in (wording.reason_word(row["reason"]) if row["reason"] else "", row["provider_status"]) if text
    )
    badge = format_html('<span class="badge is-{}">{}</span>', name, word)
    return format_html('{}<span class="finer">{}</span>', badge, finer) if finer else badge


def _state(row: dict[str, Any]) -> tuple[str, str]:
    """The word of the badge, and the name that colours it."""
    if row["state"] != "ended":
        lost = row["lost_track_at"] and row["lost_track_at"] <= timezone.now()
        return (str(wording.LOST), "lost") if lost else (wording.state_word(row["state"]), row["state"])
    outcome = row["outcome"] or "unknown"
    return wording.outcome_word(outcome) + (f" · {wording.PROVISIONAL}" if row["provisional"] else ""), outcome


def number(text: str | None, name: str | None = None) -> SafeString:
    """A number, under its name where it has one."""
    if name:
        return format_html('{}<span class="finer number">{}</span>', name, _spaced(text) if text else "")
    return format_html('<span class="number">{}</span>', _spaced(text))


def _spaced(text: str | None) -> SafeString:
    """A number in groups for the eye; copied, it has no gaps."""
    return format_html_join("", "<span>{}</span>", ((part,) for part in formats.phone_parts(text)))


def with_finer(text: str | SafeString, finer: str) -> SafeString:
    """A value over a smaller one, where there is one."""
    return format_html('{}<span class="finer">{}</span>', text, finer) if finer else format_html("{}", text)


def recording(row: dict[str, Any]) -> str | SafeString:
    """A link where it is allowed; else whether there is one at all."""
    if row["link"]:
        return format_html(
            '<a href="{}" target="_blank" rel="noopener noreferrer" referrerpolicy="no-referrer">Listen</a>',
            row["link"],
        )
    return "Kept back" if row["has_recording"] else shown.NOTHING


def marks(row: dict[str, Any]) -> str | SafeString:
    said = [*map(wording.flag_word, row["flags"]), *([wording.ROLES_ASSUMED] if row["roles_assumed"] else [])]
    tags = format_html_join(" ", '<span class="oddity">{}</span>', ((each,) for each in said))
    return tags or shown.NOTHING
