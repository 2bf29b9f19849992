"""Cells hold their waits in lanes.

All cells but those of pruned calls are made anew by the server that starts after it, so they are deleted before: then the
table is small. Those of pruned calls stay as they are, with names for short waits, too; on the way back lanes that were
added since become such names.
"""

from array import array
from json import dumps, loads
from struct import Struct
from sys import byteorder

from django.db import migrations, models
from django.db.models import F

NAMES = [f"{outcome}.{clock}" for outcome in ("answered", "abandoned", "missed") for clock in "wpr"]
WIDTHS = Struct("<9H")


def begin_anew(apps, schema_editor):
    apps.get_model("calls", "FigureCell").objects.filter(generation__gt=0).delete()
    # Another generation: the notes of this one would be taken out of cells that are gone.
    apps.get_model("calls", "Projection").objects.update(
        signature="", position=0, generation=F("generation") + 1, version=F("version") + 1
    )


def name_short_waits(apps, schema_editor):
    cells = apps.get_model("calls", "FigureCell").objects
    for cell in cells.filter(generation=0).exclude(lanes=b"").iterator():
        counts = loads(cell.counts)
        for name, wait, count in waits_in(bytes(cell.lanes)):
            counts[f"{name}.{wait}"] = counts.get(f"{name}.{wait}", 0) + count
        cells.filter(pk=cell.pk).update(counts=dumps(counts, separators=(",", ":")))


def waits_in(packed):
    widths, head = WIDTHS.unpack_from(packed), WIDTHS.size
    size = sum(widths)
    wide = bytearray(4 * size)
    for place, start in enumerate(range(head, len(packed), size)):
        wide[place::4] = packed[start : start + size]
    lanes = array("I", bytes(wide))
    if byteorder == "big":
        lanes.byteswap()
    at = 0
    for name, width in zip(NAMES, widths, strict=True):
        yield from ((name, wait, count) for wait, count in enumerate(lanes[at : at + width]) if count)
        at += width


def nothing(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0016_who_talks_now"),
    ]

    operations = [
        migrations.RunPython(begin_anew, nothing),
        migrations.RenameField(model_name="figurecell", old_name="sums", new_name="counts"),
        migrations.AddField(
            model_name="figurecell",
            name="lanes",
            field=models.BinaryField(default=b"", help_text="Waits by the second: see calls/figures/waits.py."),
        ),
        migrations.AddField(
            model_name="figurecell",
            name="spread",
            field=models.BooleanField(
                default=True, help_text="Whether the cells of longer spans hold its sums as well."
            ),
        ),
        migrations.AddIndex(
            model_name="figurecell",
            index=models.Index(
                condition=models.Q(("spread", False)), fields=["split", "start"], name="figure_cell_not_spread"
            ),
        ),
        migrations.RunPython(nothing, name_short_waits),
        # Also on the way back: the code of before reads no lanes.
        migrations.RunPython(nothing, begin_anew),
    ]
