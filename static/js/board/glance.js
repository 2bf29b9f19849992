/** The strip's service level, what was offered and what was lost. The page asks for them; docs/events.md says why. */

import { say, set } from "../shared/dom.js";
import { UNKNOWN } from "../shared/format.js";
import { showNumber } from "./bars.js";

const ASK_EVERY_MS = 3_000;
const GIVE_UP_MS = 5_000;
/** Figures of so long ago are not shown as if they were those of now. */
const OLD_MS = 15_000;
const TRENDS = { up: "↑", down: "↓", steady: "→" };
const TREND_WORDS = { up: "Better than in", down: "Worse than in", steady: "Much as in" };

export class Glance extends EventTarget {
  #root;
  #scope;
  /** @type {number | undefined} */
  #timer;
  #asked = 0;
  #heard = Date.now();
  #patience = "";

  /**
   * Fires "attention" and, while groups are shown, "groups" (detail: what docs/events.md says of them; null: no longer
   * true). `scope`: the header's choice of groups. What is chosen, and what is shown, stands in the address.
   */
  constructor(root, scope) {
    super();
    this.#root = root;
    this.#scope = scope;
  }

  begin() {
    this.#scope?.addEventListener("click", (event) => event.target.closest("[data-group]") && this.#anew());
    document.addEventListener("visibilitychange", () => document.hidden || this.ask());
    window.addEventListener("popstate", () => this.#anew());
    this.ask();
  }

  /** Other groups were chosen: what stands there is not theirs. */
  #anew() {
    this.#forget();
    setTimeout(() => this.ask()); // The address says so by then.
  }

  /** Ask now, and then again and again. */
  async ask() {
    clearTimeout(this.#timer);
    const turn = ++this.#asked;
    if (!document.hidden) {
      const found = await this.#figures();
      if (turn !== this.#asked) return; // Asked again meanwhile, perhaps for other groups.
      if (found) this.#show(found);
      else if (Date.now() - this.#heard > OLD_MS) this.#forget();
    }
    this.#timer = setTimeout(() => this.ask(), ASK_EVERY_MS);
  }

  async #figures() {
    const address = new URLSearchParams(location.search);
    const asked = new URLSearchParams({ patience: this.#patience });
    for (const group of address.getAll("group")) asked.append("group", group);
    if (address.get("view") === "groups") asked.set("by", "group");
    try {
      const signal = AbortSignal.timeout(GIVE_UP_MS);
      const answer = await fetch(`/figures/now/?${asked}`, { cache: "no-store", signal });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  #show({ level: { lately, today, trend }, queries, attention, groups, ...told }) {
    this.#heard = Date.now();
    this.#patience = attention.patience_version;
    this.dispatchEvent(new CustomEvent("attention", { detail: attention }));
    if (groups) this.dispatchEvent(new CustomEvent("groups", { detail: groups }));
    set(this.#tile("level"), "data-level", lately.code);
    this.#say("word", lately.word);
    this.#say("lately", lately.text);
    this.#say("trend", TRENDS[trend] ?? "");
    const words = trend && `${TREND_WORDS[trend]} the 30 minutes before`;
    set(this.#root.querySelector('[data-glance="trend"]'), "title", words);
    this.#say("level-note", `today ${today.text}${lately.goal ? ` · goal ${lately.goal}` : ""}`);
    this.#say("answered-note", `of ${told.offered} offered · ${told.outgoing} outgoing`);
    this.#say("lost", told.lost);
    this.#say("lost-note", `${told.abandoned} abandoned · ${told.missed} missed`);
    for (const [name, trend] of Object.entries(told.trends)) this.#draw(name, trend, queries.moments);
    for (const link of this.#root.querySelectorAll("[data-inspects]")) link.search = queries[link.dataset.inspects];
  }

  /** `query`: that of an inspector, without its two moments. */
  #draw(name, { figure, bars, goal_y: goal }, query) {
    const svg = this.#root.querySelector(`[data-trend="${name}"]`);
    set(svg, "data-unknown", null);
    for (const [at, bar] of bars.entries()) {
      const link = svg.children[at];
      set(link, "href", `/figures/${figure}/?${query}&from=${bar.from}&to=${bar.to}`);
      say(link.firstChild, bar.said);
      set(link.lastChild, "y", String(bar.y));
      set(link.lastChild, "height", String(bar.height));
    }
    showNumber(svg);
    const line = svg.querySelector(".goal");
    if (line) set(line, "d", goal === null ? null : `M0 ${goal}H52`);
  }

  #forget() {
    this.dispatchEvent(new CustomEvent("groups", { detail: null }));
    set(this.#tile("level"), "data-level", "none");
    for (const bars of this.#root.querySelectorAll("[data-trend]")) set(bars, "data-unknown", "");
    for (const name of ["lately", "lost"]) this.#say(name, UNKNOWN);
    for (const name of ["word", "trend", "level-note", "answered-note", "lost-note"]) this.#say(name, "");
  }

  #tile(name) {
    return this.#root.querySelector(`[data-tile="${name}"]`);
  }

  #say(name, text) {
    say(this.#root.querySelector(`[data-glance="${name}"]`), text);
  }
}
