"""Joining call groups: groups that turned out to be one team become one, and their calls go over a few at a time.

A joined group stays until no process can know it any more: a call that is being written may still name it.
"""

from collections.abc import Iterable

from django.db import transaction

from calls.figures import rollups
from calls.models import Access, Agent, Call, CallGroup, Kiosk, VirtualNumber


@transaction.atomic
def join(groups: Iterable[CallGroup], into: CallGroup) -> None:
    """Join these groups into another: whoever sees one of them sees all of it, and their names mean it from now on.

    The calls follow when the directory is settled (`calls.commit.settling`); until then they are shown under its name.
    """
    gone = [group for group in groups if group != into]
    for seeing in (Access, Kiosk):
        for sees in seeing._default_manager.filter(groups__in=[*gone, into]).distinct():
            sees.groups.add(into, *gone)  # The old ones, too: their calls have not gone over yet.
    for model in (Agent, VirtualNumber):
        model._default_manager.filter(group__in=gone).update(group=into)
    for group in gone:
        group.spellings.update(group=into)
        CallGroup.objects.filter(joined_into=group).update(joined_into=into)
    CallGroup.objects.filter(pk__in=[group.pk for group in gone]).update(joined_into=into)


def joined_groups() -> list[int]:
    """The ids of groups that were joined into another and not deleted yet."""
    return list(CallGroup.objects.exclude(joined_into=None).values_list("id", flat=True))


def calls_of(groups: list[int], count: int) -> list[int]:
    """The ids of some standing calls of these groups."""
    calls = Call.objects.standing().filter(group__in=groups)
    return list(calls.order_by().values_list("id", flat=True)[:count])


@transaction.atomic
def drop_joined(groups: list[int]) -> None:
    """Delete joined groups that have no calls left. The figures of their pruned calls go to the group that stays."""
    for group in CallGroup.objects.exclude(joined_into=None).filter(id__in=groups):
        rollups.give_pruned_to(group.pk, group.joined_into_id or 0)
        group.delete()
