/** The top strip: the figures of the server, ticking where they age, and honest about how current they are. */

import { say, set } from "../shared/dom.js";
import { figure, timer, UNKNOWN } from "../shared/format.js";
import { LEVEL_WORDS } from "../live/levels.js";
import { stateWithin } from "../shared/words.js";

export class Strip {
  #root;
  /** @type {Record<string, any> | null} */
  #totals = null;

  constructor(root) {
    this.#root = root;
  }

  /** `level`: the worst of those who wait. */
  show(totals, now, level) {
    this.#totals = totals;
    // What the page came with stands until the figures are known.
    if (!totals) return;
    this.#figures(totals);
    this.tick(now, level);
  }

  /** `truth`: what may be said about the line. */
  tell({ level }) {
    set(this.#root, "data-truth", level);
  }

  tick(now, worst) {
    if (!this.#totals) return;
    const { waiting, longest_waiting_since: from } = this.#totals;
    const waited = waiting && from ? now - Date.parse(from) : null;
    const level = waiting ? worst : "fine";
    this.#say("longest", waited === null ? UNKNOWN : timer(waited));
    set(this.#root.querySelector('[data-tile="waiting"]'), "data-level", waiting ? level : "none");
    this.#say("waiting-level", waiting ? LEVEL_WORDS[level] : waiting === null ? "" : "nobody");
  }

  #figures(totals) {
    for (const name of ["live", "waiting"]) this.#say(name, known(totals[name]));
    this.#say("answered", figure(totals.answered_today));
    this.#say("live-note", totals.live === null ? "too many to count by group" : liveNote(totals));
    set(this.#root.querySelector('[data-tile="live"]'), "title", liveNote(totals));
    this.#lost(totals.lost_track ?? 0);
  }

  #lost(lost) {
    this.#root.querySelector("[data-lost]").hidden = lost === 0;
    this.#say("lost", figure(lost));
  }

  #say(name, text) {
    say(this.#root.querySelector(`[data-figure="${name}"]`), text);
  }
}

const known = (value) => (value === null ? UNKNOWN : figure(value));

export const liveNote = (totals) =>
  ["talking", "ringing", "ivr", "dialing"]
    .filter((state) => totals[state] > 0)
    .map((state) => `${figure(totals[state])} ${stateWithin(state)}`)
    .join(" · ") || "no calls";
