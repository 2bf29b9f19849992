"""Joining call groups: groups that turned out to be one team become one, and their calls go over a few at a time.

A joined group stays until no process can know it any more: a call that is being written may still name it.
"""

from collections.abc import Iterable

from django.db import transaction

from calls.figures import rollups
from calls.models import Access, Agent, Call, CallGroup, Kiosk, VirtualNumber

CELLS_PER_STEP = 100
"""Cells of figures that go over between two looks at whether deliveries wait."""


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


class Leaving:
    """A joined group that has no calls left. The figures of its pruned calls go to the group that stays, some at a time
    as they may be those of years; then it is deleted.
    """

    def __init__(self, group: int) -> None:
        self._group = group
        self._cells: list[int] = []

    def step(self) -> bool:
        """Give some of the figures; whether the group is gone."""
        group = CallGroup.objects.exclude(joined_into=None).filter(id=self._group).first()
        if group is None:
            return True
        self._cells = self._cells or rollups.pruned_cells_of(group.pk)
        if not self._cells:
            group.delete()
            return True
        rollups.give_pruned_to(self._cells[:CELLS_PER_STEP], group.joined_into_id or 0)
        del self._cells[:CELLS_PER_STEP]
        return False
