"""A limit of live calls, and 2,000 new calls a minute: where the old default stood, the new one stands now."""

from django.db import migrations, models

OLD_DEFAULT, DEFAULT = 100_000, 2_000


def take_new_default(apps, schema_editor):
    apps.get_model("calls", "Source").objects.filter(new_calls_per_minute=OLD_DEFAULT).update(
        new_calls_per_minute=DEFAULT
    )


class Migration(migrations.Migration):
    dependencies = [("calls", "0010_one_group_in_all_spellings")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="live_calls_limit",
            field=models.PositiveIntegerField(
                default=5000, help_text="With this many live calls, deliveries of new calls are quarantined."
            ),
        ),
        migrations.AlterField(
            model_name="source",
            name="new_calls_per_minute",
            field=models.PositiveIntegerField(
                default=2000, help_text="Beyond this many new calls a minute, deliveries are quarantined."
            ),
        ),
        migrations.RunPython(take_new_default, migrations.RunPython.noop),
    ]
