/** The three lists of the board: what each shows, and that none of them moves under a hand. */

import { worse } from "../live/levels.js";
import { isWaiting, moment, unknownCall } from "../live/store.js";
import { NONE } from "./filters.js";
import { emptySum, summarize } from "./groups.js";
import { arrange, Order } from "./order.js";

export class Lists {
  #live;
  #completed;
  #groups;
  #calm;
  #rows = new Order();
  #ended = new Order({ appends: false });
  #sums = new Order({ keyOf: (sum) => sum.group });
  /** Groups that had a live call since the page was opened: a quiet one keeps its row. */
  #known = new Set();
  #first = null;

  constructor({ live, completed, groups, calm }) {
    this.#live = live;
    this.#completed = completed;
    this.#groups = groups;
    this.#calm = calm;
  }

  /** `sums`: those of the server, of all groups; they stand until all calls have come. */
  begin(sums) {
    this.#first = sums?.map(({ waiting_since: since, ...sum }) => ({ ...sum, waitingSince: moment(since) }));
  }

  /**
   * Show the calls that match. `find(id)` knows calls that do not, or no longer; `release`: whoever asks wants to see
   * everything in its place, and holds nothing; `quiet`: whether groups without a call are shown, of those `chosen`
   * (none: of all).
   */
  show({ live, ended, context, whole, find }, { groupsFirst, animate, release, quiet, chosen }) {
    const holds = (list) => this.#calm.holds(list) && !release;
    const latest = (id) => find(id) ?? unknownCall(id);
    if (groupsFirst) this.#showGroups(live, context, { held: holds(this.#groups), whole, quiet, chosen });
    const rows = groupsFirst ? [] : arrange(live, context.now);
    this.#live.show(this.#rows.rows(rows, holds(this.#live) && !groupsFirst, latest), context, animate);
    this.#completed.show(this.#ended.rows(ended, holds(this.#completed), latest), context, animate);
  }

  #showGroups(live, { now, waitLevelOf }, { held, whole, quiet, chosen }) {
    for (const call of live) this.#known.add(call.group ?? NONE);
    const first = whole ? null : this.#first;
    const known = [...this.#known, ...this.#groups.ofToday].filter((name) => !chosen.length || chosen.includes(name));
    const sums = first ?? summarize(live, now, quiet ? known : []);
    this.#groups.show(this.#sums.rows(sums, held, emptySum), now, {
      whole: whole || first !== null,
      all: quiet,
      levels: () => levelsOf(live, waitLevelOf),
    });
  }

  /** What waits in the list of this view: how many rows would come, go or move. */
  moves(groupsFirst) {
    return groupsFirst ? this.#sums.moves : this.#rows.moves;
  }

  /** How many calls have ended since the completed ones are held. */
  get moreEnded() {
    return this.#ended.arrived.length;
  }

  /** Callers who began to wait since the live list is held, longest first. */
  newcomers(now) {
    return this.#rows.arrived.filter((call) => isWaiting(call, now));
  }
}

/** How bad the waits of each group are: the worst of its callers. Groups where nobody waits for long are not in it. */
function levelsOf(calls, waitLevelOf) {
  const levels = new Map();
  for (const { id, group } of calls) {
    const level = waitLevelOf(id);
    if (level !== "fine") levels.set(group ?? NONE, worse(level, levels.get(group ?? NONE) ?? "fine"));
  }
  return levels;
}
