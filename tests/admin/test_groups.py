"""Call groups in the admin: one name is one group, and two that exist are joined after a look at what it means."""

import pytest

from calls.commit.cache import cache
from calls.commit.settling import Settler
from calls.models import Call, CallGroup
from tests.conftest import person
from tests.support.factories import make_call

LIST = "/admin/calls/callgroup/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client, admin_person):
    client.force_login(admin_person)
    return client


def chosen(*groups, **more):
    return {"action": "join_chosen", "_selected_action": [group.pk for group in groups], **more}


def test_the_page_before_joining_says_who_will_see_more_and_changes_nothing(admin, sales, support):
    person("narrow", "supervisor", sales)
    person("wide", "supervisor", sales, support)
    person("elsewhere", "supervisor", CallGroup.objects.create(name="Elsewhere"))

    page = admin.post(LIST, chosen(sales, support))

    assert [(str(who), seen) for who, seen in page.context["gaining"]] == [("narrow", ["Sales"])]
    assert b"narrow, who now sees Sales" in page.content
    assert not CallGroup.objects.exclude(joined_into=None).exists()


def test_joined_groups_are_one_and_the_log_says_so(admin, sales, support):
    call = make_call(support)

    page = admin.post(LIST, chosen(sales, support, into=sales.pk), follow=True)

    assert "Support joined into Sales" in page.content.decode()
    assert list(page.context["cl"].queryset) == [sales]
    assert "Joined into it: Support." in admin.get(f"{LIST}{sales.pk}/history/").content.decode()
    Settler(cache).settle()
    assert not Call.objects.standing().filter(pk=call.pk, group=support).exists()


def test_a_group_that_was_not_chosen_cannot_be_the_one_that_stays(admin, sales, support):
    other = CallGroup.objects.create(name="Other")

    page = admin.post(LIST, chosen(sales, support, into=other.pk))

    assert page.context["form"].errors
    assert not CallGroup.objects.exclude(joined_into=None).exists()


def test_one_group_alone_is_not_joined(admin, sales):
    page = admin.post(LIST, chosen(sales, into=sales.pk), follow=True)

    assert "Choose two groups or more" in page.content.decode()


def test_who_may_not_change_groups_joins_none(client, sales, support):
    looker = person("looker", "supervisor", sales, support)
    looker.is_staff = True
    looker.save()
    client.force_login(looker)

    client.post(LIST, chosen(sales, support, into=sales.pk))

    assert not CallGroup.objects.exclude(joined_into=None).exists()


@pytest.mark.parametrize(
    ("name", "why"), [("SALES\u00a0", "Known already, as Sales"), ("\u3164\u200b", "shows as nothing")]
)
def test_a_group_cannot_be_added_under_another_spelling_or_without_a_name(admin, sales, name, why):
    page = admin.post(f"{LIST}add/", {"name": name})

    assert why in str(page.context["adminform"].form.errors)
    assert list(CallGroup.objects.all()) == [sales]


def test_a_group_may_be_respelled(admin, sales):
    admin.post(f"{LIST}{sales.pk}/change/", {"name": "SALES"})

    assert CallGroup.objects.get().name == "SALES"


def test_calls_are_found_by_their_group_in_any_spelling(admin, sales):
    make_call(sales)

    page = admin.get("/admin/calls/call/?group=sa%C2%ADLES")

    assert len(page.context["cl"].result_list) == 1
