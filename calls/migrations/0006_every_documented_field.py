"""Give every field that the provider documents a column, and all else that it says a place on the call.

Calls of the past are filled by `replay --all --apply`. SQLite is told what to expect of the new indexes as 0002 does;
of deliveries anew, because their table was made again when it got its parts, and its figures went with the old one.
"""

from importlib import import_module

from django.db import migrations, models

_FIRST = import_module("calls.migrations.0002_plans").PLANS
PLANS = {
    **_FIRST,
    "calls_call": _FIRST["calls_call"] | {"call_error": "4000000 400000 1 1", "call_campaign": "1500000 20 1 1"},
    "calls_delivery": _FIRST["calls_delivery"] | {"delivery_parts": "10000 3 1"},
}


def write(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        for table, indexes in PLANS.items():
            cursor.execute("DELETE FROM sqlite_stat1 WHERE tbl = %s", [table])
            for index, figures in indexes.items():
                cursor.execute("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", [table, index, figures])


class Migration(migrations.Migration):
    dependencies = [("calls", "0005_parts")]

    operations = [
        migrations.AddField(
            "call",
            "campaign_id",
            models.CharField(max_length=100, null=True, help_text="The request that the call was made for."),
        ),
        migrations.AddField(
            "call",
            "error_code",
            models.CharField(max_length=20, null=True, help_text="Telephony's cause code (ITU-T Q.850), as text."),
        ),
        migrations.AddField("call", "leg_a_picked_at", models.DateTimeField(null=True)),
        migrations.AddField("call", "leg_b_started_at", models.DateTimeField(null=True)),
        migrations.AddField("call", "leg_b_picked_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "call", "also_said", models.JSONField(null=True, help_text="What has no column here: {name: text}.")
        ),
        migrations.AddIndex(
            "call",
            models.Index(
                fields=["error_code", "-began_at", "-id"],
                name="call_error",
                condition=models.Q(error_code__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "call",
            models.Index(
                fields=["campaign_id", "-began_at", "-id"],
                name="call_campaign",
                condition=models.Q(campaign_id__isnull=False),
            ),
        ),
        migrations.RunPython(write, migrations.RunPython.noop),
    ]
