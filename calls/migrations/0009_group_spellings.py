"""Call groups are known by what all spellings of their names share, and one can be joined into another."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0008_readiness")]

    operations = [
        migrations.AddField(
            model_name="callgroup",
            name="joined_into",
            field=models.ForeignKey(
                editable=False,
                help_text="This group is deleted as soon as its calls have gone over to that one.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="joined",
                to="calls.callgroup",
            ),
        ),
        migrations.CreateModel(
            name="GroupSpelling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200, unique=True)),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="spellings",
                        to="calls.callgroup",
                    ),
                ),
            ],
        ),
    ]
