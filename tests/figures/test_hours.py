"""Business hours: what people write, read as quarters of an hour of the week; what makes no sense is told why."""

import pytest

from calls.figures.hours import QUARTERS_OF_WEEK, hours_of


def stretches(text):
    """The hours as (day, first quarter, one after the last) within each day."""
    hours, found = hours_of(text), []
    for day in range(7):
        opens = None
        for quarter in range(97):
            is_open = quarter < 96 and hours.has(day * 96 + quarter)
            if is_open and opens is None:
                opens = quarter
            elif not is_open and opens is not None:
                found.append((day, opens / 4, quarter / 4))
                opens = None
    return found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Mon 09:30-18:15", [(0, 9.5, 18.25)]),
        ("mon-wed 9:00-17:00", [(day, 9, 17) for day in (0, 1, 2)]),
        ("Saturday, Tue 10:00-14:00", [(1, 10, 14), (5, 10, 14)]),
        ("Mon 09:00-13:00 14:00-18:00", [(0, 9, 13), (0, 14, 18)]),
        ("Mon 09:00-13:00, 14:00 - 18:00", [(0, 9, 13), (0, 14, 18)]),
        ("Mon 08:00-12:00; Sun 10:00-11:00", [(0, 8, 12), (6, 10, 11)]),
        ("Fri-Mon 00:00-24:00", [(0, 0, 24), (4, 0, 24), (5, 0, 24), (6, 0, 24)]),
        ("Sun 22:00-06:00", [(0, 0, 6), (6, 22, 24)]),
        ("Mon 09:00-12:00; Mon 11:00-13:00", [(0, 9, 13)]),
        ("Tue 23:00-24:00", [(1, 23, 24)]),
    ],
)
def test_hours_are_read_as_people_write_them(text, wanted):
    assert stretches(text) == wanted


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_no_hours_are_always_open(text):
    assert hours_of(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("always", "is not like"),
        ("09:00-18:00", "is not like"),
        ("Mon", "is not like"),
        ("Mon-Fri 9-18", "is not like"),
        ("Moonday 09:00-10:00", "is no day"),
        ("Mon-Fry 09:00-10:00", "is no day"),
        ("Mon 25:00-26:00", "is no time"),
        ("Mon 09:75-10:00", "is no time"),
        ("Mon 09:10-10:00", "quarter of an hour"),
        ("Mon 24:00-24:00", "begins when the day is over"),
        (";", "no hour"),
    ],
)
def test_what_makes_no_sense_is_told_why(text, why):
    with pytest.raises(ValueError, match=why):
        hours_of(text)


def test_the_share_of_an_hour():
    hours = hours_of("Mon 09:30-11:15")

    assert [hours.share_of_hour(hour) for hour in (8, 9, 10, 11, 12)] == [0, 2, 4, 1, 0]
    assert sum(hours.has(quarter) for quarter in range(QUARTERS_OF_WEEK)) == 7
