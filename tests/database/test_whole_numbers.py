"""Databases of before hold keys of ten digits: the migration makes whole numbers of them."""

from importlib import import_module

import pytest
from django.apps import apps

from calls.models import Agent, CallAlias, Source, VirtualNumber
from tests.support.provider import Provider, india

pytestmark = pytest.mark.django_db


def test_keys_of_ten_digits_become_whole_numbers(source, source_token):
    from django.utils import timezone

    Provider(source, source_token).says(
        {
            "type": "call_report", "CallSid": "a", "Direction": "WEBOBD", "SourceNumber": "8000000201",
            "Status": "ANSWER",
            "DialWhomNumber": "9000000101", "DestinationNumber": "01200000301", "StartTime": india(timezone.now()),
        }
    )  # fmt: skip
    call = CallAlias.objects.get(kind="sid").call
    CallAlias.objects.create(source=source, kind="number", value="9000000101", call=call)
    Agent.objects.create(source=source, number="+918000000202", number_key="8000000202")
    VirtualNumber.objects.create(source=source, number="Reception", number_key="reception")
    other = Source.objects.create(name="Other")
    Agent.objects.create(source=other, number="+918000000203", number_key="+918000000203")

    import_module("calls.migrations.0003_whole_numbers").keys_anew(apps, None)

    assert set(Agent.objects.values_list("number_key", flat=True)) >= {"+918000000202", "+918000000203"}
    assert VirtualNumber.objects.get(number="Reception").number_key == "reception"
    assert CallAlias.objects.get(kind="number").value == "+919000000101"
