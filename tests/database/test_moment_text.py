from datetime import UTC, datetime, timedelta, timezone

import pytest

from calls.commit.call_rows import call_row
from calls.commit.matching import MatchedCall
from calls.database.bulk import moment_text
from calls.rules.facts import CallFacts

AT = datetime(2026, 1, 31, 9, 30, 5, 123456, UTC)
INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize("at", [AT, AT.replace(microsecond=0), AT.replace(microsecond=40), AT.replace(year=1970)])
def test_is_the_same_text_that_django_compares_with(at):
    assert moment_text(at) == str(at.replace(tzinfo=None))


def test_is_in_utc_whichever_spelling_of_a_moment_comes_first():
    first = AT.replace(year=2031).astimezone(INDIA)
    assert moment_text(first) == moment_text(first.astimezone(UTC)) == "2031-01-31 09:30:05.123456"


def test_a_ring_attempt_tells_its_moment_with_its_zone():
    facts = CallFacts(ring_attempts=[{"agent_number": "+911", "state": "ringing", "at": AT}])
    call_row(MatchedCall(1, "ref", 1, lone=False), facts, None, None, b"key")
    assert facts.ring_attempts[0]["at"] == AT.isoformat()
