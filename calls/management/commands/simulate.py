"""`simulate`: makes up a day's calls and sends them through a real webhook, until it is told to stop."""

import heapq
import itertools
import math
import os
import secrets
import signal
import threading
import time
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from calls.intake.sources import base_url
from calls.management.arguments import amount, count, moment, share
from calls.simulation import DAYS, USUAL, Delivery, Sender, Traffic, encode, story

from .serve import simulated_source

STATUS_SECONDS = 10.0
# Further behind than this (the server was down, the machine asleep), what was missed is not made up for.
MOST_SECONDS_BEHIND = 120.0


class Command(BaseCommand):
    help = "Make up calls and send them to a webhook, as a provider would."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", help="the webhook; without it, that of this board's source Simulation")
        parser.add_argument("--base-url", help="where that board is (default: as the settings say)")
        parser.add_argument("--live", type=count, help=f"never fewer calls at a time (default {USUAL.live})")
        parser.add_argument(
            "--rate",
            type=amount,
            help=f"calls a minute on top, at the busiest time of day (default {USUAL.calls_per_minute:g})",
        )
        parser.add_argument("--speed", type=amount, default=1.0, help="how many times faster than life (default 1)")
        parser.add_argument(
            "--day", choices=DAYS, help="how calls end and how long they wait (default: as life has it)"
        )
        parser.add_argument("--since", type=moment, help=SUPPRESS)  # `serve` says these two: a day that goes on
        parser.add_argument("--cut", type=moment, help=SUPPRESS)
        parser.add_argument("--seed", type=count, help="the same seed makes the same kind of day")
        parser.add_argument("--duration", type=amount, help="seconds, then stop")
        # A lost report leaves a row that stays for hours: more than a few would hide the calls that move.
        parser.add_argument("--lost", type=share, default=0.005, help="share that never arrives (default 0.005)")
        parser.add_argument("--duplicates", type=share, default=0.05, help="share that comes twice (default 0.05)")
        parser.add_argument("--reorder", type=share, default=0.05, help="share that comes late (default 0.05)")

    def handle(self, *_: Any, **options: Any) -> None:
        if not options["speed"]:
            raise CommandError("--speed must be more than 0.")
        url = options["url"] or webhook_url(options["base_url"])
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise CommandError("--url must be an http:// or https:// address.")
        self.seed = secrets.randbelow(1_000_000) if options["seed"] is None else options["seed"]
        day = DAYS[options["day"]] if options["day"] else USUAL
        # Asking for so many at a time means those, and no others.
        usual_rate = day.calls_per_minute if options["live"] is None or options["day"] else 0.0
        self.wanted: dict[str, Any] = {
            "live": day.live if options["live"] is None else options["live"],
            "calls_per_minute": usual_rate if options["rate"] is None else options["rate"],
            "day": day,
            **{name: options[name] for name in ("speed", "lost", "duplicates", "reorder")},
        }
        self.since, self.cut = options["since"], options["cut"]
        # The path holds the token: it is not for the screen.
        if not self.cut:
            self.tell(f"Simulating calls at {urlsplit(url).netloc} (seed {self.seed}).")
        with Sender(url) as self.sender:
            listen_for_signals(self.sender.stopping)
            threading.Thread(target=self.watch, args=(os.getppid(),), daemon=True).start()
            self.run(options["duration"])
        if not self.cut:
            self.tell(f"Stopped. {self.standing()}")

    def run(self, duration: float | None) -> None:
        ends = time.monotonic() + duration if duration is not None else math.inf
        done = False
        while not done:
            self.traffic = Traffic(self.since or datetime.now(UTC), seed=self.seed, **self.wanted)
            done = self.play(ends)
            self.since = None
        self.finish()

    def play(self, ends: float) -> bool:
        """Send each delivery when its moment has come. False: the world went on without us, begin anew."""
        stopping = self.sender.stopping
        for delivery in self.coming():
            wait = (delivery.at - datetime.now(UTC)).total_seconds()
            if wait < -MOST_SECONDS_BEHIND:
                return False
            if stopping.wait(max(0.0, min(wait, ends - time.monotonic()))) or time.monotonic() >= ends:
                return True
            self.sender.send(delivery.ref, encode(delivery.fields, delivery.shape))
        return True

    def coming(self) -> Iterator[Delivery]:
        """The deliveries to send. Of a day that goes on only those that are not stored yet, and the story's."""
        if not self.since:
            yield from self.traffic.deliveries()
            return
        cut, silence = self.cut, settings.CALLBOARD_LOST_TRACK_SECONDS["ringing"]
        rest = itertools.dropwhile(lambda said: said.at <= cut, self.traffic.deliveries())
        yield from heapq.merge(rest, story.during(cut, silence), key=attrgetter("at"))

    def finish(self) -> None:
        """Let what is queued be sent, for a moment."""
        until = time.monotonic() + 5
        while not self.sender.is_idle and time.monotonic() < until and not self.sender.stopping.wait(0.05):
            pass

    def watch(self, parent: int) -> None:
        """Say how it goes, say at once when it begins to go wrong or well, and stop with the parent process."""
        stopping, tally = self.sender.stopping, self.sender.tally
        said_at, trouble = time.monotonic(), ""
        while not stopping.wait(1):
            if os.getppid() != parent:
                stopping.set()
            if tally.trouble != trouble:
                trouble = tally.trouble
                self.tell(
                    f"The webhook does not answer ({trouble}): trying again." if trouble else "The webhook answers."
                )
            if self.stdout.isatty():
                self.stdout.write(f"\r{self.standing()}\x1b[K", ending="")
                self.stdout.flush()
            elif time.monotonic() - said_at >= STATUS_SECONDS and not self.cut:
                said_at = time.monotonic()
                self.tell(self.standing())

    def standing(self) -> str:
        tally, traffic = self.sender.tally, self.traffic
        counts = f"{traffic.started} calls started, {traffic.live_now} live now, {tally.sent} deliveries sent"
        return f"{counts}, {tally.refused} refused, {tally.given_up} given up."

    def tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def webhook_url(base: str | None) -> str:
    made = simulated_source()
    return made.webhook_url.replace(base_url(), base.rstrip("/")) if base else made.webhook_url


def listen_for_signals(stopping: threading.Event) -> None:
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            # In a thread: the handler may interrupt the very wait whose lock `set` needs.
            signal.signal(number, lambda *_: threading.Thread(target=stopping.set).start())
