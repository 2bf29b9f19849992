"""Roll-ups follow every change of calls exactly, and figures are exact however far behind they are."""

import io
import random
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone
from orjson import loads

from calls.database.columns import read_calls
from calls.figures import cells as cells_module
from calls.figures import rollups
from calls.figures.definitions import FIGURES
from calls.figures.group_rules import Rules
from calls.figures.parts import part_of, quarter_of
from calls.figures.reading import Asked, read
from calls.figures.rollups import differences
from calls.figures.spans import (
    DAY,
    MONTH,
    QUARTER,
    Piece,
    first_day,
    hours_of_week_hour,
    midnight,
    moment_of,
    month_of,
    pieces,
    places_of,
    quarter_of_week,
    quarters_of_hour,
)
from calls.figures.sums import Sums, Tally
from calls.management.commands import projections
from calls.models import Call, CallGroup, CountedCall, FigureCell, FigureSettings, Head, Projection
from calls.models.access import Scope
from calls.projections import runner as runner_module
from calls.projections.registry import PROJECTIONS
from calls.projections.runner import BETWEEN_LOOKS_SECONDS, Runner, catch_up, lag, make_anew, step
from calls.upkeep.doctor import records
from calls.upkeep.pruning import prune
from tests.support.factories import make_call, next_seq
from tests.support.quick import slow

ROLLUPS = PROJECTIONS[rollups.NAME]
KOLKATA = ZoneInfo("Asia/Kolkata")
ALL = Scope(None, masked=False)
NOW = timezone.now()
FAR = timedelta(days=4000)


def everything(**more):
    return Asked(NOW - FAR, NOW + FAR, ALL, **more)


# --- spans -------------------------------------------------------------------------------------------------------


def quarters_of(piece, zone):
    match piece.span:
        case "q":
            return range(piece.first, piece.last + 1)
        case "d":
            begin, end = date.fromordinal(piece.first), date.fromordinal(piece.last + 1)
        case "m":
            begin, end = first_day(piece.first), first_day(piece.last + 1)
    return range(quarter_of(midnight(begin, zone)), quarter_of(midnight(end, zone)))


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Europe/London", "America/St_Johns", "UTC", "Asia/Kathmandu"])
@pytest.mark.parametrize("largest", [QUARTER, DAY, MONTH])
@pytest.mark.parametrize("seed", range(12))
def test_pieces_make_up_a_range_without_gap_or_overlap(zone, largest, seed):
    rng, zone = random.Random(seed), ZoneInfo(zone)
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * rng.randrange(35_000))
    end = start + timedelta(minutes=15 * rng.choice([0, 1, 50, 96, 97, 400, 3_000, 9_000, 40_000]))

    found = list(pieces(start, end, zone, largest))

    covered = [quarter for piece in found for quarter in quarters_of(piece, zone)]
    assert covered == list(range(quarter_of(start), quarter_of(end)))
    assert {piece.span for piece in found} <= {QUARTER, *([DAY] if largest != QUARTER else []), largest}
    assert len(found) <= 5


def test_the_fewest_pieces():
    start, end = midnight(date(2026, 1, 31), KOLKATA), midnight(date(2026, 4, 2), KOLKATA)

    assert list(pieces(start, end, KOLKATA)) == [
        Piece(DAY, date(2026, 1, 31).toordinal(), date(2026, 1, 31).toordinal()),
        Piece(MONTH, month_of(date(2026, 2, 1)), month_of(date(2026, 3, 1))),
        Piece(DAY, date(2026, 4, 1).toordinal(), date(2026, 4, 1).toordinal()),
    ]


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Europe/London", "Australia/Lord_Howe", "UTC"])
def test_each_quarter_of_an_hour_is_one_of_its_hour_of_the_week(zone):
    """Also where a change of clocks repeats an hour, or skips one; hours of a day and of the week agree."""
    zone = ZoneInfo(zone)
    first, last = (quarter_of(datetime(2026, month, 1, tzinfo=UTC)) for month in (3, 6))
    for quarter in range(first, last):
        places, at = places_of(quarter, zone), moment_of(quarter).astimezone(zone)
        assert quarter in quarters_of_hour(places.hour, zone)
        assert places.hour in hours_of_week_hour(places.week_hour)
        assert quarter_of_week(quarter, zone) == at.weekday() * 96 + at.hour * 4 + at.minute // 15


# --- following ----------------------------------------------------------------------------------------------------


class Office:
    """Calls that are made, changed, merged, regrouped and pruned at random; and what they should add up to."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.groups = [*CallGroup.objects.bulk_create(CallGroup(name=name) for name in ("Sales", "Support")), None]
        for group in self.groups[:2]:
            FigureSettings.objects.create(group=group, hours=HOURS[group.name])
        self.kept = []

    def act(self):
        self.rng.choice([self.begin, self.begin, self.end, self.end, self.correct, self.merge, self.prune_some])()

    def begin(self):
        ago = self.rng.choice([60, 4_000, 90_000, 40 * 86_400, 100 * 86_400, 400 * 86_400])
        make_call(
            self.rng.choice(self.groups),
            self.rng.choice(["ringing", "ended"]),
            began_at=self.rng.choice([NOW - timedelta(seconds=ago + self.rng.randrange(3_000)), self.about_opening()]),
            outcome=self.rng.choice(["answered", "abandoned", "missed", "ivr_only"]),
            direction=self.rng.choice(["incoming", "incoming", "outgoing"]),
            wait_seconds=self.rng.choice([None, 3, 30]),
            agent_number=self.rng.choice([None, "+918000000201", "+918000000202"]),
            coins=self.rng.choice([None, "1.5"]),
            heard_at=NOW - timedelta(seconds=ago),
        )

    def some(self, **of):
        found = list(Call.objects.standing().filter(**of).order_by("id"))
        return self.rng.choice(found) if found else None

    def change(self, call, **columns):
        if call:
            Call.objects.filter(id=call.id).update(seq=next_seq(), **columns)

    def end(self):
        self.change(self.some(state="ringing"), state="ended", outcome="answered", ended_at=NOW, talk_seconds=40)

    def correct(self):
        group = self.rng.choice(self.groups)
        began = self.rng.choice([NOW - timedelta(seconds=self.rng.randrange(5_000_000)), self.about_opening()])
        outcome = self.rng.choice(["answered", "missed", "failed", "ivr_only"])
        self.change(self.some(state="ended"), group=group, began_at=began, outcome=outcome, wait_seconds=7)

    def about_opening(self):
        """A moment of the last 60 days in an hour in which a group opens or closes."""
        day = (NOW - timedelta(days=self.rng.randrange(1, 60))).astimezone(KOLKATA)
        at = day.replace(hour=self.rng.choice([3, 9, 15, 18, 22]), minute=self.rng.randrange(60))
        return at.astimezone(UTC)

    def merge(self):
        call = self.some()
        self.change(call, merged_into=call)

    def prune_some(self):
        before = NOW - timedelta(days=200)
        old = Call.objects.filter(began_at__lt=before, heard_at__lt=before)
        self.kept += [part for call in read_calls(old) if (part := part_of(call))]
        list(prune(None, before))

    def parts(self):
        return self.kept + [part for call in read_calls(Call.objects.all()) if (part := part_of(call))]


def sums_by(parts, asked, whose):
    found = defaultdict(lambda: defaultdict(Sums))
    for part in parts:
        within = quarter_of(asked.start) <= part.quarter < quarter_of(asked.end) and asked.allows(part.group_id)
        within = within and (not asked.business or is_within_hours(part))
        if within and asked.agent in ("", part.agent) and (key := whose(part)) is not None:
            found[key][part.direction, part.group_id or 0].add(part)
    return plain(found)


def plain(sums):
    found = {whose: {key: one for key, one in each.items() if one} for whose, each in sums.items()}
    return {whose: each for whose, each in found.items() if each}


def local(part):
    return moment_of(part.quarter).astimezone(KOLKATA)


HOURS = {"Sales": "Mon-Fri 09:30-18:15; Sat 22:45-03:30", "Support": "Mon-Sun 06:00-14:00 15:15-15:30"}


def is_within_hours(part):
    """By hand: Sales and Support as in `HOURS`, calls without a group at any time."""
    at, group = local(part), CallGroup.objects.filter(id=part.group_id).values_list("name", flat=True).first()
    hour = at.hour + at.minute / 60
    if group == "Sales":
        late, early = at.weekday() == 5 and hour >= 22.75, at.weekday() == 6 and hour < 3.5
        return (at.weekday() < 5 and 9.5 <= hour < 18.25) or late or early
    return group is None or 6 <= hour < 14 or 15.25 <= hour < 15.5


SPLIT_BY = {
    "": lambda part: "",
    "group": lambda part: part.group_id or 0,
    "source": lambda part: part.source_id,
    "agent": lambda part: part.agent or None,
    "line": lambda part: part.line or None,
    "day": lambda part: local(part).toordinal(),
    "hour": lambda part: local(part).hour,
    "weekday": lambda part: local(part).weekday(),
    "week_hour": lambda part: local(part).weekday() * 24 + local(part).hour,
    "quarter": lambda part: part.quarter,
}


def assert_exact(office):
    """Every split of some ranges is what the calls say, whatever the roll-ups have taken in."""
    parts, sales = office.parts(), Scope(frozenset([office.groups[0].id]), masked=False)
    day = midnight(NOW.astimezone(KOLKATA).date(), KOLKATA)
    ranges = [(NOW - FAR, NOW + FAR), (day, day + timedelta(1)), (day - timedelta(days=95), day - timedelta(days=2))]
    for start, end in ranges:
        for scope in (ALL, sales):
            for by, whose in SPLIT_BY.items():
                if by in ("quarter",) and start == ranges[0][0]:
                    continue
                asked = Asked(start, end, scope)
                assert plain(read(asked, by, NOW).sums) == sums_by(parts, asked, whose), (by, start)
                if by not in ("agent", "line"):
                    within = asked._replace(business=True)
                    assert plain(read(within, by, NOW).sums) == sums_by(parts, within, whose), (by, start)
    start, end = (moment_of(quarter_of(NOW - each)) for each in (timedelta(days=99, hours=7), timedelta(hours=1)))
    cut = Asked(start, end, ALL, agent="+918000000201")
    young = [part for part in parts if part not in office.kept]
    assert plain(read(cut, "", NOW).sums) == sums_by(young, cut, SPLIT_BY[""])
    assert_exact_to_the_second(sales)


def assert_exact_to_the_second(sales):
    """A span that cuts quarters of an hour has the calls that began within it, and no others."""
    for start, minutes in ((NOW - timedelta(days=2, minutes=3), 7), (NOW - timedelta(minutes=40), 70)):
        end = start + timedelta(minutes=minutes)
        parts = [part for call in read_calls(Call.objects.filter(began_at__gte=start, began_at__lt=end))
                 if (part := part_of(call))]  # fmt: skip
        for scope in (ALL, sales):
            for by, whose in SPLIT_BY.items():
                asked = Asked(start, end, scope)
                whole = asked._replace(start=start - timedelta(hours=1), end=end + timedelta(hours=1))
                assert plain(read(asked, by, NOW).sums) == sums_by(parts, whole, whose), (by, start)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [0, *slow(*range(1, 6))])
def test_figures_are_exact_after_every_change_and_at_every_position(seed):
    office = Office(seed)
    for turn in range(60):
        office.act()
        if office.rng.random() < 0.3:
            step(ROLLUPS, office.rng.choice([1, 3, 50]))
        if turn % 20 == 19:
            assert_exact(office)
    catch_up(ROLLUPS)
    assert_exact(office)
    assert list(differences()) == []


@pytest.mark.django_db
def test_a_pruned_call_leaves_its_figures_even_where_it_was_never_counted():
    make_call(state="ended", ago=400 * 86_400, heard_at=NOW - timedelta(days=399))
    before = plain(read(everything(), "", NOW).sums)

    list(prune(None, NOW - timedelta(days=30)))

    assert not Call.objects.exists()
    assert plain(read(everything(), "", NOW).sums) == before
    make_anew(ROLLUPS)
    catch_up(ROLLUPS)
    assert plain(read(everything(), "", NOW).sums) == before


@pytest.mark.django_db
def test_cells_whose_calls_were_pruned_or_went_elsewhere_go(sales):
    for days in (0, 100, 100, 130):
        at = NOW - timedelta(days=days)
        make_call(None, "ended", began_at=at, heard_at=at)
    catch_up(ROLLUPS)
    moved = Call.objects.latest("began_at")
    Call.objects.filter(id=moved.id).update(seq=next_seq(), group=sales)
    list(prune(None, NOW - timedelta(days=50)))
    catch_up(ROLLUPS)

    kept = FigureCell.objects.filter(generation=Projection.objects.get().generation)
    assert {(cell.group_id, cell.counts) for cell in kept} == {(sales.id, '{"answered":1}')}
    assert list(differences()) == []
    late = make_call(None, "ended", began_at=NOW - timedelta(days=100), heard_at=NOW)
    catch_up(ROLLUPS)
    assert list(differences()) == []
    assert FIGURES["answered"].of(read(everything(), "", NOW).tally(Rules())).amount == 5
    assert late.id in CountedCall.objects.values_list("id", flat=True)


@pytest.mark.django_db
def test_made_anew_it_is_the_same_and_the_old_cells_go():
    for n in range(20):
        make_call(state="ended", ago=n * 10_000)
    catch_up(ROLLUPS)
    first = plain(read(everything(), "day", NOW).sums)
    cells = FigureCell.objects.count()

    make_anew(ROLLUPS)
    catch_up(ROLLUPS)

    assert plain(read(everything(), "day", NOW).sums) == first
    assert FigureCell.objects.count() == cells
    assert Projection.objects.get().generation == 2


@pytest.mark.django_db
def test_another_time_zone_makes_it_anew(settings):
    make_call(state="ended", began_at=datetime(2026, 11, 20, 20, 0, tzinfo=UTC))
    catch_up(ROLLUPS)
    assert set(read(everything(), "day", NOW).sums) == {date(2026, 11, 21).toordinal()}

    settings.TIME_ZONE = "UTC"
    catch_up(ROLLUPS)

    assert set(read(everything(), "day", NOW).sums) == {date(2026, 11, 20).toordinal()}
    assert list(differences()) == []


@pytest.mark.django_db
def test_calls_that_are_made_from_nothing_are_counted_once():
    for n in range(5):
        make_call(state="ended", ago=n)
    catch_up(ROLLUPS)
    Call.objects.all().delete()
    Head.objects.update(epoch="another")
    for n in range(3):
        make_call(state="ended", ago=n)

    assert FIGURES["offered"].of(read(everything(), "", NOW).tally(Rules())).amount == 3
    catch_up(ROLLUPS)
    assert FIGURES["offered"].of(read(everything(), "", NOW).tally(Rules())).amount == 3
    assert list(differences()) == []


@pytest.mark.django_db
def test_a_reading_that_is_far_behind_says_so(monkeypatch):
    monkeypatch.setattr("calls.figures.reading.MOST_CHANGES_ADDED", 2)
    for n in range(3):
        make_call(state="ended", ago=n)

    reading = read(everything(), "", NOW)

    assert (reading.as_of, reading.behind, plain(reading.sums)) == (0, 3, {})


@pytest.mark.django_db
def test_a_reading_is_taken_again_when_the_roll_ups_moved_meanwhile(monkeypatch):
    make_call(state="ended")
    reader, moved = __import__("calls.figures.reading", fromlist=["_Reader"])._Reader, []
    whole = reader.add_changed

    def moving(self, calls):
        if not moved:
            moved.append(catch_up(ROLLUPS))
        whole(self, calls)

    monkeypatch.setattr(reader, "add_changed", moving)

    assert FIGURES["offered"].of(read(everything(), "", NOW).tally(Rules())).amount == 1
    assert moved


@pytest.mark.django_db
def test_live_calls_count_where_they_stand():
    make_call(state="ringing", ago=30)
    make_call(state="talking", ago=30, answered_at=NOW - timedelta(seconds=20))
    make_call(state="ended", ago=30, wait_seconds=3)
    catch_up(ROLLUPS)

    found = read(everything(), "", timezone.now()).tally(Rules())

    assert {name: FIGURES[name].of(found).amount for name in ("offered", "answered", "live")} == {
        "offered": 3, "answered": 1, "live": 2,
    }  # fmt: skip
    level = FIGURES["service-level"].of(found)
    assert (level.numerator, level.denominator) == (2, 3)


@pytest.mark.django_db
def test_each_group_is_counted_by_its_own_settings():
    strict, other = CallGroup.objects.create(name="Strict"), CallGroup.objects.create(name="Other")
    FigureSettings.objects.create(group=strict, threshold=5)
    FigureSettings.objects.create(group=None, threshold=40)
    for group in (strict, other, None):
        make_call(group, "ended", wait_seconds=30, answered_at=NOW)

    tallies = read(everything(), "group", NOW).tallies(Rules())

    levels = {whose: FIGURES["service-level"].of(found).amount for whose, found in tallies.items()}
    assert levels == {strict.id: 0, other.id: 1, 0: 1}


def counted(reading, rules):
    """Each tally in plain values."""
    return {
        whose: (+each.marks, each.waits.by_second(), +each.other, each.level_in, each.level_of, each.goal)
        for whose, each in reading.tallies(rules).items()
    }


@pytest.mark.django_db
@pytest.mark.parametrize("by", SPLIT_BY)
def test_groups_that_are_counted_alike_take_the_room_of_one_where_tallies_are_all_that_is_wanted(by):
    groups = [CallGroup.objects.create(name=f"Team {n}") for n in range(5)]
    FigureSettings.objects.create(group=groups[0], threshold=5)
    FigureSettings.objects.create(group=groups[1], threshold=5, hours="Mon-Sun 09:00-17:00")
    for number, group in enumerate([*groups, None] * 4):
        began = NOW - timedelta(days=number % 3, hours=number)
        make_call(group, "ended", wait_seconds=2 * number, answered_at=began, began_at=began)
    make_call(groups[2], "ringing", ago=30)
    catch_up(ROLLUPS)
    make_call(groups[3], "ended", ago=30)

    rules = Rules()
    for asked in (everything(), everything(business=True)):
        if by == "quarter":
            asked = asked._replace(start=NOW - timedelta(days=9), end=NOW)
        if asked.business and by in ("agent", "line"):
            continue
        apart, alike = read(asked, by, NOW), read(asked, by, NOW, rules)
        assert counted(alike, rules) == counted(apart, rules)
        assert counted(alike, rules), "some were found"
        if by not in ("group", "quarter"):
            assert max(map(len, alike.sums.values())) <= 2
    assert by or (len(alike.sums[by]), len(apart.sums[by])) == (2, 6)


# --- running ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_look_takes_one_step_where_deliveries_wait_and_all_where_none_does():
    for n in range(30):
        make_call(state="ended", ago=n)
    runner = Runner()
    runner._most[rollups.NAME] = 10

    runner.look(others_wait=lambda: True)
    assert lag(ROLLUPS)[0] == 20
    runner.look()
    assert lag(ROLLUPS)[0] == 0


@pytest.mark.django_db
def test_who_is_behind_works_on_in_every_pause_and_who_is_not_waits_for_the_next_look(monkeypatch):
    for n in range(30):
        make_call(state="ended", ago=n)
    runner = Runner()
    runner._most[rollups.NAME] = 10
    assert runner.is_due(quiet=False), "nobody has looked yet"

    runner.look(others_wait=lambda: True)
    assert runner.is_due(quiet=True)
    assert not runner.is_due(quiet=False), "deliveries without a pause come first"
    assert runner.patience < 0.01

    runner.look()
    assert not runner.is_due(quiet=True)
    assert runner.patience > 0.1
    monkeypatch.setattr(runner, "_looked_at", runner._looked_at - BETWEEN_LOOKS_SECONDS)
    assert runner.is_due(quiet=False), "but not for ever"


class Clocks:
    """Time as the runner sees it: on the wall, of the process, and of this thread."""

    def __init__(self):
        self.wall = self.process = self.thread = 100.0

    def pass_by(self, wall, rest, own=0.0):
        self.wall, self.process, self.thread = self.wall + wall, self.process + rest + own, self.thread + own

    def monotonic(self):
        return self.wall

    def process_time(self):
        return self.process

    def thread_time(self):
        return self.thread


@pytest.mark.django_db
def test_while_deliveries_take_the_process_a_pause_of_theirs_is_not_used(monkeypatch):
    clocks = Clocks()
    monkeypatch.setattr(runner_module, "time", clocks)
    for name in ("LEAST_CALLS", "MOST_CALLS"):
        monkeypatch.setattr(runner_module, name, 5)
    for n in range(30):
        make_call(state="ended", ago=n)
    runner = Runner()

    clocks.pass_by(wall=0.5, rest=0.45)
    runner.look(others_wait=lambda: True)
    assert not runner.is_due(quiet=True)
    assert runner.patience == BETWEEN_LOOKS_SECONDS
    clocks.pass_by(wall=0.5, rest=0.2)
    assert runner.is_due(quiet=False), "but twice a second it has its turn"

    runner.look(others_wait=lambda: clocks.pass_by(wall=0.4, rest=0.0, own=0.4) or True)
    assert runner.is_due(quiet=True), "less than half of a core is taken"
    clocks.pass_by(wall=0.1, rest=0.02)
    runner.look(others_wait=lambda: True)
    assert runner.is_due(quiet=True), "and what the looks take themselves does not count"


@pytest.mark.django_db
def test_live_calls_are_passed_over_and_one_that_lives_again_is_taken_out():
    live, ended = make_call(state="talking"), make_call(state="ended")

    assert step(ROLLUPS, 10) == (1, 0)
    assert list(CountedCall.objects.values_list("id", flat=True)) == [ended.id]
    assert lag(ROLLUPS)[0] == 0, "the live one is behind it all the same"

    Call.objects.filter(id=ended.id).update(state="ringing", ended_at=None, outcome=None, seq=next_seq())
    Call.objects.filter(id=live.id).update(state="ringing", seq=next_seq())

    assert step(ROLLUPS, 10) == (1, 0)
    assert not CountedCall.objects.exists()
    assert not list(differences())


@pytest.mark.django_db
def test_calls_that_share_a_number_are_all_counted():
    for n in range(7):
        make_call(state="ended", ago=n)
    Call.objects.update(seq=3)

    catch_up(ROLLUPS, most=2)

    assert CountedCall.objects.count() == 7
    assert list(differences()) == []


def cells(**of):
    """The spans of the cells there are, with how many calls each holds."""
    held = FigureCell.objects.filter(**of).values_list("split", "span", "counts")
    return sorted((split + span, loads(counts)["answered"]) for split, span, counts in held)


@pytest.mark.django_db
def test_what_may_still_change_is_spread_to_longer_spans_when_its_time_is_over():
    make_call(None, "ended", outcome="answered", agent_number="+918000000201", began_at=NOW, virtual_number=None)

    catch_up(ROLLUPS)

    assert cells() == [("ad", 1), ("q", 1)], "one cell each, of today"
    assert FIGURES["answered"].of(read(everything(), "", NOW).tally(Rules())).amount == 1
    assert FIGURES["answered"].of(read(everything(agent="+918000000201"), "", NOW).tally(Rules())).amount == 1

    FigureCell.objects.filter(span="q").update(start=F("start") - 200)
    FigureCell.objects.filter(span="d").update(start=F("start") - 2)
    assert rollups.tidy(1) == 2

    assert cells(spread=True) == [("ad", 1), ("am", 1), ("d", 1), ("h", 1), ("m", 1), ("q", 1), ("w", 1)]
    assert not FigureCell.objects.filter(spread=False).exists()
    assert rollups.tidy(1) == 0


@pytest.mark.django_db
def test_a_late_call_changes_the_longer_spans_that_are_there():
    for number, outcome in enumerate(["answered", "answered", "missed"]):
        make_call(state="ended", outcome=outcome, began_at=NOW - timedelta(days=3), agent_number="+918000000201")
        catch_up(ROLLUPS)
        rollups.tidy(1)
        assert list(differences()) == []
        assert {count for _, count in cells()} == {min(number + 1, 2)}


@pytest.mark.django_db
@pytest.mark.parametrize(("from_hour", "to_hour"), [(0, 5), (0, 20), (20, 24), (3, 23), (10, 12), (22, 27), (1, 47)])
def test_of_a_day_that_is_cut_an_agent_has_the_calls_of_these_hours(from_hour, to_hour):
    """Those of a larger part are the day's without the rest: also where calls were corrected since."""
    begin = midnight(NOW.astimezone(KOLKATA).date() - timedelta(days=9), KOLKATA)
    for hour in range(60):
        make_call(None, "ended", agent_number="+918000000201", began_at=begin + timedelta(hours=hour, minutes=20))
    catch_up(ROLLUPS)
    moved = Call.objects.get(began_at=begin + timedelta(hours=2, minutes=20))
    Call.objects.filter(id=moved.id).update(seq=next_seq(), agent_number="+918000000202")

    start, end = begin + timedelta(hours=from_hour), begin + timedelta(hours=to_hour)
    found = read(Asked(start, end, ALL), "agent", NOW).tallies(Rules())

    of_other = from_hour <= 2 < to_hour
    assert FIGURES["offered"].of(found["+918000000201"]).amount == to_hour - from_hour - of_other
    assert FIGURES["offered"].of(found.get("+918000000202", Tally())).amount == of_other


@pytest.mark.django_db
def test_of_a_day_that_is_cut_only_changed_calls_are_looked_up_one_by_one(monkeypatch):
    """Not the live ones: those that we lost track of are live for ever, and a year has many."""
    for days in range(1, 6):
        make_call(None, "ringing", began_at=NOW - timedelta(days=days))
    make_call(None, "ended", began_at=NOW - timedelta(days=3))
    catch_up(ROLLUPS)
    changed = make_call(None, "ended", began_at=NOW - timedelta(days=3))
    asked, noted = [], rollups.noted
    monkeypatch.setattr(rollups, "noted", lambda generation, ids: asked.extend(ids) or noted(generation, ids))

    found = read(Asked(NOW - timedelta(days=9, hours=5), NOW - timedelta(hours=5), ALL), "agent", NOW).tally(Rules())

    assert FIGURES["answered"].of(found).amount == 2
    assert set(asked) == {changed.id}


@pytest.mark.django_db
def test_few_cells_are_spread_at_a_time(monkeypatch):
    monkeypatch.setattr(rollups, "LEAST_SPREAD", 2)
    for hours in range(60, 67):
        make_call(state="ended", began_at=NOW - timedelta(hours=hours))
    step(ROLLUPS, 100)
    FigureCell.objects.exclude(split="", span="q").delete()
    FigureCell.objects.update(spread=False)

    seen = []
    while rollups.tidy(1):
        seen.append(FigureCell.objects.filter(spread=False).count())
        assert FIGURES["offered"].of(read(everything(), "hour", NOW).tally(Rules())).amount == 7

    assert seen == [5, 3, 1, 0]
    assert {key.split for key, *_ in differences()} == {"a", "l"}, "only what was taken away"


@pytest.mark.django_db(transaction=True)
def test_a_step_that_fails_has_not_happened(monkeypatch):
    make_call(state="ended")

    def failing(*_):
        raise RuntimeError("killed")

    monkeypatch.setattr(rollups, "_write_notes", failing)
    with pytest.raises(RuntimeError):
        step(ROLLUPS, 10)
    assert not FigureCell.objects.exists()
    monkeypatch.undo()
    catch_up(ROLLUPS)
    assert CountedCall.objects.count() == 1
    assert list(differences()) == []


@pytest.mark.django_db
def test_a_cell_that_was_tampered_with_is_found():
    make_call(state="ended")
    catch_up(ROLLUPS)
    FigureCell.objects.filter(span="d").update(counts='{"answered":7}')

    assert {key.span for key, *_ in differences()} == {"d"}


@pytest.mark.django_db
@pytest.mark.parametrize("harm", [{"counts": "{}"}, {"lanes": b""}], ids=str)
def test_cells_that_cannot_hold_what_is_taken_out_are_made_anew(harm):
    call = make_call(state="ended", outcome="answered", wait_seconds=5)
    catch_up(ROLLUPS)
    FigureCell.objects.update(**harm)
    Call.objects.filter(id=call.id).update(seq=next_seq(), outcome="missed")

    catch_up(ROLLUPS)

    assert list(differences()) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "harm"), [(FigureCell, {"counts": "{}"}), (Projection, {"signature": "3"})], ids=["cells", "format"]
)
def test_calls_are_pruned_with_their_figures_whatever_the_cells_hold(model, harm):
    for days in (0, 100, 101):
        at = NOW - timedelta(days=days)
        make_call(state="ended", outcome="answered", began_at=at, heard_at=at)
    catch_up(ROLLUPS)
    model.objects.update(**harm)

    list(prune(None, NOW - timedelta(days=50)))

    assert Call.objects.count() == 1
    catch_up(ROLLUPS)
    assert FIGURES["answered"].of(read(everything(), "", NOW).tally(Rules())).amount == 3
    assert list(differences()) == []


@pytest.mark.django_db
def test_what_is_spread_while_somebody_reads_is_not_lost(monkeypatch):
    """In a transaction that is open already: else it is read as of one moment."""
    make_call(state="ended", began_at=NOW - timedelta(days=3))
    step(ROLLUPS, 10)
    FigureCell.objects.exclude(span="q", split="").delete()
    FigureCell.objects.update(spread=False)
    not_spread = cells_module.not_spread
    done = []

    def spread_meanwhile(*asked):
        if not done and list(not_spread(*asked)):
            done.append(step(ROLLUPS, 10))
        return not_spread(*asked)

    monkeypatch.setattr(cells_module, "not_spread", spread_meanwhile)

    assert FIGURES["offered"].of(read(everything(), "", NOW).tally(Rules())).amount == 1
    assert done == [(1, 0)], "the cell that was tidied"


@pytest.mark.django_db
def test_the_doctor_says_when_figures_are_behind(monkeypatch):
    make_call(state="ended")
    catch_up(ROLLUPS)
    assert [finding.well for finding in records.figures()] == [True]
    monkeypatch.setattr(records, "MOST_CHANGES_ADDED", 1)
    for _ in range(2):
        make_call(state="ended")

    (finding,) = records.figures()

    assert (finding.well, "2 changes behind" in finding.what) == (None, True)


@pytest.mark.django_db(transaction=True)
def test_the_proof_holds_beside_traffic(monkeypatch, source, sales):
    def and_meanwhile():
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(one_more).result()
        yield from differences()

    def one_more():
        make_call(sales, "ended", outcome="answered")
        connection.close()

    make_call(sales, "ended", outcome="answered")
    monkeypatch.setattr(projections, "differences", and_meanwhile)

    for _ in range(2):
        said = io.StringIO()
        call_command("projections", "--verify", "rollups", stdout=said)
        assert "every cell is as computed from nothing" in said.getvalue()
    assert Call.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_the_proof_may_take_longer_than_a_transaction_of_a_server_may_rest(monkeypatch, sales):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no such limit")

    def and_compares_for_long():
        yield from differences()
        time.sleep(0.3)

    make_call(sales, "ended")
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 100")
    monkeypatch.setattr(projections, "differences", and_compares_for_long)
    said = io.StringIO()
    call_command("projections", "--verify", "rollups", stdout=said)

    assert "every cell is as computed from nothing" in said.getvalue()


@pytest.mark.django_db(transaction=True)
def test_what_always_changes_is_not_proved_and_said_so(monkeypatch, sales):
    make_call(sales, "ended", outcome="answered")
    monkeypatch.setattr(projections, "catch_up", lambda *_: None)
    monkeypatch.setattr(projections, "LONGEST_WAIT_SECONDS", 0.05)

    with pytest.raises(CommandError, match="without a pause"):
        call_command("projections", "--verify", "rollups")
