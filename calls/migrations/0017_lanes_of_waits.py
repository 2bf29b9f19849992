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
    ]
