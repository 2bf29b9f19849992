"""Cells before and after the migration to lanes: pruned calls keep their figures on both ways."""

from json import loads

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from calls.figures.sums import Sums
from calls.models import FigureCell, Projection
from tests.support.sums import sums_named

BEFORE, AFTER = [("calls", "0016_who_talks_now")], [("calls", "0017_lanes_of_waits")]
NAMED = {"answered": 301, "answered.p.12": 300, "answered.p.2000": 1, "answered.r.0": 5, "missed": 2, "missed.w.899": 2}


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
    assert row.generation == 6, "the notes of the old one would be taken out of cells that are gone"
