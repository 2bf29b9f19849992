"""Figures where clocks change: by half an hour, by two, at midnight, so that a day has no beginning or two of them."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calls.database.columns import read_calls
from calls.figures import rollups
from calls.figures.parts import part_of, quarter_of
from calls.figures.reading import Asked, read
from calls.figures.rollups import differences
from calls.figures.spans import midnight, moment_of
from calls.figures.splits import SPLITS
from calls.figures.sums import Sums
from calls.models import Call, CallGroup, FigureSettings
from calls.models.access import Scope
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import catch_up, step
from tests.support.factories import make_call

ROLLUPS = PROJECTIONS[rollups.NAME]
ALL = Scope(None, masked=False)
OPENS, CLOSES = 0.75, 3.5
HOURS = "Mon-Sun 00:45-03:30"
ZONES = [
    *("Australia/Lord_Howe", "Antarctica/Troll", "America/Havana", "Asia/Beirut", "Africa/Cairo", "America/Santiago"),
    *("Pacific/Chatham", "Asia/Kathmandu", "Europe/Dublin"),
]


def changes_of(zone):
    """The quarters of an hour of a year with which another offset begins; a day in June where clocks never change."""
    quarters = range(quarter_of(datetime(2025, 1, 10, tzinfo=UTC)), quarter_of(datetime(2026, 1, 10, tzinfo=UTC)))
    offsets = [moment_of(quarter).astimezone(zone).utcoffset() for quarter in quarters]
    found = [quarters[at] for at in range(1, len(quarters)) if offsets[at] != offsets[at - 1]]
    return found or [quarter_of(datetime(2025, 6, 10, tzinfo=UTC))]


def local(part, zone):
    return moment_of(part.quarter).astimezone(zone)


ROWS = {
    "": lambda part, at: "",
    "group": lambda part, at: part.group_id or 0,
    "source": lambda part, at: part.source_id,
    "agent": lambda part, at: part.agent,
    "line": lambda part, at: part.line,
    "day": lambda part, at: at.toordinal(),
    "hour": lambda part, at: at.hour,
    "weekday": lambda part, at: at.weekday(),
    "week_hour": lambda part, at: at.weekday() * 24 + at.hour,
    "quarter": lambda part, at: part.quarter,
}


def by_hand(parts, asked, by, zone):
    found = {}
    for part in parts:
        at = local(part, zone)
        is_open = part.group_id is None or OPENS <= at.hour + at.minute / 60 < CLOSES
        if quarter_of(asked.start) <= part.quarter < quarter_of(asked.end) and (is_open or not asked.business):
            row = ROWS[by](part, at)
            found.setdefault((row, part.direction, part.group_id or 0), Sums()).add(part)
    return found


def as_read(asked, by, now):
    sums = read(asked, by, now).sums
    return {(row, *key): found for row, each in sums.items() for key, found in each.items() if found}


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES)
def test_figures_are_exact_around_every_change_of_clocks(settings, zone):
    settings.TIME_ZONE, rng = zone, random.Random(zone)
    zone = ZoneInfo(zone)
    group = CallGroup.objects.create(name="Night desk")
    FigureSettings.objects.create(group=group, hours=HOURS)
    changes = changes_of(zone)
    near = [change + rng.randrange(-110, 110) for change in changes for _ in range(20)]
    near += [change + step for change in changes for step in range(-9, 10)]
    for number, quarter in enumerate(near):
        began = moment_of(quarter) + timedelta(seconds=rng.randrange(900))
        make_call(rng.choice([group, None]), "ended", began_at=began, wait_seconds=number)
        if number == len(near) // 2:
            catch_up(ROLLUPS)
    step(ROLLUPS, 10)
    parts = [part_of(call) for call in read_calls(Call.objects.all())]
    now = datetime(2026, 1, 20, tzinfo=UTC)
    ranges = [(moment_of(changes[0] - 9_000), now)]
    for change in changes:
        day = moment_of(change).astimezone(zone).date()
        ranges += [(midnight(day + timedelta(first), zone), midnight(day + timedelta(after), zone))
                   for first, after in ((-1, 0), (0, 1), (1, 2), (-1, 2), (-40, 40))]  # fmt: skip
        ranges += [(moment_of(change + rng.randrange(-60, 0)), moment_of(change + rng.randrange(1, 60)))
                   for _ in range(3)]  # fmt: skip

    for _ in ("some cells are not spread", "all are"):
        for start, end in ranges:
            for by in SPLITS:
                asked = Asked(start, end, ALL)
                assert as_read(asked, by, now) == by_hand(parts, asked, by, zone), (by, start, end)
                if by not in ("agent", "line"):
                    within = asked._replace(business=True)
                    assert as_read(within, by, now) == by_hand(parts, within, by, zone), (by, start, end)
        catch_up(ROLLUPS)
    assert list(differences()) == []
