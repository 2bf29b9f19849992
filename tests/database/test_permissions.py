"""Permissions that nothing asks for are gone, from databases that exist already too."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from calls.models import Call

pytestmark = pytest.mark.django_db


def test_an_existing_database_loses_the_unused_permission_and_keeps_the_others():
    kind = ContentType.objects.get_for_model(Call)
    Permission.objects.create(content_type=kind, codename="view_all_groups", name="Can see the calls of all groups")
    others = set(Permission.objects.exclude(codename="view_all_groups").values_list("id", flat=True))

    import_module("calls.migrations.0004_no_unused_permission").forget_permission(apps, None)

    assert set(Permission.objects.values_list("id", flat=True)) == others
    assert Permission.objects.filter(codename="view_call").exists()


def test_a_new_database_never_has_it():
    assert not Permission.objects.filter(codename="view_all_groups").exists()
