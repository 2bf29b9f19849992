"""Tell SQLite how large its tables get, so that it plans for a full database from the first day on.

SQLite guesses until somebody runs ANALYZE, and guesses wrongly where it matters: it reads the whole history to find
the few live calls. What it would find out by ANALYZE depends on the hour; these figures (rows, then rows for each
value of the index) are those of five million calls. PostgreSQL gathers its own.
"""

from django.db import migrations

PLANS = {
    "calls_call": {
        "call_live": "2000 500",
        "call_seq": "5000000 1",
        "call_ref": "5000000 1000000 1",
        "call_began": "5000000 1 1",
        "call_group": "5000000 100000 1 1",
        "call_agent": "5000000 20000 1 1",
        "call_outcome": "5000000 600000 1 1",
        "call_direction": "5000000 1500000 1 1",
        "call_customer": "5000000 5",
        "call_virtual": "5000000 100000",
        "call_completed": "5000000 1 1",
        "call_merged": "1000 1",
    },
    "calls_delivery": {
        "calls_delivery_call_id_c230da79": "15000000 3",
        "delivery_content": "15000000 5000000 1",
        "delivery_received": "15000000 1",
        "delivery_result": "15000000 3000000 1",
        "delivery_not_applied": "10000 1000 1",
    },
    "calls_callalias": {
        "alias_value": "8000000 4000000 2000000 1",
        "alias_sid": "5000000 2500000 1",
        "calls_callalias_call_id_5a09e8be": "8000000 2",
    },
}


def write(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ANALYZE calls_head")  # makes the table that the figures stand in
        for table, indexes in PLANS.items():
            cursor.execute("DELETE FROM sqlite_stat1 WHERE tbl = %s", [table])
            for index, figures in indexes.items():
                cursor.execute("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", [table, index, figures])


class Migration(migrations.Migration):
    dependencies = [("calls", "0001_initial")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
