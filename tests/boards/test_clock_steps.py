"""A wall clock that is set wrong and right again costs no board a call: after each step, every row and total of an open
board, and of a new one, is what the database says."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import time_machine
from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.utils import timezone

from calls.boards.feed import feed
from calls.live import following
from calls.live.first_page import snapshot_for
from calls.live.queries import SHOWN_ENDED
from calls.models import Head
from tests.boards.test_protocol import Socket, quick  # noqa: F401 (a fixture)
from tests.support.boards import Shown
from tests.support.factories import make_call

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

STEPS = [timedelta(minutes=1), timedelta(hours=2), timedelta(hours=25), timedelta(days=3)]


@pytest.fixture
def calls(sales, support):
    """A few calls of each kind; a silent one is lost by a step of an hour, and all leave by one of a day."""
    Head.objects.get_or_create(id=1)
    for group in (sales, support, None):
        for state in ("ivr", "ringing", "talking", "ended"):
            make_call(group, state=state)
    make_call(sales, state="ended", outcome="missed")


@sync_to_async
def long_session(user):
    """One that the longest step does not end."""
    session = SessionStore()
    session.set_expiry(timedelta(days=30))
    session["_auth_user_id"] = str(user.pk)
    session.create()
    return session


@asynccontextmanager
async def a_board(user):
    socket = Socket(user, await long_session(user))
    assert (await socket.connect(timeout=5))[0]
    yield socket
    await socket.disconnect()


async def whole(socket):
    """What the next snapshot shows. It has to come soon: heartbeats alone would be waited through for ever."""
    shown = Shown()
    async with asyncio.timeout(8):
        while not shown.whole:
            shown.apply(await socket.message("snapshot"))
    return shown


from_database = sync_to_async(lambda user: Shown().apply(snapshot_for(user, live=None, ended=SHOWN_ENDED)))


async def holds(user, socket):
    """The open board got a snapshot; it and a new one show what the database says."""
    feed.nudge()
    truth = await from_database(user)
    assert (await whole(socket)).same_as(truth)
    async with a_board(user) as another:
        assert (await whole(another)).same_as(truth)
    return truth


@pytest.mark.parametrize("way", [1, -1], ids=["forward", "back"])
@pytest.mark.parametrize("step", STEPS, ids=str)
async def test_after_a_step_and_its_mend_boards_show_what_the_database_says(step, way, admin_person, calls):
    async with a_board(admin_person) as socket:
        before = await whole(socket)
        with time_machine.travel(timezone.now() + way * step):
            await holds(admin_person, socket)
        assert before.same_as(await holds(admin_person, socket))
        assert before.totals["live"] == 9 and len(before.rows) == 13


async def test_boards_are_told_by_how_much_the_clock_was_set(admin_person, calls):
    async with a_board(admin_person) as socket:
        assert (await socket.message("heartbeat"))["clock_step_seconds"] is None
        with time_machine.travel(timezone.now() + timedelta(hours=2)):
            feed.nudge()
            await whole(socket)
            assert (await socket.message("heartbeat"))["clock_step_seconds"] == pytest.approx(7_200, abs=2)


async def test_a_step_while_the_database_is_away_is_made_good_when_it_is_back(admin_person, calls, monkeypatch):
    async with a_board(admin_person) as socket:
        await whole(socket)
        load = following.load_picture

        def away(now):
            raise OperationalError("away")

        with time_machine.travel(timezone.now() + timedelta(hours=25)):
            monkeypatch.setattr(following, "load_picture", away)
            feed.nudge()
            assert await socket.receive_nothing(timeout=0.3)
            monkeypatch.setattr(following, "load_picture", load)
            await holds(admin_person, socket)
