"""Compare numbers as wholes: keys of the directory and of noted numbers held the last ten digits only."""

import json

from django.db import migrations


def keys_anew(apps, schema_editor):
    for name in ("Agent", "VirtualNumber"):
        model = apps.get_model("calls", name)
        for row in model.objects.exclude(number_key="").only("id", "number", "number_key").iterator():
            if row.number_key != (key := _key(row.number)):
                model.objects.filter(id=row.id).update(number_key=key)
    Alias, Delivery = apps.get_model("calls", "CallAlias"), apps.get_model("calls", "Delivery")
    for alias in Alias.objects.filter(kind="number").iterator():
        texts = Delivery.objects.filter(call=alias.call_id).exclude(event="").values_list("event", flat=True)
        said = (json.loads(text) for text in texts)
        numbers = {number for each in said for number in (each.get("customer"), each.get("agent"), each.get("line"))}
        for number in filter(None, numbers):
            if number[-10:] == alias.value and number[:1] == "+":
                Alias.objects.filter(id=alias.id).update(value=number)
                break


def _key(number: str) -> str:
    return number if number[:1] == "+" else number.casefold()


class Migration(migrations.Migration):
    dependencies = [("calls", "0002_plans")]

    operations = [migrations.RunPython(keys_anew, migrations.RunPython.noop, elidable=True)]
