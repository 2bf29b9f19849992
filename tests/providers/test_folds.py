"""The hour that comes twice when a clock is set back: the reading counts that agrees with the rest."""

from datetime import UTC, datetime

import pytest

from calls.providers.adapter import Arrival, Habits
from calls.providers.callerdesk import read
from calls.providers.folds import is_set_back

SAID = {"sourcenumber": "7700900123", "destinationnumber": "02079460000", "dialwhomnumber": "7700900456"}
SAID |= {"callsid": "fold.1", "direction": "IVR"}
YEARS_LATER = datetime(2029, 1, 1, tzinfo=UTC)


def heard(zone, received_at=YEARS_LATER, **said):
    fields = SAID | {"type": "call_report", "status": "ANSWER"} | said
    event = read(fields, Habits(time_zone=zone, region="GB"), Arrival(received_at, "key")).event
    assert not any("unreadable" in flag for flag in event.flags)
    return event


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def report(zone, start, end, lasts=None, **more):
    event = heard(zone, starttime=start, endtime=end, callduration="" if lasts is None else str(lasts), **more)
    return event.started_at.isoformat(" ")[:19], event.ended_at.isoformat(" ")[:19]


@pytest.mark.parametrize(
    ("zone", "start", "end", "lasts", "expected"),
    [
        ("Europe/London", "2026-10-25 01:58:00", "2026-10-25 01:03:00", 300, ("00:58:00", "01:03:00")),
        ("Europe/London", "2026-10-25 01:10:00", "2026-10-25 01:12:00", 120, ("00:10:00", "00:12:00")),
        ("Europe/London", "2026-10-25 01:10:00", "2026-10-25 01:12:00", 3_720, ("00:10:00", "01:12:00")),
        ("Europe/London", "2026-10-25 00:58:00", "2026-10-25 01:03:00", 300, ("23:58:00", "00:03:00")),
        ("Europe/London", "2026-10-25 00:58:00", "2026-10-25 01:03:00", 3_900, ("23:58:00", "01:03:00")),
        ("Europe/London", "2026-10-25 01:58:00", "2026-10-25 02:03:00", 300, ("01:58:00", "02:03:00")),
        ("Europe/London", "2026-10-25 01:58:00", "2026-10-25 01:03:00", None, ("00:58:00", "01:03:00")),
        ("America/New_York", "2026-11-01 01:59:30", "2026-11-01 01:01:00", 90, ("05:59:30", "06:01:00")),
        ("Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25 02:20:00", 3_000, ("00:30:00", "01:20:00")),
        ("Europe/London", "2026-03-29 00:58:00", "2026-03-29 02:03:00", 300, ("00:58:00", "01:03:00")),
        ("Europe/London", "2026-07-01 01:58:00", "2026-07-01 02:03:00", 300, ("00:58:00", "01:03:00")),
        ("Europe/London", "2026-10-25T01:10:00+01:00", "2026-10-25T01:12:00+00:00", 120, ("00:10:00", "01:12:00")),
    ],
)
def test_the_reading_counts_that_agrees_with_the_length(zone, start, end, lasts, expected):
    found = report(zone, start, end, lasts)

    assert tuple(moment[11:] for moment in found) == expected


def test_the_legs_lie_within_the_call():
    event = heard(
        "Europe/London",
        starttime="2026-10-25 01:58:00",
        endtime="2026-10-25 01:03:00",
        callduration="300",
        legapickedtime="2026-10-25 01:58:01",
        legbstarttime="2026-10-25 01:59:59",
        legbpickedtime="2026-10-25 01:00:20",
    )

    assert event.leg_a_picked_at == utc("2026-10-25 00:58:01")
    assert event.leg_b_started_at == utc("2026-10-25 00:59:59")
    assert event.leg_b_picked_at == utc("2026-10-25 01:00:20")


@pytest.mark.parametrize(("minutes", "hour"), [(10, 0), (70, 1)])
def test_a_live_event_comes_near_its_start(minutes, hour):
    came = datetime(2026, 10, 25, minutes // 60, minutes % 60, 3, tzinfo=UTC)
    event = heard("Europe/London", came, type="live_call", status="Picked", starttime="2026-10-25 01:10:00")

    assert event.started_at == utc(f"2026-10-25 0{hour}:10:00")


def test_of_two_equal_readings_the_one_near_the_coming_of_the_report_counts():
    came = datetime(2026, 10, 25, 1, 12, 5, tzinfo=UTC)
    event = heard(
        "Europe/London", came, starttime="2026-10-25 01:10:00", endtime="2026-10-25 01:12:00", callduration="120"
    )

    assert event.started_at == utc("2026-10-25 01:10:00")


@pytest.mark.parametrize("said", [{"starttime": "yesterday"}, {"starttime": ""}, {"starttime": "0000-00-00 00:00:00"}])
def test_what_is_no_moment_has_no_readings(said):
    fields = SAID | {"type": "call_report", "status": "ANSWER", "endtime": "2026-10-25 01:12:00"} | said
    event = read(fields, Habits(time_zone="Europe/London", region="GB"), Arrival(YEARS_LATER, "key")).event

    assert event.started_at is None and event.ended_at == utc("2026-10-25 00:12:00")


def test_most_sources_clocks_are_never_set_back():
    assert is_set_back("Europe/London") and is_set_back("Australia/Sydney")
    assert not is_set_back("Asia/Kolkata") and not is_set_back("UTC")
