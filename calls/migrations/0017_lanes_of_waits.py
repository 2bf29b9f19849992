from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0016_who_talks_now"),
    ]

    operations = [
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
    ]
