"""Drop the permission `view_all_groups`: no page ever asked for it. Django keeps rows of permissions it lost."""

from django.db import migrations


def forget_permission(apps, schema_editor):
    apps.get_model("auth", "Permission").objects.filter(
        codename="view_all_groups", content_type__app_label="calls"
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("calls", "0003_whole_numbers"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.AlterModelOptions(name="call", options={"ordering": ["-began_at", "-id"]}),
        migrations.RunPython(forget_permission, migrations.RunPython.noop),
    ]
