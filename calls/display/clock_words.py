"""Words for a source whose times cannot be: by how much its clock is ahead of ours, or behind."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CLOCKS: Mapping[str, str | Promise] = {
    "ahead": _("Times of {source} are {hours} h ahead: is its time zone right?"),
    "behind": _("Times of {source} are {hours} h behind: is its time zone right?"),
}


def clock_sentence(source: str, seconds_ahead: int) -> str:
    """What to say of a source whose times are ahead of ours, or behind."""
    minutes = abs(seconds_ahead) // 60
    sentence = CLOCKS["ahead" if seconds_ahead > 0 else "behind"]
    return str(sentence).format(source=source, hours=f"{minutes // 60}:{minutes % 60:02}")
