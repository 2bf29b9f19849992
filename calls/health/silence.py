"""How long the provider may be silent at a time of the week, by how long it was silent at that time before.

A busy Monday morning never goes two minutes without a delivery, a Sunday night goes ten hours. One length for both
would cry wolf every night, or sleep through the morning.
"""

from datetime import datetime, timedelta

from django.conf import settings

from calls.days import site_zone
from calls.models import Delivery

WEEKS_LOOKED_BACK = 8
LEAST_WEEKS = 3
"""With fewer weeks of deliveries there is no history: the setting CALLBOARD_SILENCE_SECONDS stands in."""
ABOUT = timedelta(minutes=15)
"""About the same time is so much before and after it."""
LEAST_SILENCE = timedelta(minutes=2)
"""Shorter silences are not told apart, nor looked for."""
TIMES_USUAL = 1.5
"""A silence is too long at one and a half times the longest usual one."""

Span = tuple[datetime, datetime]


def expected_silence(now: datetime) -> timedelta:
    """From how long a silence on the provider is too silent at this time of the week. Reads some 300 index entries."""
    return expected([longest_silence(span) for span in same_times_before(now)])


def same_times_before(now: datetime) -> list[Span]:
    """About this time of the week in the site's time zone, in each of the weeks before, the latest first."""
    # With a zone, weeks are taken off the wall clock: nine o'clock stays nine o'clock when daylight saving begins.
    here = now.astimezone(site_zone())
    moments = [here - timedelta(weeks=weeks) for weeks in range(1, WEEKS_LOOKED_BACK + 1)]
    return [(moment - ABOUT, moment + ABOUT) for moment in moments]


def longest_silence(span: Span) -> timedelta | None:
    """How long it had been silent at most at a moment of this span; None: no delivery had come before it.

    Few entries of an index are read, however many deliveries came: what came sooner after a delivery than the longest
    silence so far ends no longer one, so it is leapt over.
    """
    starts, ends = span
    heard_at = _latest_until(starts)
    if heard_at is None:
        return None
    longest = timedelta(0)
    while heard_at < ends:
        next_at = _first_after(heard_at)
        silent_until = ends if next_at is None else min(next_at, ends)
        longest = max(longest, silent_until - heard_at)
        leapt_to = _latest_until(silent_until + max(longest, LEAST_SILENCE)) or ends
        heard_at = max(silent_until, leapt_to)
    return longest


def _latest_until(moment: datetime) -> datetime | None:
    earlier = Delivery.objects.filter(received_at__lte=moment).order_by("-received_at")
    return earlier.values_list("received_at", flat=True).first()


def _first_after(moment: datetime) -> datetime | None:
    later = Delivery.objects.filter(received_at__gt=moment).order_by("received_at")
    return later.values_list("received_at", flat=True).first()


def expected(silences: list[timedelta | None]) -> timedelta:
    """What to expect after weeks with these longest silences (None: before the first delivery).

    The very longest does not count, where there are enough others: it may have been an outage.
    """
    known = sorted(silence for silence in silences if silence is not None)
    if len(known) < LEAST_WEEKS:
        return timedelta(seconds=settings.CALLBOARD_SILENCE_SECONDS)
    usual = known[-2] if len(known) > LEAST_WEEKS else known[-1]
    return TIMES_USUAL * max(usual, LEAST_SILENCE)
