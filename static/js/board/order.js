/** The order of the live list, and the calm that holds it still. Pure. */

import { isLost, isWaiting } from "../live/store.js";

const WAITING = 0;
const RINGING = 1;
const TALKING = 2;
const LOST = 3;

/** Waiting first, longest on top; then ringing; then talking by length; lost track last. */
function rank(call, now) {
  if (isLost(call, now)) return [LOST, call.at.lostTrack];
  if (isWaiting(call, now)) return [WAITING, call.at.began];
  if (call.state === "talking") return [TALKING, call.at.answered ?? call.at.began];
  return [RINGING, call.at.began];
}

export function arrange(calls, now) {
  return calls
    .map((call) => [rank(call, now), call])
    .sort(([[bandA, sinceA], a], [[bandB, sinceB], b]) => bandA - bandB || sinceA - sinceB || a.id - b.id)
    .map(([, call]) => call);
}

/**
 * Holds rows where they are while a hand or an eye is on them.
 *
 * While held, rows are told anew in place; calls that left stay as `left`, new ones come at the end. `pending`
 * counts what would move.
 */
export class Order {
  #rows = [];
  #bands = new Map();
  #held = false;

  pending = 0;

  hold(held) {
    this.#held = held;
  }

  /**
   * The rows to show, given the calls that match now. `latest(id)` finds a call that no longer does.
   * @param {(id: number) => object | null} latest
   */
  rows(calls, now, latest = () => null) {
    return this.#held && this.#rows.length ? this.#still(calls, now, latest) : this.#sorted(calls, now);
  }

  #sorted(calls, now) {
    this.pending = 0;
    this.#rows = arrange(calls, now);
    this.#bands = new Map(this.#rows.map((call) => [call.id, rank(call, now)[0]]));
    return this.#rows;
  }

  #still(calls, now, latest) {
    const present = new Map(calls.map((call) => [call.id, call]));
    const kept = this.#rows.map((row) => present.get(row.id) ?? { ...(latest(row.id) ?? row), left: true });
    const shown = new Set(kept.map((row) => row.id));
    const arrived = arrange(
      calls.filter((call) => !shown.has(call.id)),
      now,
    );
    this.#rows = [...kept, ...arrived];
    this.pending = this.#rows.filter((row) => row.left || this.#bands.get(row.id) !== rank(row, now)[0]).length;
    return this.#rows;
  }
}
