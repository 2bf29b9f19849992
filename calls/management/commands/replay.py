"""`manage.py replay`: read stored deliveries again by the rules of today. Shows what would change, then does it."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls.commit.cache import cache
from calls.database.connecting import unhurried
from calls.database.turns import Turns
from calls.display import wording
from calls.models import Delivery
from calls.models.delivery import DeliveryQuerySet
from calls.people.audit import command, record
from calls.upkeep.replay_report import FieldChanges, ReplayReport
from calls.upkeep.replaying import RawBytesGone, forget_all_calls, replay
from calls.words import Act

PROGRESS_SECONDS = 5.0
MOST_LINES = 8
"""Distinct changes, and distinct reasons, that are listed of each field."""


class Command(BaseCommand):
    help = "Read stored deliveries again by today's rules. Without --apply it only says what would change, and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--quarantined", action="store_true", help="those that could not be applied")
        which.add_argument(
            "--while-disabled", action="store_true", help="those that came while their source was switched off"
        )
        which.add_argument("--all", action="store_true", help="every stored delivery")
        which.add_argument(
            "--from-nothing",
            action="store_true",
            help="forget all calls, then every stored delivery; calls get new numbers. Stop the server first.",
        )
        parser.add_argument("--source", help="only deliveries of the source with this name")
        parser.add_argument("--apply", action="store_true", help="do it")

    def handle(self, *args: Any, **options: Any) -> None:
        with unhurried():
            self.replay(**options)

    def replay(self, **options: Any) -> None:
        if options["from_nothing"] and not options["apply"]:
            self.stdout.write(f"Would forget all calls and replay {Delivery.objects.count():,} deliveries.")
            return
        if options["from_nothing"]:
            self.forget()
        self.started_at = self.told_at = time.monotonic()
        self.turns = None if options["from_nothing"] else Turns()  # It wants the server stopped.
        report = replay(self.chosen(**options), cache, options["apply"], self.progress)
        if options["apply"]:
            which = next(name for name in ("quarantined", "while_disabled", "all", "from_nothing") if options[name])
            about = f"{which.replace('_', ' ')} {options['source'] or ''}".strip()
            record(command(), Act.REPLAYED, about, f"{report.deliveries} deliveries, {report.calls_changed} changes")
        self.tell(report, options["apply"])
        if options["quarantined"] and (count := self.of_source(Delivery.objects.while_disabled(), options).count()):
            self.stdout.write(
                f"{count:,} more came while their source was switched off. They are not among these, since they were "
                "left out on purpose: --while-disabled reads them."
            )

    def chosen(self, **options: Any) -> DeliveryQuerySet:
        deliveries = Delivery.objects.all()
        if options["quarantined"]:
            deliveries = deliveries.quarantined()
        elif options["while_disabled"]:
            deliveries = deliveries.while_disabled()
        return self.of_source(deliveries, options)

    def of_source(self, deliveries: DeliveryQuerySet, options: dict[str, Any]) -> DeliveryQuerySet:
        return deliveries.filter(source__name=options["source"]) if options["source"] else deliveries

    def forget(self) -> None:
        try:
            forget_all_calls()
        except RawBytesGone:
            raise CommandError("Raw bytes were pruned: calls cannot be made from nothing. Use --all.") from None

    def progress(self, report: ReplayReport) -> None:
        if self.turns:
            self.turns.give_way()
        now = time.monotonic()
        if now - self.told_at < PROGRESS_SECONDS:
            return
        self.told_at = now
        rate = report.deliveries / (now - self.started_at)
        part = report.place / report.end
        self.stdout.write(f"  {report.deliveries:,} deliveries read, {rate:,.0f} a second; {part:.0%} of all passed")
        self.stdout.flush()

    def tell(self, report: ReplayReport, applied: bool) -> None:
        would = "" if applied else "would "
        self.stdout.write(f"{report.deliveries:,} deliveries read again.")
        for (old, new), count in sorted(report.results.items()):
            self.stdout.write(f"  {count:,} {would}go from {old} to {new}")
        self.stdout.write(f"  {report.calls_changed:,} visible changes of calls{'' if applied else ' would follow'}.")
        if report.failed:
            ids = ", ".join(map(str, report.failed_ids)) + (", ..." if report.failed > len(report.failed_ids) else "")
            self.stdout.write(f"  {report.failed:,} could not be read, and stay as they were: {ids}. See the log.")
        if report.calls_new or report.calls_gone:
            self.stdout.write(f"  {report.calls_new:,} calls {would}begin, {report.calls_gone:,} {would}be gone.")
        if report.calls_renumbered:
            self.stdout.write(f"  {report.calls_renumbered:,} calls {would}show the same under a new number.")
        for name, changes in sorted(report.fields.items(), key=lambda each: -each[1].calls):
            self.tell_field(name, changes)
        if not applied:
            self.stdout.write("Nothing was changed. Add --apply to do it.")

    def tell_field(self, name: str, changes: FieldChanges) -> None:
        self.stdout.write(f"  {wording.field_word(name)} ({name}) of {changes.calls:,} calls:")
        lines = [(f"{old} -> {new}", count) for (old, new), count in changes.values.most_common()]
        self.tell_counts(lines, "")
        self.tell_counts(changes.reasons.most_common(), "because ")
        for example in changes.examples:
            self.stdout.write(f"      e.g. call {example.call}: {example.old} -> {example.new}; {example.why}")

    def tell_counts(self, lines: list[tuple[str, int]], before: str) -> None:
        for text, count in lines[:MOST_LINES]:
            self.stdout.write(f"    {count:>9,}  {before}{text}")
        if rest := sum(count for _, count in lines[MOST_LINES:]):
            self.stdout.write(f"    {rest:>9,}  {before}something else")
