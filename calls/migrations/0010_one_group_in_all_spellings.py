"""Join the call groups that were one team in several spellings; compare texts in the directory as names are."""

import secrets

from django.db import migrations

from calls.spellings import spelling_key


def join_spellings(apps, schema_editor):
    group_model, spelling_model = apps.get_model("calls", "CallGroup"), apps.get_model("calls", "GroupSpelling")
    first, joined = {}, 0
    for group in group_model.objects.order_by("learned_at", "id"):
        key = spelling_key(group.name)
        if key in first:
            _join(apps, group, first[key])
            joined += 1
        elif key:
            first[key] = group
            spelling_model.objects.create(group=group, key=key)
    if joined:  # Boards that stayed open must not go on from where they were.
        apps.get_model("calls", "Head").objects.update(epoch=secrets.token_hex(8))


def _join(apps, group, into):
    rights = apps.get_model("calls", "Access").groups.through.objects
    seen = set(rights.filter(callgroup_id=into.pk).values_list("access_id", flat=True))
    rights.filter(callgroup_id=group.pk).exclude(access_id__in=seen).update(callgroup_id=into.pk)
    for name in ("Agent", "VirtualNumber", "Call"):
        apps.get_model("calls", name).objects.filter(group_id=group.pk).update(group_id=into.pk)
    group.delete()


def keys_anew(apps, schema_editor):
    """Numbers that are names typed by hand, or extensions, are compared as names are."""
    for name in ("Agent", "VirtualNumber"):
        model, kept = apps.get_model("calls", name), {}
        for row in model.objects.exclude(number__startswith="+").order_by("learned_at", "id"):
            first = kept.setdefault((row.source_id, spelling_key(row.number)[:64]), row)
            if first is not row:
                _keep_what_people_said(first, row)
        for (_, key), row in kept.items():
            if key != row.number_key:
                model.objects.filter(pk=row.pk).update(number_key=key, settled=False)
    alias_model = apps.get_model("calls", "CallAlias")
    for alias in alias_model.objects.filter(kind="number").exclude(value__startswith="+").iterator():
        if (key := spelling_key(alias.value)[:64]) != alias.value:
            alias_model.objects.filter(pk=alias.pk).update(value=key)


def _keep_what_people_said(kept, row):
    """Of two spellings in the directory the first stays, with what only the second one knew."""
    kept.ours = kept.ours and row.ours
    for name in ("group_id", "name", "label"):
        if hasattr(row, name) and not getattr(kept, name):
            setattr(kept, name, getattr(row, name))
    row.delete()
    kept.settled = False
    kept.save()


class Migration(migrations.Migration):
    dependencies = [("calls", "0009_group_spellings")]

    operations = [
        migrations.RunPython(join_spellings, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(keys_anew, migrations.RunPython.noop, elidable=True),
    ]
