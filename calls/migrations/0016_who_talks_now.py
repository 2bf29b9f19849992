"""Find an agent's live calls by the index of all live calls. SQLite is told what to expect of it as 0002 does."""

from importlib import import_module

from django.db import migrations, models

_BEFORE = import_module("calls.migrations.0006_every_documented_field").PLANS
PLANS = {**_BEFORE, "calls_call": _BEFORE["calls_call"] | {"call_live": "2000 500 2"}}


def write(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_stat1 WHERE idx = 'call_live'")
        figures = PLANS["calls_call"]["call_live"]
        cursor.execute("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('calls_call', 'call_live', %s)", [figures])


class Migration(migrations.Migration):
    dependencies = [("calls", "0015_business_hours")]

    operations = [
        migrations.RemoveIndex("call", "call_live"),
        migrations.AddIndex(
            "call",
            models.Index(
                fields=["state", "agent_number"],
                name="call_live",
                condition=~models.Q(state="ended") & models.Q(merged_into=None),
            ),
        ),
        migrations.RunPython(write, migrations.RunPython.noop),
    ]
