"""What is read as of one moment, in a thread that has no transaction open."""

import pytest

from calls.database.connecting import as_of_one_moment
from calls.models import CallGroup


@pytest.mark.django_db(transaction=True)
def test_one_within_another_is_the_same_moment_and_writing_goes_on_afterwards():
    with as_of_one_moment():
        assert not CallGroup.objects.exists()
        with as_of_one_moment():
            assert not CallGroup.objects.exists()
        assert not CallGroup.objects.exists()

    CallGroup.objects.create(name="Sales")
    with as_of_one_moment():
        assert CallGroup.objects.count() == 1
