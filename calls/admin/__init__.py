"""The back office: history, deliveries, sources, directory and people, in Django's admin."""

from . import calls, deliveries, directory, figure_settings, groups, log, people, screens, sources
from .site import site

__all__ = [
    "calls",
    "deliveries",
    "directory",
    "figure_settings",
    "groups",
    "log",
    "people",
    "screens",
    "site",
    "sources",
]
