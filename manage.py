#!/usr/bin/env python
"""Django's command line for Callboard."""

import os
import sys
from argparse import ArgumentParser

from calls import __version__


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    if sys.argv[1:] in (["--version"], ["version"]):
        # Without this, Django would tell its own.
        print(f"Callboard {__version__}")  # noqa: T201
        return
    if sys.argv[1:2] == ["serve"]:
        settings_from_options(sys.argv[2:])
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018  (reads the settings)
    except ImproperlyConfigured as wrong:
        sys.exit(f"Callboard cannot start: {wrong}")
    execute_from_command_line(sys.argv)


def settings_from_options(arguments: list[str]) -> None:
    """Say what `serve` is told as the environment would: origins, checks and workers depend on it."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    for name in ("host", "port", "workers"):
        parser.add_argument(f"--{name}", nargs="?")
    for name, value in vars(parser.parse_known_args(arguments)[0]).items():
        if value is not None:
            os.environ[f"CALLBOARD_{name.upper()}"] = value


if __name__ == "__main__":
    main()
