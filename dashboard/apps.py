"""The wiring as an app of its own, so that its checks run with every command."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registers them)
