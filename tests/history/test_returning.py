"""Who waits now and has called before: lost and not spoken to since, or again and again; and who may know."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from calls.display.masking import mask_text
from calls.history.returning import Returning, returning
from calls.models import FigureSettings
from calls.models.access import Scope
from tests.support.factories import make_call

pytestmark = pytest.mark.django_db

ALL = Scope(None, masked=False)
HOUR = 3_600


def caller(n=1):
    return {"customer_key": f"c0ffee00000001{n:02}", "customer_reversed": f"{n:02}10000000919"}


def before(group, ago=HOUR, outcome="abandoned", wait=30, n=1, **columns):
    at = timezone.now() - timedelta(seconds=ago)
    return make_call(
        group, "ended", began_at=at, started_at=at, ended_at=at + timedelta(seconds=wait),
        outcome=outcome, **{"wait_seconds": wait, **caller(n), **columns},
    )  # fmt: skip


def waits(group, n=1, state="ringing", **columns):
    return make_call(group, state, **{**caller(n), **columns})


def found(scope=ALL, groups=None):
    return returning(scope, groups, timezone.now())


def test_who_was_lost_before_and_calls_again(sales):
    before(sales, 2 * HOUR, "missed")
    lost = before(sales, HOUR)
    call = waits(sales)

    assert found() == {call.pk: Returning(2, 2, lost.ended_at)}


@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_who_was_spoken_to_since_is_not_lost(sales, direction):
    before(sales, 2 * HOUR)
    before(sales, HOUR, "answered", direction=direction)
    waits(sales)

    assert [each.lost for each in found().values()] == ([0] if direction == "incoming" else [])


def test_who_calls_a_third_time_within_the_day(sales):
    before(sales, 2 * HOUR, "answered")
    call = waits(sales)
    assert found() == {}, "the second call is not worth a word"
    before(sales, HOUR, "answered")
    assert found() == {call.pk: Returning(2, 0, None)}


def test_what_is_no_loss(sales):
    before(sales, 25 * HOUR)  # not of the last day
    before(sales, wait=2)  # a short abandon
    before(sales, direction="outgoing", outcome="customer_missed")
    before(sales, n=2)  # another customer
    waits(sales)

    assert found() == {}


def test_who_was_lost_in_the_menu_of_a_group_that_counts_that(sales, support):
    FigureSettings.objects.create(group=sales, menu_offered=True)
    before(support, 2 * HOUR, "ivr_only", wait_seconds=None)
    before(sales, 2 * HOUR, "ivr_only", wait=2, wait_seconds=None)  # a short abandon
    lost = before(sales, HOUR, "ivr_only", wait_seconds=None)
    call = waits(sales)

    assert found() == {call.pk: Returning(3, 1, lost.ended_at)}


def test_who_withholds_their_number_is_nobody_in_particular(sales):
    unknown = {"customer_key": "c0ffee0000000000", "customer_reversed": ""}
    for _ in range(3):
        before(sales, **unknown)
    waits(sales, **unknown)

    assert found() == {}


def test_calls_that_do_not_wait_are_not_asked_about(sales):
    before(sales)
    waits(sales, state="talking")
    waits(sales, direction="outgoing")
    waits(sales, heard_at=timezone.now() - timedelta(hours=5))  # lost track

    assert found() == {}


def test_calls_of_other_groups_are_neither_told_nor_counted(sales, support):
    before(support)
    waits(support)
    call = waits(sales)
    mine = Scope(frozenset([sales.pk]), masked=True)

    assert found(mine) == {}
    assert set(found(groups=frozenset([sales.pk]))) == {call.pk}
    assert set(found()) == {call.pk, call.pk - 1}


def told(client, person, query=""):
    client.force_login(person, backend="calls.people.sign_in.SignInBackend")
    return client.get(f"/figures/now/?{query}").json()["attention"]


def test_a_board_is_told_by_id_and_without_a_number(client, masked_viewer, sales, support):
    lost = before(sales)
    call = waits(sales)
    before(support, n=2)
    waits(support, n=2)

    attention = told(client, masked_viewer)
    at = lost.ended_at.isoformat().replace("+00:00", "Z")
    assert attention["returning"] == {str(call.pk): {"calls": 1, "lost": 1, "lost_at": at}}
    assert "9000000101" not in json.dumps(attention)


def test_patience_is_sent_once_and_only_of_ones_own_groups(client, admin_person, sales_supervisor, sales, support):
    for group in (sales, support):
        for at in range(40):
            before(group, 24 * HOUR * (1 + at % 20), wait=25)
    attention = told(client, admin_person)

    assert set(attention["patience"]["groups"]) == {"Sales", "Support"}
    assert attention["patience"]["groups"]["Sales"] == {
        "clock": "p", "allowance": 0, "long_wait": 26, "too_long": 26, "chances": [100] * 6,
    }  # fmt: skip
    again = told(client, admin_person, f"patience={attention['patience_version']}")
    assert again["patience"] is None
    mine = told(client, sales_supervisor, f"patience={attention['patience_version']}")
    assert set(mine["patience"]["groups"]) == {"Sales"}


def test_masked_people_are_told_patience_by_the_names_that_their_rows_say(client, masked_viewer, sales):
    sales.name = "Desk 9000000199"
    sales.save()
    for at in range(40):
        before(sales, 24 * HOUR * (1 + at % 20), wait=25)

    assert list(told(client, masked_viewer)["patience"]["groups"]) == [mask_text(sales.name)]
