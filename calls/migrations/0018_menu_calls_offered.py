"""A group can count calls that ended in its menu as offered; cells hold their waits, in lanes after those that there were.

As for the lanes before: cells are made anew, and those of pruned calls stay. On the way back these waits get names.
"""

from json import dumps, loads
from struct import Struct

from django.db import migrations, models
from django.db.models import F

NAMES = ("ivr_only.w", "ivr_only.p")
BEFORE, AFTER = Struct("<9H"), Struct("<11H")
NO_WIDTHS = bytes(AFTER.size - BEFORE.size)


def begin_anew(apps, schema_editor):
    apps.get_model("calls", "FigureCell").objects.filter(generation__gt=0).delete()
    # Another generation: the notes of this one would be taken out of cells that are gone.
    apps.get_model("calls", "Projection").objects.update(
        signature="", position=0, generation=F("generation") + 1, version=F("version") + 1
    )


def make_room(apps, schema_editor):
    for cells, cell in cells_of_pruned(apps):
        lanes = bytes(cell.lanes)
        cells.filter(pk=cell.pk).update(lanes=lanes[: BEFORE.size] + NO_WIDTHS + lanes[BEFORE.size :])


def name_menu_waits(apps, schema_editor):
    for cells, cell in cells_of_pruned(apps):
        lanes, counts = bytes(cell.lanes), loads(cell.counts)
        widths = AFTER.unpack_from(lanes)
        size, before = sum(widths), sum(widths[:9])
        planes = [lanes[at : at + size] for at in range(AFTER.size, len(lanes), size)]
        at = before
        for name, width in zip(NAMES, widths[9:], strict=True):
            for wait in range(width):
                count = sum(plane[at + wait] << 8 * place for place, plane in enumerate(planes))
                if count:
                    counts[f"{name}.{wait}"] = counts.get(f"{name}.{wait}", 0) + count
            at += width
        rest = lanes[: BEFORE.size] + b"".join(plane[:before] for plane in planes) if before else b""
        cells.filter(pk=cell.pk).update(lanes=rest, counts=dumps(counts, separators=(",", ":")))


def cells_of_pruned(apps):
    cells = apps.get_model("calls", "FigureCell").objects
    for cell in cells.filter(generation=0).exclude(lanes=b"").iterator():
        yield cells, cell


def nothing(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0017_lanes_of_waits"),
    ]

    operations = [
        migrations.RunPython(begin_anew, begin_anew),
        migrations.RunPython(make_room, name_menu_waits),
        migrations.AddField(
            model_name="figuresettings",
            name="menu_offered",
            field=models.BooleanField(
                default=False,
                help_text="Such a call is then an abandoned one, and a short abandon where its wait was short enough.",
                verbose_name="calls that end in the menu count as offered",
            ),
        ),
    ]
