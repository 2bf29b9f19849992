"""The board's protocol: every message is what docs/events.md says, nothing a board sends breaks anything, and a board
that does not keep up harms nobody."""

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from calls.boards import admission as admission_module
from calls.boards import audience as audience_module
from calls.boards import feed as feed_module
from calls.boards import flow as flow_module
from calls.boards import frames as frames_module
from calls.boards import inbound as inbound_module
from calls.boards.consumer import BoardConsumer
from calls.boards.feed import feed
from calls.models import Access, Delivery, Head, Source
from dashboard import asgi
from tests.support.boards import Shown
from tests.support.factories import end_call, make_call

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CONTRACT = (Path(__file__).parents[2] / "docs" / "events.md").read_text()
make = sync_to_async(make_call)
end = sync_to_async(end_call)


def table(heading):
    """The names in the first column of the first table after a heading of the contract."""
    part = CONTRACT.split(heading, 1)[1]
    rows = re.search(r"((?:\|.*\n)+)", part)[1].splitlines()[2:]
    return {name: row for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}


MESSAGES = {name: set(re.findall(r"`(\w+)`", row.split("|")[3])) for name, row in table("## Server to board").items()}
ROW, TOTALS = set(table("### A row")), set(table("### Totals"))


def hold_against_the_contract(message):
    kind = message.pop("type")
    optional = {"totals", "groups_today"} if kind == "changed" else set()
    assert set(message) | optional == MESSAGES[kind] | (optional & MESSAGES[kind])
    for call in message.get("calls", []):
        assert set(call) == ROW
        assert all(set(attempt) == {"agent_number", "agent_name", "state", "at"} for attempt in call["ring_attempts"])
    if "totals" in message:
        assert set(message["totals"]) == TOTALS
    if "calls" in message:
        assert list(message)[-1] == "calls"
    return kind


@pytest.fixture(autouse=True)
async def quick(monkeypatch, transactional_db):
    """Rights and heartbeats without the wait; and no feed left over."""
    await Head.objects.aget_or_create(id=1)
    monkeypatch.setattr(feed_module, "RIGHTS_SECONDS", 0.1)
    monkeypatch.setattr(feed_module, "SITE_SECONDS", 0.1)
    monkeypatch.setattr(feed_module, "HEARTBEAT_SECONDS", 1)
    yield
    await feed.stop()


@sync_to_async
def session_of(user):
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session.create()
    return session


class Socket(WebsocketCommunicator):
    """A board's socket, signed in as somebody."""

    def __init__(self, user, session=None):
        super().__init__(BoardConsumer.as_asgi(), "/ws/board/")
        self.scope |= {"user": user, "session": session}

    async def message(self, kind=None, within=5):
        """The next message, or the next of a kind."""
        while True:
            said = await self.receive_json_from(within)
            if kind in (None, said["type"]):
                return said

    async def closed(self, within=5):
        """The code it is closed with, whatever comes before."""
        while True:
            said = await self.receive_output(within)
            if said["type"] == "websocket.close":
                return said["code"]


@asynccontextmanager
async def a_board(user, session=None):
    socket = Socket(user, session or await session_of(user))
    assert (await socket.connect(timeout=5))[0]
    yield socket
    await socket.disconnect()


async def committed(action, *args, **columns):
    """Do it and nudge, as intake does."""
    call = await action(*args, **columns)
    feed.nudge()
    return call


async def test_every_message_is_what_the_contract_says(admin_person, sales):
    call = await make(sales, ring_attempts=[{"agent_number": "+919000000201", "state": "ringing", "at": None}])
    async with a_board(admin_person) as socket:
        kinds = {hold_against_the_contract(await socket.message())}
        await committed(end, call)
        kinds |= {hold_against_the_contract(await socket.message(kind)) for kind in ("changed", "heartbeat")}
    assert kinds == {"snapshot", "changed", "heartbeat"}


async def test_a_change_reaches_the_board_without_a_poll(admin_person, sales, monkeypatch):
    monkeypatch.setattr(feed_module, "POLL_SECONDS", 60)
    async with a_board(admin_person) as socket:
        shown = Shown().apply(await socket.message("snapshot"))
        await committed(make, sales)
        shown.apply(await socket.message("changed"))
        assert len(shown.rows) == 1 and shown.totals["waiting"] == 1


async def test_a_change_that_nobody_tells_of_reaches_the_board_all_the_same(admin_person, sales):
    async with a_board(admin_person) as socket:
        await socket.message("snapshot")
        await make(sales)
        assert len((await socket.message("changed"))["calls"]) == 1


async def test_sync_starts_over(admin_person, sales):
    async with a_board(admin_person) as socket:
        await socket.message("snapshot")
        await socket.send_json_to({"type": "sync"})
        assert (await socket.message("snapshot"))["part"] == 1


async def test_a_change_too_large_for_one_message_is_answered_by_a_snapshot(admin_person, sales, monkeypatch):
    monkeypatch.setattr(feed_module, "LARGEST_FRAME_BYTES", 100)
    async with a_board(admin_person) as socket:
        await socket.message("snapshot")
        await committed(make, sales)
        shown = Shown().apply(await socket.message())
        assert shown.whole and len(shown.rows) == 1


async def test_of_too_many_live_calls_the_most_urgent_are_sent_until_they_are_fewer(admin_person, sales, monkeypatch):
    for module in (frames_module, audience_module):
        monkeypatch.setattr(module, "MOST_LIVE_SENT", 5)
    monkeypatch.setattr(frames_module, "FIRST_LIVE", 2)
    waits = [(await make(sales, ago=ago)).id for ago in (50, 40)]
    calls = [await make(sales, state="talking") for _ in range(4)]
    done = await make(sales, state="ended")
    async with a_board(admin_person) as socket:
        shown = Shown().apply(await socket.message("snapshot"))
        while not shown.whole:
            shown.apply(await socket.message("snapshot"))
        assert (set(shown.rows), shown.left_out, shown.totals["live"]) == ({*waits, done.id}, 4, 6)
        await committed(end, calls[0])
        shown.apply(await socket.message("changed"))
        assert calls[0].id in shown.rows and shown.totals["live"] == 5
        shown.apply(await socket.message("heartbeat"))
        await committed(end, calls[1])
        again = Shown()
        async with asyncio.timeout(5):
            while not again.whole:
                again.apply(await socket.message("snapshot"))
        again.apply(await socket.message("heartbeat"))
        assert (len(again.rows), again.left_out) == (7, 0)


async def test_another_epoch_starts_everybody_over(admin_person, sales):
    await make(sales)
    async with a_board(admin_person) as socket:
        await socket.message("snapshot")
        await sync_to_async(Head.objects.update)(epoch="restored", seq=0)
        assert (await socket.message("snapshot"))["epoch"] == "restored"


async def test_a_newcomer_during_traffic_misses_nothing(admin_person, sales):
    calls = [await make(sales) for _ in range(5)]
    async with a_board(admin_person) as first:
        await first.message("snapshot")
        for call in calls:
            await committed(end, call)
            await first.message("changed")
            async with a_board(admin_person) as second:
                shown = Shown().apply(await second.message("snapshot"))
                while shown.seq < feed.picture.seq:
                    shown.apply(await second.message())
                shown.apply(await second.message("heartbeat"))
                assert shown.rows[call.id]["state"] == "ended"


# Who gets one


async def test_anonymous_is_closed_with_4401():
    socket = Socket(AnonymousUser())
    assert (await socket.connect())[0]
    assert await socket.closed() == 4401


async def test_an_outsider_is_closed_with_4403(outsider):
    async with a_board(outsider) as socket:
        assert await socket.closed() == 4403


async def test_signing_out_closes_the_board(admin_person):
    session = await session_of(admin_person)
    async with a_board(admin_person, session) as socket:
        await socket.message("snapshot")
        await Session.objects.filter(session_key=session.session_key).adelete()
        assert await socket.closed() == 4401


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another"}], ids=str)
async def test_deactivation_and_a_new_password_close_the_board(admin_person, change):
    async with a_board(admin_person) as socket:
        await socket.message("snapshot")
        await type(admin_person).objects.filter(pk=admin_person.pk).aupdate(**change)
        assert await socket.closed() == 4401


async def test_losing_the_right_to_see_anything_closes_the_board(sales_supervisor):
    async with a_board(sales_supervisor) as socket:
        await socket.message("snapshot")
        await Access.objects.filter(user=sales_supervisor).adelete()
        assert await socket.closed() == 4403


async def test_a_change_of_groups_or_masking_is_answered_by_a_snapshot(sales_supervisor, sales, support):
    mine, other = await make(sales), await make(support)
    async with a_board(sales_supervisor) as socket:
        before = Shown().apply(await socket.message("snapshot"))
        access = await Access.objects.aget(user=sales_supervisor)
        await access.groups.aset([support])
        after = Shown().apply(await socket.message("snapshot"))
        assert (list(before.rows), list(after.rows)) == ([mine.id], [other.id])
        await Access.objects.filter(user=sales_supervisor).aupdate(masked=True)
        masked = Shown().apply(await socket.message("snapshot"))
        assert masked.rows[other.id]["customer_number"].startswith("+91•")


async def test_too_many_sockets_of_one_person_are_refused(admin_person, monkeypatch):
    monkeypatch.setattr(admission_module, "SOCKETS_PER_PERSON", 1)
    async with a_board(admin_person) as first, a_board(admin_person) as second:
        assert await second.closed() == 4429
        assert (await first.message())["type"] == "snapshot"


async def test_too_many_sockets_of_a_process_are_refused(admin_person, sales_supervisor, monkeypatch):
    monkeypatch.setattr(admission_module, "SOCKETS_PER_PROCESS", 1)
    async with a_board(admin_person), a_board(sales_supervisor) as second:
        assert await second.closed() == 4429


async def test_stopping_closes_with_1012(admin_person):
    async with a_board(admin_person) as socket:
        await socket.message("snapshot")
        await feed.stop()
        assert await socket.closed() == 1012


# What a board says

BAD = [
    "",
    "{",
    "null",
    "[]",
    "7",
    '"sync"',
    "NaN",
    "{}",
    '{"type":null}',
    '{"type":"board.nudge"}',
    '{"type":"_pump"}',
    '{"type":"ack"}',
    '{"type":"ack","seq":"1"}',
    '{"type":"ack","seq":-1}',
    '{"type":"ack","seq":1.5}',
    '{"type":"ack","seq":true}',
    '{"type":"ack","seq":null}',
    '{"type":["sync"]}',
    '{"type":"sync","x":"' + "x" * 4096 + '"}',
    "[" * 4000,
    '{"type":"sync\ud800"}',
    "\x00",
]


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
async def test_a_bad_frame_is_closed_with_4400(text, admin_person):
    async with a_board(admin_person) as socket:
        await socket.send_input({"type": "websocket.receive", "text": text})
        assert await socket.closed() == 4400


async def test_a_binary_frame_is_closed_with_4400(admin_person):
    async with a_board(admin_person) as socket:
        await socket.send_to(bytes_data=b'{"type":"sync"}')
        assert await socket.closed() == 4400


async def test_a_flood_is_closed_with_4429(admin_person):
    async with a_board(admin_person) as socket:
        for _ in range(inbound_module.INBOUND_BURST_FRAMES + 1):
            await socket.send_json_to({"type": "ack", "seq": 0})
        assert await socket.closed() == 4429


async def test_an_acknowledgement_of_the_future_counts_for_what_was_sent(admin_person, sales, monkeypatch):
    monkeypatch.setattr(flow_module, "FRAMES_AHEAD", 2)
    monkeypatch.setattr(feed_module, "HEARTBEAT_SECONDS", 1000)
    async with a_board(admin_person) as socket:
        await socket.message("snapshot")
        await socket.send_json_to({"type": "ack", "seq": 10**9})
        for _ in range(4):
            await committed(make, sales)
            await asyncio.sleep(0.05)
        assert [(await socket.message())["type"] for _ in range(2)] == ["changed", "changed"]
        assert await socket.receive_nothing(0.2)


# Boards that do not keep up


async def test_a_board_that_does_not_acknowledge_gets_no_backlog_but_a_snapshot(admin_person, sales, monkeypatch):
    monkeypatch.setattr(flow_module, "FRAMES_AHEAD", 3)
    monkeypatch.setattr(feed_module, "HEARTBEAT_SECONDS", 1000)
    async with a_board(admin_person) as socket:
        shown = Shown().apply(await socket.message("snapshot"))
        for _ in range(6):
            await committed(make, sales)
            await asyncio.sleep(0.05)
        for _ in range(3):
            shown.apply(await socket.message("changed"))
        assert await socket.receive_nothing(0.2) and len(shown.rows) == 3
        await socket.send_json_to({"type": "ack", "seq": shown.seq})
        shown.apply(await socket.message())
        assert shown.whole and len(shown.rows) == 6


async def test_a_board_without_progress_is_closed_with_4408_and_others_are_not(admin_person, sales, monkeypatch):
    monkeypatch.setattr(flow_module, "FRAMES_AHEAD", 1)
    monkeypatch.setattr(flow_module, "STUCK_SECONDS", 0.5)
    async with a_board(admin_person) as slow, a_board(admin_person) as honest:
        for _ in range(3):
            await committed(make, sales)
            await asyncio.sleep(0.05)
        assert await slow.closed() == 4408
        assert (await honest.message("snapshot"))["part"] == 1


async def test_a_board_whose_socket_takes_nothing_delays_nobody_and_is_closed(admin_person, sales, monkeypatch):
    monkeypatch.setattr(flow_module, "STUCK_SECONDS", 0.5)
    taken, told = [], asyncio.Event()

    async def stuck(message):
        taken.append(message)
        if message["type"] == "websocket.send":
            await asyncio.Event().wait()
        told.set()

    session = await session_of(admin_person)
    await feed.admit(admin_person, session.session_key, stuck)
    async with a_board(admin_person) as socket:
        await socket.message("snapshot")
        await committed(make, sales)
        assert await socket.message("changed", within=1)
        await told.wait()
    assert [message["type"] for message in taken] == ["websocket.send", "websocket.close"]
    assert taken[-1]["code"] == 4408


async def test_heartbeats_at_an_acknowledged_number_do_not_make_a_board_slow(admin_person, sales, monkeypatch):
    monkeypatch.setattr(flow_module, "FRAMES_AHEAD", 1)
    await make(sales)
    async with a_board(admin_person) as socket:
        shown = Shown().apply(await socket.message("snapshot"))
        await socket.send_json_to({"type": "ack", "seq": shown.seq})
        for _ in range(3):
            await socket.message("heartbeat")


@pytest.mark.parametrize("work", ["_send_heartbeats", "_judge"])
async def test_what_fails_once_is_done_again(work, sales_supervisor, monkeypatch):
    """Boards would go stale for ever, or somebody who lost all rights go on seeing calls."""
    failures = []
    done = getattr(feed, work)

    def failing_once(*arguments):
        if not failures:
            failures.append(work)
            raise ZeroDivisionError
        return done(*arguments)

    monkeypatch.setattr(feed, work, failing_once)
    async with a_board(sales_supervisor) as socket:
        await socket.message("snapshot")
        await socket.message("heartbeat")
        await Access.objects.filter(user=sales_supervisor).adelete()
        assert await socket.closed() == 4403
    assert failures


async def test_without_a_database_there_are_no_heartbeats(admin_person, monkeypatch):
    """A board is to say that it does not know, rather than to be told that all is well."""
    monkeypatch.setattr(feed_module, "UNREAD_SECONDS", 0)
    async with a_board(admin_person) as socket:
        await socket.message("snapshot")
        assert await socket.receive_nothing(2)


async def test_all_are_told_that_the_provider_is_silent_and_none_that_it_is_not(cast_of_two, sales, settings):
    settings.CALLBOARD_SILENCE_SECONDS = 600
    quiet_since = timezone.now() - timedelta(seconds=700)
    sales_supervisor, support_supervisor = cast_of_two
    await make(sales, state="ended", heard_at=quiet_since)
    async with a_board(support_supervisor) as other, a_board(sales_supervisor) as own:
        beats = [await socket.message("heartbeat") for socket in (other, own)]
        assert [beat["heard_at"] is None for beat in beats] == [True, False]
        assert {datetime.fromisoformat(beat["silent_since"]) for beat in beats} == {quiet_since}
        await committed(make, sales)
        assert (await own.message("changed"))["seq"] > beats[1]["seq"]
        after = [await socket.message("heartbeat") for socket in (other, own)]
        assert [beat["silent_since"] for beat in after] == [None, None]
        assert (after[0]["seq"], after[0]["heard_at"]) == (beats[0]["seq"], None)


async def test_all_are_told_which_source_is_silent_while_another_delivers(cast_of_two, sales, source):
    now, quiet = timezone.now(), await Source.objects.acreate(name="Delhi")
    columns = {"method": "POST", "body": b""}
    since = now - timedelta(minutes=20)
    await Delivery.objects.acreate(source=quiet, received_at=since, **columns)
    await Delivery.objects.acreate(source=source, received_at=now, **columns)
    async with a_board(cast_of_two[1]) as socket:
        said = [{"source": "Delhi", "since": since.isoformat().replace("+00:00", "Z")}]
        await until_said(socket, said, "silent_sources")
        assert (await socket.message("heartbeat"))["silent_since"] is None


async def test_what_is_too_silent_is_known_from_the_weeks_before(admin_person, sales, source):
    """A delivery every four minutes at this time of the week: seven minutes without one are too many."""
    now = timezone.now()
    moments = [now - timedelta(weeks=week, minutes=minutes) for week in range(1, 5) for minutes in range(-60, 60, 4)]
    columns = {"source": source, "method": "POST", "body": b""}
    await Delivery.objects.abulk_create(Delivery(received_at=moment, **columns) for moment in moments)
    call = await make(sales, heard_at=now - timedelta(minutes=7))
    async with a_board(admin_person) as socket, asyncio.timeout(10):
        while (silent_since := (await socket.message("heartbeat"))["silent_since"]) is None:
            pass
    assert datetime.fromisoformat(silent_since) == call.heard_at


async def test_all_are_told_while_a_limit_refuses_new_calls(cast_of_two, source):
    columns = {"source": source, "received_at": timezone.now(), "method": "POST", "body": b""}
    set_aside = await Delivery.objects.acreate(result="quarantined", reason="too_many_live_calls", **columns)
    async with a_board(cast_of_two[1]) as socket:
        await until_said(socket, ["too_many_live_calls"])
        await Delivery.objects.filter(id=set_aside.id).aupdate(received_at=timezone.now() - timedelta(minutes=6))
        await until_said(socket, [])


async def test_all_are_told_of_a_source_whose_times_cannot_be(cast_of_two, sales):
    now = timezone.now()
    columns = {"began_at": now, "started_at": now - timedelta(hours=5, minutes=30), "flags": ["clock_behind"]}
    for _ in range(3):
        await make(sales, **columns)
    async with a_board(cast_of_two[1]) as socket:
        await until_said(socket, [{"source": "Callerdesk", "seconds_ahead": -19_800}], "wrong_clocks")


async def until_said(socket, said, name="refused"):
    async with asyncio.timeout(10):
        while (await socket.message("heartbeat"))[name] != said:
            pass


async def test_that_much_is_unusual_is_said_to_those_who_see_all(admin_person, masked_viewer, sales_supervisor, source):
    columns = {"source": source, "received_at": timezone.now(), "method": "POST", "body": b""}
    said = [*["applied"] * 30, *["quarantined"] * 10]
    await Delivery.objects.abulk_create(Delivery(result=result, **columns) for result in said)
    async with a_board(admin_person) as socket, asyncio.timeout(10):
        while not (unusual := (await socket.message("heartbeat"))["unusual"]):
            pass
    assert unusual == [{"kind": "quarantined", "odd": 10, "looked_at": 40}]
    for person in (masked_viewer, sales_supervisor):
        async with a_board(person) as socket:
            assert (await socket.message("heartbeat"))["unusual"] == []


@pytest.fixture
def cast_of_two(sales_supervisor, support_supervisor):
    return sales_supervisor, support_supervisor


async def test_a_stumbling_feed_loads_everything_again(admin_person, sales, monkeypatch):
    async with a_board(admin_person) as socket:
        await socket.message("snapshot")
        monkeypatch.setattr(type(feed.picture), "take", lambda *_: 1 / 0)
        await committed(make, sales)
        await asyncio.sleep(0.2)
        monkeypatch.undo()
        assert len((await socket.message("snapshot"))["calls"]) == 1


def test_the_words_of_this_test_are_found_in_the_contract():
    assert MESSAGES.keys() == {"snapshot", "changed", "heartbeat"}
    assert {"id", "seq", "lost_track_at"} <= ROW and {"live", "day"} <= TOTALS


async def test_without_a_database_nobody_is_known_and_boards_are_to_come_again(monkeypatch):
    async def away(scope):
        raise OperationalError("gone")

    monkeypatch.setattr(asgi, "with_person", away)
    socket = WebsocketCommunicator(asgi.callboard, asgi.BOARD_PATH)
    socket.scope["headers"] = [(b"origin", b"http://127.0.0.1"), (b"host", b"127.0.0.1")]
    assert (await socket.connect(timeout=5))[0]
    assert await socket.receive_output(5) == {"type": "websocket.close", "code": 1012}
