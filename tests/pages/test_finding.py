"""What the palette finds: pages, groups and agents of one's own scope, never a number that is hidden."""

import pytest

from calls.models import Agent
from tests.conftest import person


@pytest.fixture
def agents(source, sales, support):
    Agent.objects.create(source=source, number="+918000000201", number_key="8000000201", name="Asha Verma", group=sales)
    Agent.objects.create(source=source, number="+918000000202", number_key="8000000202", group=support)


def test_a_supervisor_finds_their_own_and_an_admin_finds_all(client, sales_supervisor, admin_person, agents):
    client.force_login(sales_supervisor)
    assert client.get("/find/").json() == {"pages": [], "groups": ["Sales"], "agents": ["Asha Verma"]}
    client.force_login(admin_person)
    found = client.get("/find/").json()
    assert found["groups"] == ["Sales", "Support"] and found["agents"] == ["+918000000202", "Asha Verma"]
    assert {"word": "Set-up: Agents", "url": "/admin/calls/agent/"} in found["pages"]


def test_who_sees_nothing_finds_nothing(client, outsider, agents):
    client.force_login(outsider)
    assert client.get("/find/").json() == {"pages": [], "groups": [], "agents": []}


def test_masked_people_are_told_no_whole_number(client, agents, support):
    client.force_login(person("mira", "viewer", support))
    told = client.get("/find/").content.decode()
    assert "8000000202" not in told and "0202" in told
