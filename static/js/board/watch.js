/** Watches over what needs attention: ranks it, shows it in the band, and says it where nobody looks. */

import { Attention } from "./attention.js";
import { inWords } from "./band.js";

export class Watch extends EventTarget {
  #band;
  #alerts;
  #snoozed;
  #attention = new Attention();
  #patience = null;
  #returning = {};

  /** Fires "choose" (detail: a call's id), "show", and "change" where lines may be others before the next second. */
  constructor({ band, alerts, snoozed }) {
    super();
    this.#band = band;
    this.#alerts = alerts;
    this.#snoozed = snoozed;
    band.addEventListener("choose", ({ detail }) => this.#say("choose", detail));
    band.addEventListener("show", () => this.#say("show"));
    band.addEventListener("snooze", ({ detail }) => this.#change(() => snoozed.put(detail.key, detail.ms)));
    alerts.addEventListener("wake", () => this.#change(() => snoozed.clear()));
  }

  /** What the server says beside the calls: docs/events.md, `attention`. */
  learn({ patience, returning }) {
    this.#change(() => {
      this.#patience = patience ?? this.#patience;
      this.#returning = returning;
    });
  }

  /**
   * Look at these live calls. `held`, `steady`: see the band; `whole`: whether all calls have come, so that an alarm is
   * one. Returns {all, alarm, wait}: how many lines there are, whether one of them is an alarm, the worst level of a wait.
   */
  look({ calls, silentSince, silentSources, held, steady, whole }, now) {
    const isSnoozed = (key) => this.#snoozed.has(key);
    const silence = { silentSince, silentSources };
    const world = { calls, patience: this.#patience, returning: this.#returning, ...silence, isSnoozed };
    const { lines, all, snoozed, raised } = this.#attention.look(world, now);
    this.#band.show(lines, all, now, { held, steady });
    this.#alerts.snoozed(snoozed);
    if (raised.length && whole) this.#raise(raised[0], now);
    return { all, alarm: lines.some(({ level }) => level === "alarm"), wait: this.#attention.waitLevel };
  }

  /** The level of a caller's wait, as the band says it. */
  waitLevelOf(id) {
    return this.#attention.waitLevelOf(id);
  }

  #raise(line, now) {
    this.#alerts.raise(inWords(line, now), () => {
      window.focus();
      if (line.call) this.#say("choose", line.call.id);
    });
  }

  /** Who may see no calls any more sees none here. */
  wipe() {
    this.#attention = new Attention();
    this.#returning = {};
    this.#band.clear();
  }

  focus() {
    return this.#band.focus();
  }

  #change(deed) {
    deed();
    this.#say("change");
  }

  #say(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
