"""The storage limit: a bare loop that commits batches of deliveries (raw row, event row, call upsert), durably.

SQLite with executemany in WAL mode and synchronous=FULL; PostgreSQL with one statement over a JSON parameter.
"""

import secrets
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import psycopg

from bench import stores
from bench.load.figures import Figures
from bench.load.posting import mixed
from bench.load.words import as_json, generic

COLUMNS = (
    "sid", "status", "seq", "direction", "from_number", "to_number", "caller_name", "agent", "queue", "duration",
    "price", "recording_url", "at",
)  # fmt: skip
UPDATE = (
    "status=excluded.status, seq=excluded.seq, agent=excluded.agent, queue=excluded.queue, duration=excluded.duration, "
    "price=excluded.price, recording_url=excluded.recording_url, updated_at=excluded.updated_at "
    "where excluded.seq >= call.seq"
)
ON_POSTGRES = f"""with said as materialized (
 select nextval('raw_delivery_id_seq') raw, j.* from json_to_recordset(%s::json) as j(body text, sid text, status text,
  seq int, direction text, from_number text, to_number text, caller_name text, agent text, queue text, duration int,
  price text, recording_url text, at timestamptz, last bool)),
r as (insert into raw_delivery(id, received_at, content_type, body) select raw, at, 'application/json', body from said),
e as (insert into event(call_sid, delivery_id, status, seq, at) select sid, raw, status, seq, at from said)
insert into call select {", ".join(COLUMNS)}, at from said where last on conflict(sid) do update set {UPDATE}"""

Row = dict[str, Any]


def tables(store: str) -> str:
    """Three tables, six indexes: the same for the limit and for the peers."""
    serial, moment = ("bigserial", "timestamptz") if store == stores.POSTGRES else ("integer", "text")
    return f"""
create table raw_delivery(id {serial} primary key, received_at {moment}, content_type text, body text);
create table call(sid text primary key, status text, seq int, direction text, from_number text, to_number text,
 caller_name text, agent text, queue text, duration int, price text, recording_url text, started_at {moment},
 updated_at {moment});
create table event(id {serial} primary key, call_sid text, delivery_id bigint, status text, seq int, at {moment});
create index raw_at on raw_delivery(received_at); create index call_status on call(status, updated_at);
create index call_at on call(started_at); create index event_call on event(call_sid, seq);"""


def commit_in_batches(store: str, batch: int, count: int) -> Figures:
    """Commit `count` deliveries, `batch` at a time: how many a second, and the client's CPU for each."""
    rows = deliveries(count)
    batches = [rows[start : start + batch] for start in range(0, len(rows), batch)]
    with TemporaryDirectory(prefix="callboard-bench-") as folder, stores.database(store, Path(folder)) as url:
        database = Sqlite(url) if store == stores.SQLITE else Postgres(url)
        database.commit(deliveries(20))
        before, cpu, began = stores.usage_of_store(url), time.process_time(), time.perf_counter()
        for each in batches:
            database.commit(each)
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        beside = stores.usage_of_store(url).cpu_seconds - before.cpu_seconds
        database.close()
    found = {
        "acked": len(rows),
        "acked_per_s": round(len(rows) / seconds, 1),
        "cpu_ms": round(1e3 * cpu / len(rows), 4),
    }
    return found | ({"pg_ms": round(1e3 * beside / len(rows), 4)} if store == stores.POSTGRES else {})


def deliveries(count: int) -> list[Row]:
    run = secrets.token_hex(12)
    return [row_of(run, call, stage) for call, stage in mixed(max(1, count // 4), 300)]


def row_of(run: str, call: int, stage: int) -> Row:
    said = generic(run, call, stage)
    return {
        "body": as_json(said).decode(),
        "sid": said["CallSid"],
        "status": said["CallStatus"],
        "seq": stage,
        "direction": said["Direction"],
        "from_number": said["From"],
        "to_number": said["To"],
        "caller_name": said["CallerName"],
        "agent": said["Agent"],
        "queue": said["Queue"],
        "duration": said.get("CallDuration"),
        "price": said.get("Price"),
        "recording_url": said.get("RecordingUrl"),
        "at": datetime.now(UTC).isoformat(),
    }


def newest(batch: list[Row]) -> dict[str, Row]:
    """The last state of each call."""
    found: dict[str, Row] = {}
    for row in batch:
        if row["sid"] not in found or row["seq"] >= found[row["sid"]]["seq"]:
            found[row["sid"]] = row
    return found


class Sqlite:
    def __init__(self, url: str) -> None:
        self.connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        self.connection.executescript("pragma journal_mode=wal; pragma synchronous=full;" + tables(stores.SQLITE))
        self.next = 1

    def commit(self, batch: list[Row]) -> None:
        numbered = list(enumerate(batch, self.next))
        self.next += len(batch)
        run = self.connection.executemany
        self.connection.execute("begin immediate")
        run("insert into raw_delivery values(?,?,'application/json',?)", [(n, r["at"], r["body"]) for n, r in numbered])
        run(
            "insert into event(call_sid,delivery_id,status,seq,at) values(?,?,?,?,?)",
            [(r["sid"], n, r["status"], r["seq"], r["at"]) for n, r in numbered],
        )
        run(
            f"insert into call values({','.join('?' * 14)}) on conflict(sid) do update set {UPDATE}",
            [(*(row[column] for column in COLUMNS), row["at"]) for row in newest(batch).values()],
        )
        self.connection.execute("commit")

    def close(self) -> None:
        self.connection.close()


class Postgres:
    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute(tables(stores.POSTGRES))

    def commit(self, batch: list[Row]) -> None:
        last = newest(batch)
        rows = sorted(({**row, "last": last[row["sid"]] is row} for row in batch), key=lambda row: str(row["sid"]))
        self.connection.execute(ON_POSTGRES, (orjson.dumps(rows).decode(),), prepare=True)

    def close(self) -> None:
        self.connection.close()
