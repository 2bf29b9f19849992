"""Cells before and after the migrations of their lanes: pruned calls keep their figures on both ways."""

from json import loads

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from calls.figures.parts import Settings
from calls.figures.sums import Sums, tally
from calls.figures.waits import Packing
from calls.models import FigureCell, Projection
from tests.support.sums import sums_named

BEFORE, WITHOUT_MENU = [("calls", "0016_who_talks_now")], [("calls", "0017_lanes_of_waits")]
AFTER = [("calls", "0018_menu_calls_offered")]
NAMED = {"answered": 301, "answered.p.12": 300, "answered.p.2000": 1, "answered.r.0": 5, "missed": 2, "missed.w.899": 2}
NAMED |= {"ivr_only": 400, "ivr_only.w.41": 400, "ivr_only.p.40": 1, "ivr_only.p.0": 399}
WITHOUT_MENU_LANES = Packing(
    [f"{outcome}.{clock}" for outcome in ("answered", "abandoned", "missed") for clock in "wpr"]
)
MENU_OFFERED = Settings(menu_offered=True)


def migrate(target):
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    return executor.loader.project_state(target).apps


@pytest.mark.django_db(transaction=True)
def test_pruned_calls_keep_their_waits_on_both_ways():
    counts, lanes = sums_named(NAMED).dump()
    where = {"span": "d", "source_id": 1, "direction": "incoming", "group_id": 0}
    FigureCell.objects.create(generation=0, start=7, counts=counts, lanes=lanes, **where)
    FigureCell.objects.create(generation=4, start=7, counts=counts, lanes=lanes, **where)
    Projection.objects.create(name="rollups", generation=4, position=9, signature="3 UTC")
    try:
        there = migrate(BEFORE).get_model("calls", "FigureCell").objects.values_list("generation", "sums")
        named = [(generation, loads(sums)) for generation, sums in there]
        assert named == [(0, NAMED)]
    finally:
        migrate(AFTER)

    (cell,) = FigureCell.objects.all()
    assert Sums.load(cell.counts, cell.lanes).waits()("answered", "p").by_second() == {12: 300, 2000: 1}
    row = Projection.objects.get()
    assert (row.signature, row.position) == ("", 0)
    assert row.generation == 8, "the notes of the old one would be taken out of cells that are gone"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("named", [NAMED, {"ivr_only": 3, "ivr_only.p.7": 3}, {"answered": 3, "answered.p.7": 3}])
def test_waits_in_the_menu_have_lanes_and_on_the_way_back_names(named):
    counts, lanes = sums_named(named).dump()
    where = {"generation": 0, "span": "d", "source_id": 1, "direction": "incoming", "group_id": 0}
    FigureCell.objects.create(start=7, counts=counts, lanes=lanes, **where)
    FigureCell.objects.create(start=8, counts="{}", lanes=b"", **where)
    try:
        there = migrate(WITHOUT_MENU).get_model("calls", "FigureCell").objects.get(start=7)
        in_menu = {name: count for name, count in named.items() if name.startswith("ivr_only")}
        assert {name: count for name, count in loads(there.counts).items() if name in in_menu} == in_menu
        read = {}
        WITHOUT_MENU_LANES.add(bytes(there.lanes), read)
        assert read == {name: lane for name, lane in sums_named(named).lanes.items() if not name.startswith("ivr_only")}
    finally:
        migrate(AFTER)

    cell = FigureCell.objects.get(start=7)
    old, new = (
        tally("incoming", sums, MENU_OFFERED) for sums in (sums_named(named), Sums.load(cell.counts, cell.lanes))
    )
    assert (new.marks, new.other) == (old.marks, old.other)
    assert new.waits.by_second() == old.waits.by_second()
    assert new.gave_up.by_second() == old.gave_up.by_second()
