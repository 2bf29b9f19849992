"""`doctor`: looks at everything that a board depends on, and says of each problem what to do."""

from typing import Any

from django.core.management.base import BaseCommand

from calls.upkeep.doctor import EXAMINATIONS, LONG_EXAMINATIONS, examined
from calls.upkeep.doctor.finding import Finding


class Command(BaseCommand):
    help = "Check everything that a board depends on. Exits with 1 where something needs doing."
    requires_system_checks: list[str] = []

    def handle(self, *_: Any, **__: Any) -> None:
        findings = [finding for examine in (*EXAMINATIONS, *LONG_EXAMINATIONS) for finding in examined(examine)]
        for finding in findings:
            self.stdout.write(line(finding))
        problems = sum(finding.well is False for finding in findings)
        self.stdout.write(verdict(problems, notes=sum(finding.well is None for finding in findings)))
        if problems:
            raise SystemExit(1)


def verdict(problems: int, notes: int) -> str:
    """The last line: 2 problems. | Well, with 1 note. | All is well."""
    if problems:
        return f"{problems} problem{'' if problems == 1 else 's'}."
    return f"Well, with {notes} note{'' if notes == 1 else 's'}." if notes else "All is well."


def line(finding: Finding) -> str:
    mark = {True: "ok     ", False: "PROBLEM", None: "note   "}[finding.well]
    return f"{mark} {finding.what}" + (f"\n        -> {finding.advice}" if finding.advice else "")
