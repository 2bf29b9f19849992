/** Groups first: the live calls summed by call group, those with trouble on top. Pure. */

import { NONE } from "./filters.js";
import { isLost, isWaiting } from "../live/store.js";

/** Beyond this many live calls nobody reads rows, and the board offers groups. */
export const MANY = 150;

/**
 * [{group, live, waiting, waitingSince, ivr, ringing, dialing, talking, lost}], longest wait first, quiet groups last.
 * `known`: groups that have a row even without a call.
 * @param {Iterable<string>} known
 */
export function summarize(calls, now, known = []) {
  const sums = new Map([...known].map((name) => [name, emptySum(name)]));
  for (const call of calls) {
    const name = call.group ?? NONE;
    if (!sums.has(name)) sums.set(name, emptySum(name));
    add(sums.get(name), call, now);
  }
  return [...sums.values()].sort(byTrouble);
}

export const emptySum = (group) => ({
  group,
  live: 0,
  waiting: 0,
  waitingSince: /** @type {number | null} */ (null),
  ivr: 0,
  ringing: 0,
  dialing: 0,
  talking: 0,
  lost: 0,
});

/** The sum of sums, for the last line. */
export function sumOf(sums) {
  const whole = emptySum(null);
  for (const sum of sums) {
    for (const name of ["live", "waiting", "ivr", "ringing", "dialing", "talking", "lost"]) whole[name] += sum[name];
    if (sum.waitingSince !== null) whole.waitingSince = Math.min(whole.waitingSince ?? Infinity, sum.waitingSince);
  }
  return whole;
}

function add(sum, call, now) {
  if (isLost(call, now)) {
    sum.lost += 1;
    return;
  }
  sum.live += 1;
  if (call.state in sum) sum[call.state] += 1;
  if (!isWaiting(call, now)) return;
  sum.waiting += 1;
  sum.waitingSince = Math.min(sum.waitingSince ?? Infinity, call.at.began);
}

function byTrouble(a, b) {
  return (
    (a.waitingSince ?? Infinity) - (b.waitingSince ?? Infinity) ||
    b.live - a.live ||
    b.lost - a.lost ||
    a.group.localeCompare(b.group, "en")
  );
}
