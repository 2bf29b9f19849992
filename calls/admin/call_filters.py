"""The filters of the history of calls."""

from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone

from calls.database.columns import lost_track
from calls.display import wording
from calls.display.causes import CAUSES, code_with_cause
from calls.display.masking import mask_text
from calls.models import Agent, CallGroup, Source
from calls.models.directory import CallGroupQuerySet
from calls.phones import normalise
from calls.providers.values import code
from calls.words import NO_GROUP as ON_BOARDS

from .audit import may_search
from .filters import ChoiceFilter, NamedFilter, PeriodFilter
from .site import is_masked, scope

NO_GROUP = "No group"
_NO_GROUP = {NO_GROUP, ON_BOARDS}
FLAGS = [
    "synthetic",
    "times_disagree",
    "reports_disagree",
    "talk_without_answer",
    "end_time_assumed",
    "unmapped_word",
    "group_inferred",
]


class BeganFilter(PeriodFilter):
    title = "day it began"
    moment = "began_at"


class StateFilter(ChoiceFilter):
    title = "state"
    parameters = ("state",)
    words = [("live", "Live"), ("lost_track", wording.LOST), ("ended", wording.STATES["ended"])]

    def chosen(self, rows: QuerySet) -> QuerySet:
        if self.value == "ended":
            return rows.ended()
        return rows.live().filter(lost_track(timezone.now())) if self.value == "lost_track" else rows.live()


class DirectionFilter(ChoiceFilter):
    title = "direction"
    parameters = ("direction",)
    words = wording.pairs(wording.DIRECTIONS)


class OutcomeFilter(ChoiceFilter):
    title = "outcome"
    parameters = ("outcome",)
    words = wording.pairs(wording.OUTCOMES)


class MarkFilter(ChoiceFilter):
    title = "mark"
    parameters = ("mark",)
    unindexed = True
    words = [("provisional", wording.FIELDS["provisional"]), ("roles_assumed", wording.FIELDS["roles_assumed"])] + [
        (flag, wording.FLAGS[flag]) for flag in FLAGS
    ]

    def chosen(self, rows: QuerySet) -> QuerySet:
        if self.value in ("provisional", "roles_assumed"):
            return rows.filter(**{self.value: True})
        # SQLite's JSON has no containment: a flag is found as the text it is, quotes and all.
        return rows.annotate(flags_text=Cast("flags", TextField())).filter(flags_text__contains=f'"{self.value}"')


class ErrorCodeFilter(NamedFilter):
    title = "error code"
    parameters = ("error_code",)

    def suggestions(self) -> list[str]:
        return [code_with_cause(code) for code in CAUSES]

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet | None:
        return rows.filter(error_code=code(self.value.split(" · ")[0].strip())) if self.value else None


class CampaignFilter(NamedFilter):
    title = "campaign"
    parameters = ("campaign",)

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet | None:
        return rows.filter(campaign_id=self.value) if self.value else None


class GroupFilter(NamedFilter):
    title = "group"
    parameters = ("group",)

    def groups(self) -> CallGroupQuerySet:
        found = scope(self.request)
        groups = CallGroup.objects.all()  # Those that are being joined into another, too: they have calls still.
        return groups if found and found.groups is None else groups.filter(id__in=found.groups if found else [])

    def suggestions(self) -> list[str]:
        return [
            NO_GROUP,
            *self.groups().filter(joined_into=None).values_list("name", flat=True)[: self.most_suggestions],
        ]

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet | None:
        """Calls of any of the groups in the address: the header's choice is this filter."""
        names = [name for text in request.GET.getlist("group") if (name := text.strip().replace("\x00", ""))]
        if not names:
            return None
        ids = [key for name in names for key in self._meant_by(name)]
        if not _NO_GROUP.intersection(names):
            return of_any(rows, "group", ids)
        return rows.filter(Q(group__in=ids) | Q(group=None)) if ids else rows.filter(group=None)

    def _meant_by(self, name: str) -> list[int]:
        if name in _NO_GROUP:
            return []
        found = self.groups().meant_by(name) or self.groups().filter(name__icontains=name)
        return list(found.values_list("id", flat=True)[:50])


class AgentFilter(NamedFilter):
    title = "agent"
    parameters = ("agent",)

    def agents(self) -> QuerySet:
        found = scope(self.request)
        agents = Agent.objects.filter(ours=True)
        return agents if found and found.groups is None else agents.filter(group__in=found.groups if found else [])

    def suggestions(self) -> list[str]:
        named = self.agents().exclude(name="", learned_name="")[: self.most_suggestions]
        names = {agent.display_name for agent in named}
        return sorted({mask_text(name) or "" for name in names} if is_masked(self.request) else names)

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet | None:
        if not self.value:
            return None
        if not may_search(request, self.value):
            return rows.none()
        named = Q(name__iexact=self.value) | Q(name="", learned_name__iexact=self.value)
        numbers = set(self.agents().filter(named).values_list("number", flat=True)[:50])
        regions = Source.objects.values_list("region", flat=True)
        return of_any(rows, "agent_number", sorted(numbers | {normalise(self.value, region) for region in regions}))


def of_any(rows: QuerySet, field: str, values: list[Any]) -> QuerySet:
    """Rows with any of these values. A single one is asked for plainly: its index then gives the order too."""
    return rows.filter(**{field: values[0]}) if len(values) == 1 else rows.filter(**{f"{field}__in": values})
