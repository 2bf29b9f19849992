/** Rows as docs/events.md has them, for the tests. */

export const T0 = Date.parse("2030-01-15T04:30:00Z");
export const at = (seconds) => new Date(T0 + seconds * 1000).toISOString();

let made = 0;

export function row(given = {}) {
  made += 1;
  return {
    id: made,
    ref: `r${made}`,
    source: "Callerdesk",
    direction: "incoming",
    state: "ringing",
    provisional: false,
    outcome: null,
    reason: null,
    provider_status: null,
    customer_number: "+919000000101",
    customer_key: `k${made}`,
    virtual_number: "+911200000301",
    virtual_label: null,
    group: "Sales",
    agent_number: null,
    agent_name: null,
    ring_attempts: [],
    began_at: at(0),
    started_at: at(0),
    ringing_at: null,
    answered_at: null,
    ended_at: null,
    wait_seconds: null,
    talk_seconds: null,
    duration_seconds: null,
    coins: null,
    has_recording: false,
    roles_assumed: false,
    flags: [],
    lost_track_at: at(600),
    seq: made,
    ...given,
  };
}

export const ended = (given = {}) =>
  row({ state: "ended", outcome: "answered", ended_at: at(60), lost_track_at: null, ...given });

export const snapshot = (calls, given = {}) => ({
  type: "snapshot",
  epoch: "e1",
  seq: 100,
  now: at(0),
  left_out: 0,
  part: 1,
  parts: 1,
  totals: { live: calls.length },
  calls,
  ...given,
});

export const changed = (calls, given = {}) => ({ type: "changed", seq: 101, now: at(1), gone: [], calls, ...given });

export const heartbeat = (given = {}) => ({
  type: "heartbeat",
  epoch: "e1",
  seq: 100,
  now: at(3),
  live_count: 0,
  live_seq_sum: 0,
  heard_at: at(2),
  clock_step_seconds: null,
  silent_since: null,
  silent_sources: [],
  refused: [],
  wrong_clocks: [],
  unusual: [],
  ...given,
});
