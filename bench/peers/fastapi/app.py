"""A peer of the benchmark: FastAPI, asyncpg or aiosqlite, and a plain set of WebSockets."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aiosqlite
import asyncpg
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

from bench import stores
from bench.limits.groupcommit import tables

URL = os.environ["DATABASE_URL"]
SYNCHRONOUS = os.environ.get("SYNCHRONOUS", "normal")
ON_POSTGRES = URL.startswith("postgres")
RAW = "insert into raw_delivery(received_at,content_type,body) values($1,$2,$3)"
EVENT = "insert into event(call_sid,delivery_id,status,seq,at) values($1,$2,$3,$4,$5)"
UPSERT = """insert into call values($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$13) on conflict(sid) do update set
 status=excluded.status, seq=excluded.seq, agent=excluded.agent, queue=excluded.queue, duration=excluded.duration,
 price=excluded.price, recording_url=excluded.recording_url, updated_at=excluded.updated_at"""
boards: set[WebSocket] = set()


class Hook(BaseModel):
    CallSid: str
    CallStatus: str
    SequenceNumber: int = 0
    Direction: str
    From: str
    To: str
    CallerName: str = ""
    Agent: str = ""
    Queue: str = ""
    CallDuration: int | None = None
    Price: str | None = None
    RecordingUrl: str | None = None

    def columns(self, moment: datetime | str) -> tuple[object, ...]:
        return (
            self.CallSid, self.CallStatus, self.SequenceNumber, self.Direction, self.From, self.To, self.CallerName,
            self.Agent, self.Queue, self.CallDuration, self.Price, self.RecordingUrl, moment,
        )  # fmt: skip


class Postgres:
    async def open(self) -> None:
        self.pool = await asyncpg.create_pool(URL, min_size=8, max_size=8)
        await self.pool.execute(tables(stores.POSTGRES))

    async def store(self, hook: Hook, body: str, now: datetime) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            raw = await connection.fetchval(f"{RAW} returning id", now, "application/json", body)
            await connection.execute(UPSERT, *hook.columns(now))
            await connection.execute(EVENT, hook.CallSid, raw, hook.CallStatus, hook.SequenceNumber, now)

    async def close(self) -> None:
        await self.pool.close()


class Sqlite:
    async def open(self) -> None:
        self.connection = await aiosqlite.connect(URL.removeprefix("sqlite:///"), isolation_level=None)
        await self.connection.executescript(
            f"pragma journal_mode=wal; pragma synchronous={SYNCHRONOUS};" + tables(stores.SQLITE)
        )
        self.lock = asyncio.Lock()

    async def store(self, hook: Hook, body: str, now: datetime) -> None:
        moment, run = now.isoformat(), self.connection.execute
        async with self.lock:
            await run("begin immediate")
            raw = await run(RAW.replace("$", "?"), (moment, "application/json", body))
            await run(UPSERT.replace("$", "?"), hook.columns(moment))
            event = (hook.CallSid, raw.lastrowid, hook.CallStatus, hook.SequenceNumber, moment)
            await run(EVENT.replace("$", "?"), event)
            await run("commit")

    async def close(self) -> None:
        await self.connection.close()


database = Postgres() if ON_POSTGRES else Sqlite()


@asynccontextmanager
async def life(app: FastAPI) -> AsyncIterator[None]:
    await database.open()
    yield
    await database.close()


app = FastAPI(lifespan=life)


@app.post("/hook")
async def hook(said: Hook, request: Request) -> dict[str, bool]:
    await database.store(said, (await request.body()).decode(), datetime.now(UTC))
    text = json.dumps(said.model_dump())
    for board in list(boards):
        try:
            await board.send_text(text)
        except Exception:
            boards.discard(board)
    return {"ok": True}


@app.websocket("/ws")
async def show(board: WebSocket) -> None:
    await board.accept()
    boards.add(board)
    try:
        while True:
            await board.receive_text()
    except WebSocketDisconnect:
        boards.discard(board)
