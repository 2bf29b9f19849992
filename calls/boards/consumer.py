"""The board's socket. It knows no rules and asks no database: the feed does."""

import asyncio
from typing import Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer

from calls.boards.closing import RESTART
from calls.boards.feed import feed
from calls.boards.viewer import Viewer


class BoardConsumer(AsyncConsumer):
    """One open board. Accepts first and closes then: a browser is not told why a handshake was refused."""

    # It has no channel: layers lose messages, so nothing comes to a board through one.
    viewer: Viewer | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """As Channels does, without the task that it makes for each message, to wait for several senders."""
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        except asyncio.CancelledError:
            # The server ends without telling (daphne by itself): the board shall come again, not wonder.
            if self.viewer is not None:
                self.viewer.close(RESTART)
                await asyncio.sleep(0)
            raise
        finally:
            if self.viewer is not None:
                self.viewer.leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does, without its visit to the database thread before each message: no database is used."""
        match message["type"]:
            case "websocket.connect":
                await self.send({"type": "websocket.accept"})
                user, session = self.scope["user"], self.scope.get("session")
                self.viewer = await feed.admit(user, getattr(session, "session_key", None), self.base_send)
            case "websocket.receive" if self.viewer is not None:
                self.viewer.receive(message.get("text"))
            case "websocket.disconnect":
                raise StopConsumer
