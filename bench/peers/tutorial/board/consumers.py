"""One board: joins the group, passes on what comes."""

import json

from channels.generic.websocket import AsyncWebsocketConsumer


class Board(AsyncWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add("board", self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard("board", self.channel_name)

    async def call_update(self, event):
        await self.send(text_data=json.dumps(event["call"]))
