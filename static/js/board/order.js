/** The order of a list, and how it holds still. Pure. */

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

const byId = (row) => row.id;

/**
 * Holds rows where they are while a hand or an eye is on them.
 *
 * While held, rows are told anew in place; those that would go stay, marked as `left`; new ones come at the end, or
 * where `appends` is false they wait. `arrived` are the rows that are new since then, `moves` counts what would come,
 * go or change its place.
 */
export class Order {
  #keyOf;
  #appends;
  #rows = [];
  /**
   * The keys of the rows as they stood before they were held; null until somebody asks.
   * @type {Set<any> | null}
   */
  #settled = null;

  arrived = [];
  moves = 0;

  constructor({ keyOf = byId, appends = true } = {}) {
    this.#keyOf = keyOf;
    this.#appends = appends;
  }

  /**
   * The rows to show, given those that are wanted now, in their order. `latest(key)` finds one that is not among them.
   * @param {(key: any) => object | null} latest
   */
  rows(wanted, held, latest = () => null) {
    const standing = held && this.#rows.length > 0;
    return standing ? this.#still(wanted, latest) : this.#settle(wanted);
  }

  #settle(wanted) {
    this.#rows = wanted;
    this.#settled = null;
    this.arrived = [];
    this.moves = 0;
    return wanted;
  }

  #still(wanted, latest) {
    this.#settled ??= new Set(this.#rows.map(this.#keyOf));
    const settled = this.#settled;
    const places = new Map(wanted.map((row, at) => [this.#keyOf(row), at]));
    const kept = this.#rows.map((row) => {
      const key = this.#keyOf(row);
      const at = places.get(key);
      return at === undefined ? { ...(latest(key) ?? row), left: true } : wanted[at];
    });
    this.arrived = wanted.filter((row) => !settled.has(this.#keyOf(row)));
    const shown = new Set(kept.map(this.#keyOf));
    const appended = this.#appends ? this.arrived.filter((row) => !shown.has(this.#keyOf(row))) : [];
    this.#rows = [...kept, ...appended];
    this.moves = this.#countMoves(kept, places, settled);
    return this.#rows;
  }

  #countMoves(kept, places, settled) {
    const standing = kept.filter((row) => !row.left && settled.has(this.#keyOf(row)));
    const left = kept.reduce((sum, row) => sum + Number(Boolean(row.left)), 0);
    const stays = longestRise(standing.map((row) => places.get(this.#keyOf(row))));
    return left + this.arrived.length + standing.length - stays;
  }
}

/** How many of these numbers can stay where they are if the rest are put in order around them. */
export function longestRise(numbers) {
  const lowest = [];
  for (const number of numbers) {
    let [from, to] = [0, lowest.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (lowest[middle] < number) from = middle + 1;
      else to = middle;
    }
    lowest[from] = number;
  }
  return lowest.length;
}
