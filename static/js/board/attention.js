/**
 * What needs attention: which calls, why, and in which order, those who are closest to being lost first. Pure: no DOM,
 * no clock. It remembers what it said, so that a line neither flickers at a limit nor trades places for a hair.
 */

import { levelAt, limits, WAIT, worse } from "../live/levels.js";
import { isLost, isWaiting, moment } from "../live/store.js";
import { NONE } from "./filters.js";

/** By level: at which value a line is raised, and below which it is cleared. Lengths in ms. */
const RING = WAIT;
const TALK = limits(900_000, 1_800_000);
const LOST = { warn: [3, 2], alarm: [Infinity, Infinity] };

const MOST_LINES = 8;
/** So many callers of one group are one line; with fewer than the second they are lines of their own again. */
const POOLED = [3, 2];
/** A phone that has rung for so long is told beside the wait. */
const RING_TOLD_MS = 30_000;
/** Who stands in the band keeps the place until another is closer to being lost by so much. */
const AHEAD = 1.25;
/** How close a customer who was lost before is at least. */
const LOST_BEFORE = 0.2;
/** Of a group whose patience is not known: half of the callers would give up within the half minute after so long. */
const HALF_BY_AGE_MS = 180_000;

const KINDS = ["silence", "waiting", "ring", "lost", "talk"];

/** How likely a caller of a group is to give up within the next half minute, of 1. `patience` null: by age. */
export function chanceOf(call, patience, now, step) {
  if (!patience) {
    const age = Math.max(0, now - call.at.began);
    return age / (age + HALF_BY_AGE_MS);
  }
  const at = Math.floor(waited(call, patience, now) / 1000 / step);
  return patience.chances[Math.min(at, patience.chances.length - 1)] / 100;
}

/** How long a caller has waited as the group counts it, in ms. */
function waited(call, { clock, allowance }, now) {
  const from = clock === "r" ? call.at.ringing : call.at.began;
  return from === null ? 0 : Math.max(0, now - from - allowance * 1000);
}

export class Attention {
  #levels = new Map();
  /** How bad the wait of each caller is who has waited for long, by the call's id: what lists and strip say, too. */
  #waits = new Map();
  #waitsBefore = new Map();
  #pooled = new Set();
  #order = [];
  /** @type {Set<string> | null} */
  #alarmed = null;

  /** "fine", "warn" or "alarm": the wait of a call, by the limits of all and those of its group. */
  waitLevelOf(id) {
    return this.#waits.get(id) ?? "fine";
  }

  /** The worst of them. */
  get waitLevel() {
    return [...this.#waits.values()].reduce(worse, "fine");
  }

  /**
   * What needs attention now. `calls`: live ones; `patience`, `returning`: as docs/events.md has them; `silentSince`:
   * ms since 1970 or null; `silentSources`: those of a heartbeat; `isSnoozed(key)`.
   *
   * Returns {lines, all, more, snoozed, raised}: at most eight lines in their order; how many there are in all; how
   * many were not shown, or are snoozed; and the lines that have just become an alarm, none the first time.
   */
  look(
    { calls, patience = null, returning = {}, silentSince = null, silentSources = [], isSnoozed = (_key) => false },
    now,
  ) {
    const world = { patience, returning, now };
    const found = [];
    const lost = [];
    const waiting = new Map();
    [this.#waitsBefore, this.#waits] = [this.#waits, new Map()];
    for (const call of calls) {
      const waits = isWaiting(call, now);
      if (waits) waiting.set(call.group, (waiting.get(call.group) ?? 0) + 1);
      else if (isLost(call, now)) {
        lost.push(call);
        continue;
      }
      const line = waits ? this.#wait(call, world) : this.#other(call, now);
      if (line) found.push(line);
    }
    found.push(...this.#lostTrack(lost, now), ...silenceOf(silentSince, silentSources));
    const awake = found.filter((line) => !isSnoozed(line.key) && !(line.kind === "waiting" && isSnoozed(line.pooled)));
    this.#levels = new Map(found.map(({ key, level }) => [key, level]));
    const raised = this.#justAlarmed(awake);
    const lines = this.#pool(awake, waiting);
    const shown = this.#settle(lines);
    return {
      lines: shown,
      all: lines.length,
      more: lines.length - shown.length,
      snoozed: found.length - awake.length,
      raised,
    };
  }

  /** A call for which nobody waits: it rings, or talks. */
  #other(call, now) {
    if (call.flags?.includes("agent_elsewhere")) return null;
    if (call.state === "talking") return this.#simple("talk", call, call.at.answered ?? call.at.began, TALK, now);
    return this.#simple("ring", call, call.at.ringing ?? call.at.began, RING, now);
  }

  #before(key) {
    return this.#levels.get(key) ?? "fine";
  }

  #wait(call, { patience, returning, now }) {
    const key = `call:${call.id}`;
    const known = patience?.groups[call.group ?? NONE] ?? null;
    // Not that of its line: earlier calls raise a line, and make no wait longer.
    const before = this.#waitsBefore.get(call.id) ?? "fine";
    const bounds = known && limits(known.long_wait * 1000, known.too_long * 1000);
    const own = known ? levelAt(waited(call, known, now), bounds, before) : "fine";
    const byWait = worse(levelAt(now - call.at.began, WAIT, before), own);
    if (byWait !== "fine") this.#waits.set(call.id, byWait);
    const again = returning[call.id] ?? null;
    if (byWait === "fine" && !again) return null;
    const chance = chanceOf(call, known, now, patience?.step_seconds);
    return {
      key,
      kind: "waiting",
      level: worse(byWait, "warn"),
      /** Whether nothing but the earlier calls raised it. */
      early: byWait === "fine",
      call,
      /** The line that it becomes a part of, where several callers of its group are told. */
      pooled: `group:${call.group ?? NONE}`,
      since: call.at.began,
      /** The limit that was passed, in ms. */
      limit: byWait === "fine" ? null : (byWait === own ? bounds : WAIT)[byWait][0],
      score: again?.lost ? Math.max(chance, LOST_BEFORE) : chance,
      chance: known && { share: chance, seconds: patience.next_seconds },
      again: again && { calls: again.calls, lost: again.lost, lostAt: moment(again.lost_at) },
      ringing: call.state === "ringing" && now - call.at.ringing >= RING_TOLD_MS ? call.at.ringing : null,
    };
  }

  #simple(kind, call, since, bounds, now) {
    const key = `call:${call.id}`;
    const level = levelAt(now - since, bounds, this.#before(key));
    return level === "fine" ? null : { key, kind, level, call, since, score: (now - since) / bounds.alarm[0] };
  }

  /** One line for all calls with lost track. */
  #lostTrack(calls, now) {
    const level = levelAt(calls.length, LOST, this.#before("lost"));
    if (level === "fine") return [];
    const call = calls.reduce((first, each) => (each.at.lostTrack < first.at.lostTrack ? each : first));
    return [
      {
        key: "lost",
        kind: "lost",
        level,
        call,
        since: call.at.lostTrack,
        score: now - call.at.lostTrack,
        count: calls.length,
      },
    ];
  }

  /** The alarms that were none before. What a board begins with is no news. */
  #justAlarmed(lines) {
    const alarms = lines.filter(({ level }) => level === "alarm");
    const before = this.#alarmed;
    const raised = before ? alarms.filter(({ key }) => !before.has(key)) : [];
    this.#alarmed = new Set(alarms.map(({ key }) => key));
    return raised;
  }

  /** Several callers of one group are one line: nobody reads 41. */
  #pool(lines, waiting) {
    const kept = lines.filter(({ kind }) => kind !== "waiting");
    const byGroup = new Map();
    for (const line of lines) {
      if (line.kind !== "waiting") continue;
      const key = line.pooled;
      if (byGroup.has(key)) byGroup.get(key).push(line);
      else byGroup.set(key, [line]);
    }
    const pooled = new Set();
    for (const [key, own] of byGroup) {
      if (own.length < POOLED[this.#pooled.has(key) ? 1 : 0]) kept.push(...own);
      else {
        pooled.add(key);
        kept.push(poolOf(key, own, waiting));
      }
    }
    this.#pooled = pooled;
    return kept;
  }

  /** The first eight. Those that stood there keep their order, unless another is clearly ahead. */
  #settle(lines) {
    const known = new Set(this.#order);
    const first = lines
      .map((line) => [line, known.has(line.key) ? AHEAD : 1])
      .sort(([a, weightA], [b, weightB]) => compare(a, b, weightA, weightB))
      .slice(0, MOST_LINES)
      .map(([line]) => line);
    const byKey = new Map(first.map((line) => [line.key, line]));
    const settled = this.#order.flatMap((key) => byKey.get(key) ?? []);
    for (const line of first) {
      if (known.has(line.key)) continue;
      const at = settled.findIndex((other) => compare(line, other) < 0);
      settled.splice(at < 0 ? settled.length : at, 0, line);
    }
    const shown = sink(settled);
    this.#order = shown.map(({ key }) => key);
    return shown;
  }
}

/** One line while nobody delivers at all, else one for each source that does not. */
function silenceOf(since, sources) {
  const silence = { kind: "silence", level: "alarm", call: null, score: 1 };
  if (since !== null) return [{ ...silence, key: "silence", since }];
  return sources.map(({ source, since: at }) => ({ ...silence, key: `silence:${source}`, source, since: moment(at) }));
}

function poolOf(key, own, waiting) {
  const closest = own.reduce((a, b) => (compare(a, b) <= 0 ? a : b));
  const { group } = closest.call;
  const level = own.map((line) => line.level).reduce(worse);
  return {
    key,
    kind: "waiting",
    level,
    early: own.every(({ early }) => early),
    call: closest.call,
    since: Math.min(...own.map(({ since }) => since)),
    /** So many are likely to be lost within the next half minute. */
    score: own.reduce((sum, { score }) => sum + score, 0),
    chance: closest.chance,
    pool: {
      group,
      waiting: waiting.get(group),
      late: own.filter((line) => line.level === level && !line.early).length,
      again: own.filter(({ again }) => again).length,
    },
  };
}

/** Which of two lines comes first: by kind, then by how close to being lost, then the older one. */
function compare(a, b, weightA = 1, weightB = 1) {
  return KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || b.score * weightB - a.score * weightA || a.since - b.since;
}

/** Let lines change places with the one before as long as they are clearly ahead of it. */
function sink(lines) {
  const sorted = [...lines];
  for (let from = 1; from < sorted.length; from += 1) {
    for (let at = from; at > 0 && isClearlyAhead(sorted[at], sorted[at - 1]); at -= 1) {
      [sorted[at - 1], sorted[at]] = [sorted[at], sorted[at - 1]];
    }
  }
  return sorted;
}

function isClearlyAhead(a, b) {
  const kinds = KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind);
  return kinds < 0 || (kinds === 0 && a.score > b.score * AHEAD);
}
