"""Filters of long lists: each answers in the address, none offers thousands of choices, none is slow in silence."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib.admin import ListFilter, ModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from calls.days import AFTER_LAST, FIRST
from calls.models import Source

LOOK_BACK = timedelta(days=31)


class Filter(ListFilter):
    """A filter with a name of its own in the address. `unindexed` ones need a period, see `PeriodFilter`."""

    parameters: ClassVar[tuple[str, ...]] = ()
    unindexed = False

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], admin: ModelAdmin) -> None:
        super().__init__(request, params, model, admin)
        self.request = request
        for name in self.parameters:
            if name in params and (text := str(params.pop(name)[-1]).strip().replace("\x00", "")):
                self.used_parameters[name] = text

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str]:
        return list(self.parameters)

    @property
    def value(self) -> str:
        return self.text_of(self.parameters[0])

    def text_of(self, name: str) -> str:
        return str(self.used_parameters.get(name, ""))

    def kept(self, changelist: ChangeList) -> list[tuple[str, str]]:
        """The other parameters of the address, which a form must carry along."""
        others = changelist.get_filters_params(changelist.params) | {"q": changelist.query}
        return [(name, str(text)) for name, text in others.items() if text and name not in self.parameters]


class ChoiceFilter(Filter):
    """One of a few words."""

    words: list[tuple[str, Any]] = []

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        name = self.parameters[0]
        yield {"selected": not self.value, "query_string": changelist.get_query_string(remove=[name]), "display": "All"}
        for word, label in self.words:
            link = changelist.get_query_string({name: word})
            yield {"selected": self.value == word, "query_string": link, "display": label}

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet | None:
        if not self.value:
            return None
        return self.chosen(rows) if self.value in dict(self.words) else rows.none()

    def chosen(self, rows: QuerySet) -> QuerySet:
        return rows.filter(**{self.parameters[0]: self.value})


class SourceFilter(ChoiceFilter):
    title = "source"
    parameters = ("source",)
    unindexed = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.words = [(str(key), name) for key, name in Source.objects.values_list("id", "name")]

    def has_output(self) -> bool:
        return len(self.words) > 1


class NamedFilter(Filter):
    """Something that there may be thousands of: chosen from a list, or where that were too long, typed."""

    template = "admin/calls/named_filter.html"
    most_suggestions = 300

    def suggestions(self) -> list[str]:
        return []

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        suggestions = self.suggestions()
        few = 0 < len(suggestions) < self.most_suggestions
        if few and self.value and self.value not in suggestions:
            suggestions = [self.value, *suggestions]
        yield {
            "name": self.parameters[0],
            "value": self.value,
            "few": few,
            "suggestions": suggestions,
            "kept": self.kept(changelist),
            "clear": changelist.get_query_string(remove=[self.parameters[0]]) if self.value else "",
        }


class PeriodFilter(Filter):
    """A period of whole days in the site's zone, on an indexed moment.

    Where a filter without an index is on and no day is chosen, only the last days are searched, and the page says so.
    """

    title = "day"
    parameters = ("since", "until")
    template = "admin/calls/period_filter.html"
    moment = ""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.since, self.until = (_day(self.text_of(name)) for name in self.parameters)
        slow = [spec for spec in args[3].get_list_filter(self.request) if getattr(spec, "unindexed", False)]
        searched = any(self.request.GET.get(name) for spec in slow for name in spec.parameters)
        self.bounded = searched and self.since is None
        self.note = f"Only the last {LOOK_BACK.days} days are searched. Choose days for others." if self.bounded else ""

    def queryset(self, request: HttpRequest, rows: QuerySet) -> QuerySet:
        if self.bounded:
            latest = _midnight(self.until + timedelta(days=1)) if self.until else timezone.now()
            rows = rows.filter(**{f"{self.moment}__gte": latest - LOOK_BACK})
        if self.since:
            rows = rows.filter(**{f"{self.moment}__gte": _midnight(self.since)})
        if self.until:
            rows = rows.filter(**{f"{self.moment}__lt": _midnight(self.until + timedelta(days=1))})
        return rows

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        presets = [self._preset(changelist, *preset) for preset in _presets(timezone.localdate())]
        yield {
            "presets": presets,
            "since": self.since,
            "until": self.until,
            "kept": self.kept(changelist),
            "zone": timezone.get_current_timezone_name(),
        }

    def _preset(self, changelist: ChangeList, label: str, since: date | None, until: date | None) -> dict[str, Any]:
        days = {"since": since and since.isoformat(), "until": until and until.isoformat()}
        return {
            "selected": (self.since, self.until) == (since, until),
            "query_string": changelist.get_query_string(days),
            "display": label,
        }


def _presets(today: date) -> list[tuple[str, date | None, date | None]]:
    yesterday = today - timedelta(days=1)
    last_of_month = today.replace(day=1) - timedelta(days=1)
    return [
        ("Any day", None, None),
        ("Today", today, today),
        ("Yesterday", yesterday, yesterday),
        ("Last 7 days", today - timedelta(days=6), today),
        ("Last 30 days", today - timedelta(days=29), today),
        ("This month", today.replace(day=1), today),
        ("Last month", last_of_month.replace(day=1), last_of_month),
    ]


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # A day less at both ends: the midnights of all zones, and that of the day after, are possible too.
    return day if FIRST.date() < day < AFTER_LAST.date() - timedelta(days=1) else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())
