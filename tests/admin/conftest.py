"""Who opens the admin's pages, and the provider whose deliveries they show."""

import pytest
from django.test import Client

from calls.models import Role
from tests.conftest import person
from tests.support.provider import Provider, knows


@pytest.fixture
def admin(client, admin_person):
    client.force_login(admin_person)
    return client


@pytest.fixture
def masked_admin(db):
    client = Client()
    client.force_login(person("masked-admin", Role.ADMIN, masked=True))
    return client


@pytest.fixture
def provider(source, source_token):
    knows(source, agents=["8000000201"], lines=["01200000301"])
    return Provider(source, source_token)
