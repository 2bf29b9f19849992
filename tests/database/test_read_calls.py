"""Calls are read past the ORM's converters, and are the same as with them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from calls.database.columns import Columns, read_calls
from calls.models import Call
from tests.support.factories import make_call

pytestmark = pytest.mark.django_db
BEGAN = datetime(2026, 1, 31, 23, 59, 59, 123_456, tzinfo=UTC)


def test_what_is_read_is_what_the_orm_reads_to_the_type(sales):
    make_call(sales, "ringing", began_at=BEGAN.replace(microsecond=0), customer_number=None)
    make_call(
        sales,
        "ended",
        began_at=BEGAN,
        started_at=BEGAN + timedelta(seconds=1),
        coins=Decimal("12.5"),
        flags=["clock_ahead"],
        ring_attempts=[{"agent_number": "+918000000001", "agent_name": "आरती", "at": BEGAN.isoformat()}],
    )

    ours = read_calls(Call.objects.order_by("id"))

    orms = [Columns._make(cells) for cells in Call.objects.order_by("id").values_list(*Columns._fields)]
    assert ours == orms
    assert [list(map(type, call)) for call in ours] == [list(map(type, call)) for call in orms]
    assert str(ours[1].coins) == str(orms[1].coins) == "12.500"
    assert ours[1].began_at.tzinfo == orms[1].began_at.tzinfo


def test_the_order_the_cut_and_the_empty_query_are_those_of_the_query(sales):
    ids = [make_call(sales).id for _ in range(3)]

    assert [call.id for call in read_calls(Call.objects.order_by("-id")[:2])] == [ids[2], ids[1]]
    assert read_calls(Call.objects.filter(id__in=[])) == []
