// A peer of the benchmark: Express, ws, and better-sqlite3 or pg.
'use strict'
const http = require('node:http')
const express = require('express')
const { WebSocketServer } = require('ws')

const URL = process.env.DATABASE_URL
const ON_POSTGRES = URL.startsWith('postgres')
const serial = ON_POSTGRES ? 'bigserial' : 'integer'
const moment = ON_POSTGRES ? 'timestamptz' : 'text'
const TABLES = `
create table raw_delivery(id ${serial} primary key, received_at ${moment}, content_type text, body text);
create table call(sid text primary key, status text, seq int, direction text, from_number text, to_number text,
 caller_name text, agent text, queue text, duration int, price text, recording_url text, started_at ${moment},
 updated_at ${moment});
create table event(id ${serial} primary key, call_sid text, delivery_id bigint, status text, seq int, at ${moment});
create index raw_at on raw_delivery(received_at); create index call_status on call(status, updated_at);
create index call_at on call(started_at); create index event_call on event(call_sid, seq);`
const RAW = 'insert into raw_delivery(received_at,content_type,body) values($1,$2,$3)'
const EVENT = 'insert into event(call_sid,delivery_id,status,seq,at) values($1,$2,$3,$4,$5)'
const UPSERT = `insert into call values($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$13) on conflict(sid) do update set
 status=excluded.status, seq=excluded.seq, agent=excluded.agent, queue=excluded.queue, duration=excluded.duration,
 price=excluded.price, recording_url=excluded.recording_url, updated_at=excluded.updated_at`

const columns = (said, now) => [
  said.CallSid, said.CallStatus, said.SequenceNumber || 0, said.Direction, said.From, said.To, said.CallerName || '',
  said.Agent || '', said.Queue || '', said.CallDuration ?? null, said.Price ?? null, said.RecordingUrl ?? null, now,
]

async function openPostgres () {
  const { Pool } = require('pg')
  const pool = new Pool({ connectionString: URL, max: 8 })
  await pool.query(TABLES)
  return async (said, body, now) => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const raw = await client.query({ name: 'raw', text: `${RAW} returning id`, values: [now, 'application/json', body] })
      await client.query({ name: 'upsert', text: UPSERT, values: columns(said, now) })
      const event = [said.CallSid, raw.rows[0].id, said.CallStatus, said.SequenceNumber || 0, now]
      await client.query({ name: 'event', text: EVENT, values: event })
      await client.query('commit')
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  }
}

function openSqlite () {
  const database = require('better-sqlite3')(URL.replace('sqlite:///', ''))
  database.pragma('journal_mode=wal')
  database.pragma(`synchronous=${process.env.SYNCHRONOUS || 'normal'}`)
  database.exec(TABLES)
  const raw = database.prepare(RAW.replace(/\$\d+/g, '?'))
  const upsert = database.prepare(UPSERT.replace(/\$(\d+)/g, '@p$1'))
  const event = database.prepare(EVENT.replace(/\$\d+/g, '?'))
  return database.transaction((said, body, now) => {
    const stored = raw.run(now, 'application/json', body)
    upsert.run(Object.fromEntries(columns(said, now).map((value, place) => [`p${place + 1}`, value])))
    event.run(said.CallSid, stored.lastInsertRowid, said.CallStatus, said.SequenceNumber || 0, now)
  }).immediate
}

let store
const app = express()
app.disable('x-powered-by')
app.use(express.json({ verify: (request, _, bytes) => { request.raw = bytes.toString() } }))
app.post('/hook', async (request, response) => {
  const said = request.body
  if (!said.CallSid || !said.CallStatus) return response.status(400).json({ ok: false })
  try {
    await store(said, request.raw, new Date().toISOString())
  } catch (error) {
    console.error(error)
    return response.status(500).json({ ok: false })
  }
  const text = JSON.stringify(said)
  for (const board of boards.clients) if (board.readyState === 1) board.send(text)
  response.json({ ok: true })
})

const server = http.createServer(app)
const boards = new WebSocketServer({ server, path: '/ws' })
Promise.resolve(ON_POSTGRES ? openPostgres() : openSqlite()).then(opened => {
  store = opened
  server.listen(Number(process.env.PORT), '127.0.0.1')
})
