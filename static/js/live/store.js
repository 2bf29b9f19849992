/**
 * The board's calls by id, as the server tells them (docs/events.md). Pure state: no DOM, no socket, no clock.
 *
 * Every method that takes a message returns what came of it; "change" is fired once a message.
 */

/** How many heartbeats may disagree while the numbers differ, before the board asks to start over. */
const PATIENCE = 2;

/** A number, masked or not; "anonymous" is none. */
const WITH_DIGITS = /[\d•]{3}/;

/**
 * A call as the board keeps it: a row of docs/events.md, with its moments in ms since 1970.
 * @typedef {Record<string, any>} Call
 */

export class CallStore extends EventTarget {
  /** @type {Map<number, Call>} */
  #calls = new Map();
  /** @type {Call[] | null} */
  #completed = null;
  /** @type {Map<string, number> | null} */
  #repeats = null;
  #doubts = 0;

  epoch = null;
  seq = 0;
  /** @type {Record<string, any> | null} */
  totals = null;
  /**
   * Today's figures by call group ("-": none), of the groups that have any; null before a snapshot said so.
   * @type {Map<string, any> | null}
   */
  today = null;
  /** When a call of ours was last heard of (ISO 8601); null where there never was one, undefined before a heartbeat. */
  heardAt = undefined;
  /** When the last delivery of any call came (ISO 8601), if that is too long ago; else null. */
  silentSince = null;
  /** The sources that are silent, and since when: [{source, since}]. */
  silentSources = [];
  /** For which reasons new calls were set aside lately, since a limit was reached. */
  refused = [];
  wrongClocks = [];
  /** What more of the latest deliveries, or calls, are than usual: [{kind, odd, looked_at}]. Only told who sees all. */
  unusual = [];
  /** By how many seconds the server's clock was set within the last minutes (negative: back), or null. */
  clockStep = null;
  /** Whether the whole snapshot has come. */
  whole = false;
  /** How many live calls the snapshot did not hold: a server with too many sends the most urgent. */
  leftOut = 0;
  /** Whether a snapshot of the socket, or of the page, has come at all. */
  known = false;

  /** Whether all live calls have come: before that our own sums are too small. */
  get complete() {
    return this.whole && !this.leftOut;
  }

  /** Take a message. Returns {sync, ended, changed}: whether to start over, and what moved. */
  take(message) {
    if (message.type === "snapshot") return this.#snapshot(message);
    if (message.type === "changed") return this.#changed(message);
    if (message.type === "heartbeat") return this.#heartbeat(message);
    return { sync: false, ended: [], changed: 0 };
  }

  /** Forget every call: who may see them no longer shall not. */
  clear() {
    this.#calls.clear();
    this.#forgetDerived();
    this.totals = null;
    this.today = null;
    this.whole = false;
    this.known = false;
    this.dispatchEvent(new Event("change"));
  }

  get(id) {
    return this.#calls.get(id) ?? null;
  }

  /** Every live call, lost track included, in no order. */
  live() {
    return [...this.#calls.values()].filter((call) => !call.isEnded);
  }

  /** The completed calls, latest first. */
  completed() {
    this.#completed ??= [...this.#calls.values()].filter((call) => call.isEnded).sort(latestFirst);
    return this.#completed;
  }

  /** In how many of the known completed calls (a day's at most) a customer occurs: by pseudonym. */
  repeatsOf(key) {
    if (!key) return 0;
    this.#repeats ??= countByCustomer(this.completed());
    return this.#repeats.get(key) ?? 0;
  }

  #snapshot(message) {
    if (message.part === 1) {
      this.#calls.clear();
      this.seq = message.seq;
    }
    this.epoch = message.epoch;
    this.seq = Math.max(this.seq, message.seq);
    this.whole = message.part === message.parts;
    this.leftOut = message.left_out ?? 0;
    this.known = true;
    this.#doubts = 0;
    if (message.totals) this.totals = message.totals;
    if (message.groups_today) this.today = new Map(Object.entries(message.groups_today));
    for (const row of message.calls) this.#apply(row);
    return this.#told({ sync: false, ended: [], changed: message.calls.length });
  }

  #changed(message) {
    if (!this.known) return { sync: true, ended: [], changed: 0 };
    const ended = [];
    this.seq = Math.max(this.seq, message.seq);
    if (message.totals) this.totals = message.totals;
    for (const [group, figures] of Object.entries(message.groups_today ?? {})) this.#learnToday(group, figures);
    for (const row of message.calls ?? []) if (this.#apply(row)) ended.push(row.id);
    for (const id of message.gone ?? []) this.#calls.delete(id);
    if (message.gone?.length) this.#forgetDerived();
    return this.#told({ sync: false, ended, changed: message.calls?.length ?? 0 });
  }

  #learnToday(group, figures) {
    this.today ??= new Map();
    if (figures) this.today.set(group, figures);
    else this.today.delete(group);
  }

  #heartbeat(message) {
    this.heardAt = message.heard_at ?? null;
    this.clockStep = message.clock_step_seconds ?? null;
    this.silentSince = message.silent_since ?? null;
    this.silentSources = message.silent_sources ?? [];
    this.refused = message.refused ?? [];
    this.wrongClocks = message.wrong_clocks ?? [];
    this.unusual = message.unusual ?? [];
    const sync = this.#doubted(message);
    this.seq = Math.max(this.seq, message.seq);
    return this.#told({ sync, ended: [], changed: 0 });
  }

  /**
   * At the same number, other sums are proof of a loss. At a later number they are only a suspicion, because the
   * change may still be on its way: it has to repeat itself.
   */
  #doubted(message) {
    if (!this.whole) return false;
    if (message.epoch !== this.epoch) return true;
    if (this.leftOut || this.#agrees(message)) {
      this.#doubts = 0;
      return false;
    }
    this.#doubts += message.seq === this.seq ? PATIENCE : 1;
    if (this.#doubts < PATIENCE) return false;
    this.#doubts = 0;
    return true;
  }

  #agrees(message) {
    let count = 0;
    let sum = 0;
    for (const call of this.#calls.values()) {
      if (call.isEnded) continue;
      count += 1;
      sum += call.seq;
    }
    return count === message.live_count && sum === message.live_seq_sum;
  }

  /** Take one row, unless a later one is known. Returns whether it ended a call that was live here. */
  #apply(row) {
    const known = this.#calls.get(row.id);
    if (known && known.seq > row.seq) return false;
    const call = readCall(row);
    this.#calls.set(row.id, call);
    if (call.isEnded || known?.isEnded) this.#forgetDerived();
    return call.isEnded && known !== undefined && !known.isEnded;
  }

  #forgetDerived() {
    this.#completed = null;
    this.#repeats = null;
  }

  #told(result) {
    this.dispatchEvent(new Event("change"));
    return result;
  }
}

/** A row with its moments as numbers: `at.began` and so on, ms since 1970, null where unknown. */
export function readCall(row) {
  return {
    ...row,
    isEnded: row.state === "ended",
    at: {
      began: moment(row.began_at),
      started: moment(row.started_at),
      ringing: moment(row.ringing_at),
      answered: moment(row.answered_at),
      ended: moment(row.ended_at),
      lostTrack: moment(row.lost_track_at),
    },
    attempts: attemptsOf(row),
  };
}

const NOTHING = {
  state: "ended",
  outcome: null,
  direction: "unknown",
  customer_number: null,
  customer_key: null,
  virtual_number: null,
  virtual_label: null,
  group: null,
  agent_number: null,
  agent_name: null,
  provisional: false,
  flags: [],
};

/** What is shown of a call that may no longer be known: nothing, in its place. */
export const unknownCall = (id) => readCall({ id, ...NOTHING });

/** The ring attempts as they began. Once somebody talks, what was never said to have ended rings no more. */
function attemptsOf(row) {
  const settled = row.state === "talking" || row.state === "ended";
  return (row.ring_attempts ?? [])
    .map((attempt) => (settled && attempt.state === "ringing" ? { ...attempt, state: "not_taken" } : attempt))
    .sort((a, b) => (moment(a.at) ?? 0) - (moment(b.at) ?? 0));
}

/** Live by our records, but silent for too long. */
export const isLost = (call, now) => !call.isEnded && call.at.lostTrack !== null && call.at.lostTrack <= now;

/** An incoming call that nobody has answered, and that we have not lost track of. */
export const isWaiting = (call, now) =>
  !call.isEnded && call.direction === "incoming" && call.state !== "talking" && !isLost(call, now);

/** When the call came to be as it is. */
export function since(call) {
  if (call.isEnded) return call.at.ended;
  if (call.state === "talking") return call.at.answered ?? call.at.began;
  if (call.state === "ringing") return call.at.ringing ?? call.at.began;
  return call.at.began;
}

/** A moment of a row (ISO 8601) in ms since 1970, null where there is none. */
export function moment(text) {
  return text ? Date.parse(text) : null;
}

function latestFirst(a, b) {
  return (b.at.ended ?? 0) - (a.at.ended ?? 0) || b.id - a.id;
}

function countByCustomer(calls) {
  const counts = new Map();
  for (const { customer_key: key, customer_number: number } of calls) {
    // Callers who withhold their number are not one and the same.
    if (key && WITH_DIGITS.test(number)) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
