"""The choice of groups in the header: in the address of every page, and never wider than one's rights."""

import re

import pytest

from tests.conftest import person
from tests.support.factories import end_call, make_call


@pytest.fixture
def lost_calls(sales, support):
    """Three missed calls of Sales today, one of Support."""
    for group in (sales, sales, sales, support):
        end_call(make_call(group=group), outcome="missed")


def figure(response, name: str) -> int:
    return int(re.search(rf'data-glance="{name}">(\d+)', response.content.decode())[1])


def links(response) -> dict[str, str]:
    """The header's choices: the address by the group's name."""
    found = re.findall(r'href="([^"]*)" data-group="([^"]*)"', response.content.decode())
    return {group: address.replace("&amp;", "&") for address, group in found}


def test_the_strip_is_that_of_the_groups_in_the_address(client, admin_person, lost_calls):
    client.force_login(admin_person)
    assert [figure(client.get(f"/{asked}"), "lost") for asked in ("", "?group=Sales", "?group=Support")] == [4, 3, 1]
    assert figure(client.get("/?group=Sales&group=Support"), "lost") == 4


def test_nobody_widens_their_scope_by_the_address(client, support_supervisor, lost_calls):
    client.force_login(support_supervisor)
    page = client.get("/?group=Sales")
    assert figure(page, "lost") == 0
    assert set(links(page)) == {"", "Support"}


def test_a_choice_is_added_taken_back_and_goes_along_to_other_pages(client, admin_person, sales, support):
    client.force_login(admin_person)
    page = client.get("/?q=asha&group=Sales&call=7")
    offered = links(page)
    assert offered["Support"] == "/?q=asha&group=Sales&group=Support&call=7"
    assert offered["Sales"] == offered[""] == "/?q=asha&call=7"
    assert 'href="/admin/?group=Sales"' in page.content.decode()
    for path in (
        "/admin/",
        "/admin/calls/source/",
        "/admin/calls/delivery/",
        "/admin/calls/agent/",
        "/admin/auth/user/",
    ):
        there = client.get(f"{path}?group=Sales")
        assert there.status_code == 200, path
        assert 'href="/?group=Sales"' in there.content.decode(), path


def test_the_list_of_calls_is_that_of_several_groups(client, admin_person, sales, support):
    made = {group: make_call(group=group).pk for group in (sales, support, None)}
    client.force_login(admin_person)
    asked = {
        "group=Sales&group=Support": {made[sales], made[support]},
        "group=Sales&group=-": {made[sales], made[None]},
        "group=-": {made[None]},
        "group=nobody": set(),
    }
    for query, expected in asked.items():
        found = client.get(f"/admin/calls/call/?{query}").context["cl"].result_list
        assert {call.pk for call in found} == expected, query


def test_a_masked_person_is_offered_no_number_in_a_groups_name(client, sales):
    sales.name = "Desk 9000000199"
    sales.save()
    client.force_login(person("mira", "viewer", sales))
    page = client.get("/").content.decode()
    assert "9000000199" not in page
    assert "Desk •" in page
