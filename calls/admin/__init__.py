"""The back office: history, deliveries, sources, directory and people, in Django's admin."""

from . import calls, deliveries, directory, groups, log, people, sources
from .site import site

__all__ = ["calls", "deliveries", "directory", "groups", "log", "people", "site", "sources"]
