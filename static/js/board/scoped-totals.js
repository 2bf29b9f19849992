/** The strip's figures for some call groups only. Pure. */

import { isLost, isWaiting } from "../live/store.js";

const TODAY = ["answered_today", "abandoned_today", "missed_today", "failed_today", "outgoing_today"];
const STATES = ["ivr", "dialing", "ringing", "talking"];
const LIVE = ["live", "lost_track", "waiting", ...STATES];

/**
 * The totals of docs/events.md over these groups, whose live calls are `calls`: what is live is counted from the rows, what was today comes from the
 * server's figures by group. `calls` null: not all were sent, and theirs are null too. `whole`: the server's totals over all groups, which say which day it is.
 */
export function totalsOf(groups, calls, today, whole, now) {
  const totals = { ...whole, live: 0, lost_track: 0, waiting: 0, longest_waiting_since: null };
  for (const state of STATES) totals[state] = 0;
  for (const name of TODAY) totals[name] = groups.reduce((sum, group) => sum + (today.get(group)?.[name] ?? 0), 0);
  for (const call of calls ?? []) add(totals, call, now);
  return calls ? totals : { ...totals, ...unknown() };
}

/** A board that was not sent all live calls cannot count those of some groups. */
const unknown = () => Object.fromEntries(LIVE.map((name) => [name, null]));

function add(totals, call, now) {
  if (isLost(call, now)) {
    totals.lost_track += 1;
    return;
  }
  totals.live += 1;
  totals[call.state] += 1;
  if (!isWaiting(call, now)) return;
  totals.waiting += 1;
  const longest = totals.longest_waiting_since;
  if (longest === null || call.at.began < Date.parse(longest)) totals.longest_waiting_since = call.began_at;
}
