"""The modules that a page's script imports, named in the page: the browser asks for all at once, not level by level."""

import re
from functools import lru_cache
from pathlib import Path
from posixpath import dirname, join, normpath

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders

register = template.Library()

IMPORTED = re.compile(r'^(?:import|export)\b[^;]*?"(\.{1,2}/[^"]+)"', re.MULTILINE)


@register.simple_tag
def modules_of(script: str) -> list[str]:
    """The names of the static files that a script imports, itself last: for `<link rel="modulepreload">`."""
    return _imports(script) if settings.DEBUG else _remembered(script)


def _imports(script: str) -> list[str]:
    found: dict[str, None] = {}
    _collect(script, found)
    return [*found]


_remembered = lru_cache(maxsize=32)(_imports)


def _collect(script: str, found: dict[str, None]) -> None:
    path = finders.find(script)
    if path is None or script in found:
        return
    for name in IMPORTED.findall(Path(path).read_text()):
        wanted = normpath(join(dirname(script), name))
        if wanted not in found:
            _collect(wanted, found)
    found[script] = None
