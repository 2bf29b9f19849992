"""The Figures page, its file, and the inspector behind each of its numbers. Read only, and without scripts."""

import csv
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls.database.columns import columns_of
from calls.database.connecting import as_of_one_moment
from calls.days import day_of
from calls.display import figure_words, formats
from calls.display.rows import read_names, row
from calls.figures.asking import BY, DAILY, HOURS, NAMED_ENDS, SPANS, Question, Unanswerable, days_of, question
from calls.figures.definitions import FIGURES, Figure, Unit
from calls.figures.found import Reading
from calls.figures.group_rules import Rules
from calls.figures.inspector import AMONG, COUNTED, OUT, SIDES, UNCLEAR, Listed, calls_of, may_be_unclear, sides
from calls.figures.levels import LEVELS
from calls.figures.reading import read
from calls.figures.splits import TIMES, Whose
from calls.figures.sums import Tally
from calls.figures.telling import COLUMNS, Row, group_names, has_calls, levels, row_named, rows_of
from calls.figures.text import text_of
from calls.models.access import Scope, scope_of
from calls.pages.charts import chart, heat_map

TILES = ("offered", "service-level", "answered", "lost", "average-wait", "outgoing")
MOST_ROWS = 200
"""Rows of a table until all are asked for, other than by time: nobody reads thousands of agents."""
SIDE_WORDS = {
    COUNTED: "Counted",
    AMONG: "Not counted, but among those it is a share of",
    OUT: "Left out",
}

View = Callable[..., HttpResponse]


def asked_for(view: Callable[[HttpRequest, Question, Scope], HttpResponse] | View) -> View:
    """A page for somebody who may see calls, with the question of its address; a question that makes no sense is a
    400 that says why.
    """

    @require_safe
    @login_required
    @wraps(view)
    def with_question(request: HttpRequest, **named: str) -> HttpResponse:
        scope = scope_of(request.user)
        if scope is None:
            return render(request, "no_access.html", status=403)
        try:
            asked = question(request.GET, timezone.now())
        except Unanswerable as problem:
            return render(request, "figures/unanswerable.html", {"problem": problem}, status=400)
        with as_of_one_moment():  # A page reads several times, and all of it is as of one change.
            return view(request, asked, scope, **named)

    return with_question


@asked_for
def figures(request: HttpRequest, asked: Question, scope: Scope) -> HttpResponse:
    """The figures of a span: tiles with the span before, a table, a chart, and a heat map of losses."""
    rules = Rules()
    reading = read(asked.asked(scope), asked.by, asked.now, rules)
    rows = rows_of(asked, reading, rules, scope)
    total, before = (
        total_of(reading, asked, scope, rules),
        read(asked.before().asked(scope), "", asked.now).tally(rules),
    )
    if request.GET.get("format") == "csv":
        return as_file(asked, reading, rows, total)
    shown = rows if asked.by in TIMES or request.GET.get("rows") == "all" else rows[:MOST_ROWS]
    context = {
        **common(asked, reading, rules),
        "tiles": [tile(FIGURES[name], total, before, asked) for name in TILES],
        "split_by": BY[asked.by],
        "by_time": asked.by in TIMES,
        "columns": [FIGURES[name] for name in COLUMNS],
        "rows": [(each, numbers(each.tally, asked, each.token)) for each in shown],
        "all_rows": len(rows),
        "has_calls": has_calls(total),
        "total": numbers(total, asked),
        "everything": [tile(figure, total, before, asked) for figure in FIGURES.values()],
        "chart": chart(asked, scope, rules),
        "heat": heat_map(asked, scope, rules),
    }
    return render(request, "figures/figures.html", context)


def total_of(reading: Reading, asked: Question, scope: Scope, rules: Rules) -> Tally:
    """All calls of a question. Those that name no agent, or no line, are in none of the rows of such a split."""
    return whole_reading(reading, asked, scope, None).tally(rules)


def whole_reading(reading: Reading, asked: Question, scope: Scope, chosen: Row | None) -> Reading:
    return read(asked.asked(scope), "", asked.now) if asked.by in ("agent", "line") and not chosen else reading


def common(asked: Question, reading: Reading, rules: Rules) -> dict[str, Any]:
    """What the page and the inspector share: the choices of the address, and as of when all is."""
    return {
        "asked": asked,
        "spans": span_choices(asked),
        "splits": [choice(asked, word, by=code, of="") for code, word in BY.items() if code not in unsplit(asked)],
        "by_any_span": by_any_span(asked),
        "hours": hours_choices(asked, rules),
        "as_of": reading.as_of,
        "behind": reading.behind,
        "clock": formats.clock_seconds(asked.now),
        "zone": formats.zone_word(asked.now),
        "whose_span": span_words(asked),
        "before_span": span_words(asked.before()),
    }


def unsplit(asked: Question) -> tuple[str, ...]:
    """The splits that there are none of: within business hours, and of a long span."""
    return (*(DAILY if asked.hours else ()), *(() if asked.is_short else ("quarter",)))


def hours_choices(asked: Question, rules: Rules) -> list[dict[str, Any]]:
    """All calls, or those within business hours: where any group has some, and the split is kept by the hour."""
    if asked.by in DAILY or not (rules.know_hours or asked.hours):
        return []
    return [choice(asked, word, hours=code) for code, word in HOURS.items()]


def choice(asked: Question, word: Any, **changes: str) -> dict[str, Any]:
    name, value = next(iter(changes.items()))
    return {"word": word, "query": asked.address(**changes), "current": getattr(asked, name) == value}


def span_choices(asked: Question) -> list[dict[str, Any]]:
    """The spans to choose from. One that an address names by its days is shown as the first that these days are."""
    words = {code: word for code, word in SPANS.items() if code not in NAMED_ENDS}
    same_days = (code for code in words if code != "30m" and days_of(code, asked.now) == (asked.first, asked.last))
    current = next(same_days, "") if asked.span == "days" else asked.span
    return [
        {"word": word, "query": other_span(asked, code), "current": code == current} for code, word in words.items()
    ]


def other_span(asked: Question, code: str) -> str:
    """The address of the same about another span: without a row of this one's days, and split as that one can be."""
    first, last = days_of(code, asked.now)
    by = by_any_span(asked) if last - first > timedelta(1) else asked.by
    return asked.address(span=code, by=by, of="" if asked.by in ("day", "quarter") else asked.of)


def by_any_span(asked: Question) -> str:
    """How a span of any length can be split: hours take the place of quarters."""
    return "hour" if asked.by == "quarter" else asked.by


def span_words(asked: Question) -> str:
    if asked.between or asked.is_lately:
        return moments_words(*asked.bounds(), asked.now)
    first, last = (f"{day.day} {formats.MONTHS[day.month - 1]}" for day in (asked.first, asked.last))
    year = "" if asked.last.year == day_of(asked.now).year else f" {asked.last.year}"
    return f"{first}{year}" if asked.first == asked.last else f"{first} to {last}{year}"


def moments_words(start: datetime, end: datetime, now: datetime) -> str:
    """ "13:25 to 13:55", "27 Nov until 13:55": days but today, and the times of day where they are no midnights."""
    begins, ends = formats.day_time(start, now).split(", "), formats.day_time(end, now).split(", ")
    until = "to"
    if day_of(start) == day_of(now):
        begins = begins[1:]
    elif begins[1] == "00:00":
        begins, until = begins[:1], "until"
    if day_of(start) == day_of(max(start, end - timedelta(minutes=1))):
        ends = ends[1:]
    return f"{' '.join(begins)} {until} {' '.join(ends)}"


def tile(figure: Figure, total: Tally, before: Tally, asked: Question) -> dict[str, Any]:
    value = figure.of(total)
    return {
        "figure": figure,
        "text": text_of(value),
        "before": text_of(figure.of(before)),
        "query": asked.fixed().address(),
        "query_before": asked.before().address(),
        "goal": f"goal {100 * total.goal / total.level_of:.0f} %"
        if figure.name == "service-level" and total.level_of
        else "",
        "below": figure.name == "service-level" and total.level_of > 0 and total.level_in < total.goal,
    }


def numbers(tally: Tally, asked: Question, of: str = "") -> list[dict[str, Any]]:
    """The cells of a row, each with the address of its inspector."""
    return [
        {"figure": figure, "text": text_of(figure.of(tally)), "query": asked.fixed().address(of=of or asked.of)}
        for figure in map(FIGURES.__getitem__, COLUMNS)
    ]


# --- the file -----------------------------------------------------------------------------------------------------


def as_file(asked: Question, reading: Reading, rows: list[Row], total: Tally) -> HttpResponse:
    """The table as a file: shares as decimals, lengths in seconds. A cell never begins as a formula would."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="figures-{asked.first}-{asked.last}-by-{asked.by}.csv"'
    response["Cache-Control"] = "no-store"
    response.write("\ufeff")  # Spreadsheets take it for Latin-1 otherwise.
    writer = csv.writer(response)
    units = {Unit.CALLS: "", Unit.SHARE: "", Unit.SECONDS: " (s)", Unit.COINS: " (coins)"}
    writer.writerow(
        [str(BY[asked.by]), "Number", *(f.label + units[f.unit] for f in map(FIGURES.__getitem__, COLUMNS))]
    )
    for each in rows:
        writer.writerow([plain(each.name), plain(each.number), *amounts(each.tally)])
    writer.writerow(["All", "", *amounts(total)])
    writer.writerow([f"{span_words(asked)}, as of change {reading.as_of}"])
    return response


def amounts(tally: Tally) -> Iterator[str]:
    for name in COLUMNS:
        amount = FIGURES[name].of(tally).amount
        yield "" if amount is None else f"{amount:.4f}".rstrip("0").rstrip(".")


def plain(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


# --- the inspector ------------------------------------------------------------------------------------------------


@asked_for
def inspector(request: HttpRequest, asked: Question, scope: Scope, name: str) -> HttpResponse:
    """One figure: its formula, the settings in force, its calls on each side, and why each counts as it does."""
    figure = FIGURES.get(name)
    if figure is None:
        raise Http404
    rules = Rules()
    reading = read(asked.asked(scope), asked.by, asked.now)
    chosen = row_named(asked, rows_of(asked, reading, rules, scope), scope)
    if asked.of and chosen is None:
        raise Http404
    tally = chosen.tally if chosen else total_of(reading, asked, scope, rules)
    side = side_asked(request, figure)
    try:
        listed = calls_of(
            figure, side, asked.asked(scope), asked.by, chosen.whose if chosen else None, asked.now,
            place=request.GET.get("place", ""),
        )  # fmt: skip
    except ValueError:
        raise Http404 from None
    value = figure.of(tally)
    whole, whose = whole_reading(reading, asked, scope, chosen), chosen.whose if chosen else None
    on_sides = sides(figure, whole, whose, rules)
    context = {
        **common(asked, reading, rules),
        "figure": figure,
        "back": asked.address(of=""),
        "text": text_of(value),
        "value": value,
        "chosen": chosen,
        "levels": levels(tally) if name == "service-level" else [],
        "settings": settings_in_force(whole, whose, rules, scope),
        "sides": [side_told(each, on_sides[each], asked, side) for each in SIDES],
        "unclear": unclear_told(figure, tally, asked, side),
        "listed": told(listed, scope),
        "older": asked.fixed().address(side=side, place=listed.older) if listed.older else "",
    }
    return render(request, "figures/inspector.html", context)


def side_asked(request: HttpRequest, figure: Figure) -> str:
    """Whose calls are listed: a side of the line, or those of which nobody can say who hung up."""
    side = request.GET.get("side", "")
    return side if side in SIDES or (side == UNCLEAR and may_be_unclear(figure)) else COUNTED


def unclear_told(figure: Figure, tally: Tally, asked: Question, current: str) -> dict[str, Any] | None:
    """How many abandoned calls have an unclear side, and the address of their list; None where there are none."""
    number = tally.other["unclear"]
    if not number or not may_be_unclear(figure):
        return None
    return {
        "count": formats.figure(number),
        "query": asked.fixed().address(side=UNCLEAR),
        "current": current == UNCLEAR,
    }


def side_told(side: str, marks: dict[Any, int], asked: Question, current: str) -> dict[str, Any]:
    return {
        "word": SIDE_WORDS[side],
        "count": formats.figure(sum(marks.values())),
        "marks": [(figure_words.MARKS[mark], formats.figure(number)) for mark, number in marks.items()],
        "query": asked.fixed().address(side=side),
        "current": side == current,
    }


def settings_in_force(reading: Reading, whose: Whose | None, rules: Rules, scope: Scope) -> list[dict[str, Any]]:
    """How the groups of a reading, or of one of its rows, are counted, those that are counted alike together."""
    names = group_names(scope)
    groups = {
        group
        for each in ([whose] if whose is not None else reading.of_all())
        for group in reading.by_group(each, rules)
    }
    alike: dict[Any, list[str]] = {}
    for group in sorted(groups, key=names.__getitem__):
        alike.setdefault(rules.of(group), []).append(names[group])
    return [
        {
            "groups": ", ".join(named),
            "settings": settings,
            "clock": figure_words.CLOCKS[settings.clock],
            "formula": LEVELS[settings.formula].label,
            "menu": figure_words.MENU_CALLS[settings.menu_offered],
        }
        for settings, named in alike.items()
    ]


def told(listed: Listed, scope: Scope) -> list[dict[str, Any]]:
    names = read_names()
    return [
        {
            "row": row(columns_of(each.call), names, scope.masked),
            "id": each.call.pk,
            "began": formats.exact(each.call.began_at),
            "mark": figure_words.mark_words(each.mark, each.note),
            "wait": formats.length(each.wait),
            "talk": formats.length(each.call.talk_seconds),
        }
        for each in listed.calls
    ]
