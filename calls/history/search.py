"""History: calls found by number or id, and lists of any length read a page at a time, without ever counting them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Length
from django.db.models.lookups import In

from calls.database.columns import columns_of
from calls.days import moment_from
from calls.display.masking import SHOWN_DIGITS, shown_digits
from calls.display.rows import Names, row
from calls.models import Call, CallAlias, Source
from calls.models.call import CallQuerySet
from calls.phones import cleaned, digits_reversed, normalise
from calls.phones_in_text import DIGIT, holds_number, only_digits
from calls.whole_numbers import LARGEST_ID, whole_number

SHORTEST_ENDING, LONGEST_ENDING = 3, 10  # digits; more are a whole number
LONGEST_REVERSED = Call._meta.get_field("customer_reversed").max_length or 0
RARE = 2_000
ID_KINDS = ("sid", "uid", "campid", "lone_uid", "lone_camp")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Row = TypeVar("Row", bound=Model)


def search(calls: CallQuerySet, text: str, *, masked: bool) -> CallQuerySet:
    """Find calls by a number in any spelling, by its last digits, or by an id (ours, or one of the provider's).

    For masked people the last digits are just as many as the row shows them, or the whole number: asked digit by
    digit, a longer ending would spell out the rest. How often they may ask for whole numbers is up to the caller.
    """
    text = cleaned(text)
    return calls.filter(_any_of(_has_number(text, masked=masked), ids_meaning(text)))


def by_number(calls: CallQuerySet, text: str, *, masked: bool) -> CallQuerySet:
    """Find calls by a number of the customer (or its ending), the agent or ours; as `search`, without ids."""
    return calls.filter(_any_of(_has_number(cleaned(text), masked=masked), set()))


def _any_of(conditions: list[Q], ids: set[int]) -> Q:
    """Rows that meet any of these.

    A database asked for the latest hundred of few rows is tempted to walk through all by date until it has met
    a hundred. So the few are looked up first, each by its own index, and only what is common is left to the walk.
    """
    common, ids = Q(), set(ids)
    for condition in conditions:
        found = list(Call.objects.filter(condition).order_by().values_list("id", flat=True)[: RARE + 1])
        if len(found) > RARE:
            common |= condition
        else:
            ids.update(found)
    return common | Q(id__in=ids) if ids or not common else common


def by_agent(calls: CallQuerySet, text: str) -> CallQuerySet:
    """Find the calls of an agent by their number, in any spelling."""
    spellings = _spellings(cleaned(text))
    # A single one is asked for plainly: its index then gives the order too.
    return (
        calls.filter(agent_number__in=spellings) if len(spellings) > 1 else calls.filter(agent_number=spellings.pop())
    )


def _spellings(text: str) -> set[str]:
    """How a number may be written in the rows: as each source's region reads the text, or its digits alone."""
    texts = {text, only_digits(text) or text}
    regions = list(Source.objects.values_list("region", flat=True))
    return {normalise(each, region) for each in texts for region in regions} or texts


def _has_number(text: str, *, masked: bool) -> list[Q]:
    ending = digits_reversed(text) if text.strip("0123456789 ().-/") == "" else ""
    if masked and len(ending) <= SHOWN_DIGITS and ending:
        return [_ends_in(ending) & _shows(len(ending))] if len(ending) >= SHORTEST_ENDING else []
    spellings = _spellings(text)
    wanted = [Q(agent_number__in=spellings), Q(virtual_number__in=spellings)]
    if whole := [digits_reversed(spelling) for spelling in spellings if spelling.startswith("+")]:
        wanted.append(Q(customer_reversed__in=whole))
    if not masked and SHORTEST_ENDING <= len(ending) <= LONGEST_ENDING:
        wanted.append(_ends_in(ending))
    return wanted


def _ends_in(ending: str) -> Q:
    return Q(customer_reversed__range=(ending, ending.ljust(64, "9")))


def _shows(count: int) -> Q:
    """Rows of which masked people are shown that many digits: asked for more, a search would tell a hidden one."""
    lengths = [length for length in range(LONGEST_REVERSED + 1) if shown_digits(length) == count]
    return Q(In(Length("customer_reversed"), lengths))


def asks_for_number(text: str) -> bool:
    """Whether a text is a number, holds one, or may be a short one: what the audit keeps of a search."""
    text = cleaned(text)
    digits = len(DIGIT.findall(text))
    return holds_number(text) or (digits >= SHORTEST_ENDING and not any(map(str.isalpha, text)))


def is_shown_ending(text: str) -> bool:
    """Whether a text is only as many digits as masked people are shown at most: no secret is asked for."""
    return 0 < len(digits_reversed(cleaned(text))) <= SHOWN_DIGITS


def ids_meaning(text: str) -> set[int]:
    """Say which calls an id means: ours, the provider's, one that links to a call, or one that turned out to be one."""
    if not (text := cleaned(text)):
        return set()
    # By source, for that is how the indexes of the provider's ids begin.
    sources = list(Source.objects.values_list("id", flat=True))
    own = Q(source__in=sources, ref=text)
    if key := row_id(text):
        own |= Q(id=key)
    rows = Call.objects.filter(own).order_by().values_list("id", "merged_into_id")[:100]
    linked = CallAlias.objects.filter(source__in=sources, kind__in=ID_KINDS, value=text)
    return {merged or call for call, merged in rows} | set(linked.values_list("call_id", flat=True)[:100])


def row_id(text: str) -> int | None:
    """The id of a row that a text is, if it can be one."""
    return whole_number(text, LARGEST_ID)


def row_of(call: Call, names: Names, *, masked: bool) -> dict[str, Any]:
    """The board's row of a call."""
    return row(columns_of(call), names, masked)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, latest first, and the places to read on from; None where the list ends."""

    rows: list[Row]
    older: str | None
    newer: str | None


def page(rows: QuerySet[Row], keys: tuple[str, ...], size: int, place: str = "") -> Page[Row]:
    """Read the page at a place that an earlier page named; without one, the latest.

    `keys` are the columns of an index, the last of them unique: a page is found by where its neighbour ended, so
    that the thousandth costs what the first does. Raises ValueError for a place that is none.
    """
    upwards = place.startswith("newer")
    beyond = _beyond(keys, _read(place, len(keys)), upwards=upwards) if place else Q()
    found = list(rows.filter(beyond).order_by(*(key if upwards else f"-{key}" for key in keys))[: size + 1])
    more, found = len(found) > size, found[:size]
    if upwards and not more:
        return page(rows, keys, size)
    if upwards:
        found.reverse()
    older = f"older{_place(found[-1], keys)}" if found and (more or upwards) else None
    newer = f"newer{_place(found[0], keys)}" if found and place else None
    return Page(found, older, newer)


def beside(rows: QuerySet[Row], keys: tuple[str, ...], row: Row, *, upwards: bool) -> Row | None:
    """The row next to this one: the next later one (upwards), or the next earlier."""
    beyond = _beyond(keys, [getattr(row, key) for key in keys], upwards=upwards)
    return rows.filter(beyond).order_by(*(key if upwards else f"-{key}" for key in keys)).first()


def _beyond(keys: tuple[str, ...], values: list[Any], *, upwards: bool) -> Q:
    """What comes after these values. Said with one plain bound on the first key, which is what an index needs."""
    after = "gt" if upwards else "lt"
    if len(keys) == 1:
        return Q(**{f"{keys[0]}__{after}": values[0]})
    first, last = keys
    either = Q(**{f"{first}__{after}": values[0]}) | Q(**{f"{last}__{after}": values[1]})
    return Q(**{f"{first}__{after}e": values[0]}) & either


def _place(row: Model, keys: tuple[str, ...]) -> str:
    values = (getattr(row, key) for key in keys)
    return "".join(f".{(v - _EPOCH) // _MICROSECOND if isinstance(v, datetime) else v}" for v in values)


def _read(place: str, length: int) -> list[Any]:
    word, *values = place.split(".")
    if word not in ("older", "newer") or len(values) != length:
        raise ValueError("not a place in a list")
    *moments, key = [moment_from(value) for value in values[:-1]] + [whole_number(values[-1], LARGEST_ID)]
    if key is None or None in moments:
        raise ValueError("not a place in a list")
    return [*moments, key]
