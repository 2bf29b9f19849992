"""Who may see which calls."""

from calls.models.access import scope_of


def test_a_supervisor_sees_the_own_groups_only(sales_supervisor, sales, support):
    scope = scope_of(sales_supervisor)
    assert scope.allows(sales.id)
    assert not scope.allows(support.id)
    assert not scope.allows(None)


def test_a_viewer_is_always_masked(masked_viewer):
    assert scope_of(masked_viewer).masked


def test_an_admin_sees_every_call_in_full(admin_person, sales):
    scope = scope_of(admin_person)
    assert scope.allows(sales.id)
    assert scope.allows(None)
    assert not scope.masked


def test_a_person_without_access_sees_nothing(outsider):
    assert scope_of(outsider) is None


def test_a_deactivated_person_sees_nothing(admin_person):
    admin_person.is_active = False
    assert scope_of(admin_person) is None
