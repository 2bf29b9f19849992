"""Open boards follow when two groups are joined: first the name, then the calls themselves."""

import pytest
from django.utils import timezone

from calls.commit import groups
from calls.commit.cache import cache
from calls.commit.settling import Settler
from calls.models import CallGroup
from tests.boards.test_feed import Watch
from tests.conftest import person
from tests.support.provider import Provider, india

pytestmark = pytest.mark.django_db


def says(provider, sid, group):
    numbers = {"SourceNumber": "9000000101", "DestinationNumber": "01200000301", "DialWhomNumber": "8000000201"}
    said = {"type": "live_call", "CallSid": sid, "Direction": "IVR", "Status": "Picked", "call_group": group}
    provider.says(said | numbers | {"StartTime": india(timezone.now())})


def test_a_board_shows_the_group_that_stays_and_then_the_calls_that_went_over(source, source_token, admin_person):
    provider = Provider(source, source_token)
    says(provider, "sid.n", "North")
    says(provider, "sid.s", "South")
    north, south = CallGroup.objects.named("North"), CallGroup.objects.named("South")
    both = person("both", "supervisor", north, south)
    watch = Watch([admin_person, both])

    def shown(user):
        return {row["ref"]: row["group"] for row in watch.shown[user].rows.values()}

    for user in (admin_person, both):
        assert shown(user) == {"sid.n": "North", "sid.s": "South"}

    groups.join([south], north)
    watch.step()

    for user in (admin_person, both):
        assert shown(user) == {"sid.n": "North", "sid.s": "North"}
    watch.hold()
    before = watch.picture.seq

    Settler(cache).settle()
    watch.step()

    assert watch.picture.seq == before + 1, "the call that went over took a number"
    for user in (admin_person, both):
        assert shown(user) == {"sid.n": "North", "sid.s": "North"}
    watch.hold()
