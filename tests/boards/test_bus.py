"""Processes nudge each other through the channel layer, and get along without it."""

import asyncio

import pytest
from channels.layers import channel_layers

from calls.boards import bus as bus_module
from calls.boards.bus import LayerBus, NoBus, make_bus

IN_MEMORY = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}


@pytest.fixture
async def two(settings):
    """The buses of two processes, and what the second one hears."""
    settings.CHANNEL_LAYERS = IN_MEMORY
    one, other, heard = LayerBus(), LayerBus(), asyncio.Queue()
    one.start(lambda *_: None)
    other.start(lambda epoch, seq: heard.put_nowait((epoch, seq)))
    while len(channel_layers["default"].groups.get("board", ())) < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    yield one, heard
    await one.stop()
    await other.stop()


async def test_one_process_tells_the_other_what_is_newest(two):
    one, heard = two
    one.notify("epoch", 7)
    assert await asyncio.wait_for(heard.get(), 2) == ("epoch", 7)


async def test_much_news_at_once_is_one_nudge_with_the_last_number(two):
    one, heard = two
    for seq in range(100):
        one.notify("epoch", seq)
    assert await asyncio.wait_for(heard.get(), 2) == ("epoch", 99)
    await asyncio.sleep(0)
    assert heard.empty()


async def test_a_layer_that_hangs_or_fails_is_complained_of_once_and_harms_nobody(settings, monkeypatch, caplog):
    class Broken:
        async def group_send(self, *_):
            await asyncio.sleep(60)

        async def new_channel(self):
            raise ConnectionError

    monkeypatch.setattr(bus_module, "SEND_SECONDS", 0.01)
    monkeypatch.setattr(bus_module, "get_channel_layer", Broken)
    bus = LayerBus()
    bus.start(lambda *_: None)
    for seq in range(3):
        bus.notify("epoch", seq)
        await asyncio.sleep(0.05)
    await bus.stop()
    assert len([record for record in caplog.records if record.name == "calls.boards.bus"]) == 1


async def test_it_ends_also_where_the_layer_takes_a_cancel_for_a_failed_answer(settings, monkeypatch):
    class Deaf:
        swallowed = 0

        async def new_channel(self):
            return "here"

        async def group_add(self, *_):
            pass

        group_discard = group_add

        async def group_send(self, *_):
            await self.receive()

        async def receive(self, *_):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                Deaf.swallowed += 1
                if Deaf.swallowed > 3:
                    raise
                raise ConnectionError from None

    monkeypatch.setattr(bus_module, "get_channel_layer", Deaf)
    bus = LayerBus()
    bus.start(lambda *_: None)
    bus.notify("epoch", 1)
    await asyncio.sleep(0.05)

    async with asyncio.timeout(10):
        await bus.stop()

    assert Deaf.swallowed > 1


async def test_a_lost_membership_is_renewed(two, monkeypatch, settings):
    monkeypatch.setattr(bus_module, "REJOIN_SECONDS", 0.05)
    one, heard = two
    one.notify("epoch", 1)
    await asyncio.wait_for(heard.get(), 2)  # from here on the short time holds
    channel_layers["default"].groups.clear()
    async with asyncio.timeout(5):
        while heard.empty():
            one.notify("epoch", 2)
            await asyncio.sleep(0.05)


def test_without_redis_there_is_nobody_to_tell(settings):
    settings.REDIS_URL = ""
    assert isinstance(make_bus(), NoBus)
    settings.REDIS_URL = "redis://127.0.0.1:6379/0"
    assert isinstance(make_bus(), LayerBus)


@pytest.mark.needs_redis
async def test_it_works_through_redis(settings, redis_url):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [{"address": redis_url, "socket_timeout": 20}], "prefix": "callboard-test"},
        }
    }
    one, other, heard = LayerBus(), LayerBus(), asyncio.Queue()
    one.start(lambda *_: None)
    other.start(lambda epoch, seq: heard.put_nowait((epoch, seq)))
    async with asyncio.timeout(5):
        while heard.empty():
            one.notify("epoch", 3)
            await asyncio.sleep(0.1)
    assert heard.get_nowait() == ("epoch", 3)
    await one.stop()
    await other.stop()
