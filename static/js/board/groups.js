/** Groups first: the live calls summed by call group, those with trouble on top. Pure. */

import { NONE } from "./filters.js";
import { isLost, isWaiting } from "../live/store.js";

/** Beyond this many live calls nobody reads rows, and the board offers groups. */
export const MANY = 150;

/** [{group, live, waiting, waitingSince, menu, ringing, dialing, talking, lost}], longest wait first. */
export function summarize(calls, now) {
  const sums = new Map();
  for (const call of calls) {
    const name = call.group ?? NONE;
    if (!sums.has(name)) sums.set(name, empty(name));
    add(sums.get(name), call, now);
  }
  return [...sums.values()].sort(byTrouble);
}

const empty = (group) => ({
  group,
  live: 0,
  waiting: 0,
  waitingSince: null,
  ivr: 0,
  ringing: 0,
  dialing: 0,
  talking: 0,
  lost: 0,
});

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
    a.group.localeCompare(b.group, "en")
  );
}
