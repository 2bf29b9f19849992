/** Groups first: a row for each call group, for when there are too many calls to read. */

import { icon, make, say, set } from "../shared/dom.js";
import { figure, timer, UNKNOWN } from "../shared/format.js";
import { STATES, waitingWord } from "../shared/words.js";
import { choiceWord } from "./filter-menu.js";
import { dayCells, dayHeads, sayDay } from "./group-day.js";
import { sumOf } from "./groups.js";
import { worse } from "../live/levels.js";

const FIGURES = ["ringing", "talking", "ivr", "dialing", "live"];
const LIVE_COLUMNS = 7;
/** A sum of the calls that have come so far would look like the sum of all. */
const NOT_YET = "…";

/**
 * Fires "group" (detail: the group's name) when one is chosen, "learned" when today's figures came, "walk", and
 * "scrolled" as the other lists do.
 */
export class GroupList extends HTMLElement {
  #rows = new Map();
  #sums = [];
  #whole = false;
  /**
   * Today's figures (docs/events.md, `groups`), or null while they are not known.
   * @type {Record<string, any> | null}
   */
  #today = null;
  #totalIsKnown = true;
  #levels = () => new Map();
  #body = make("tbody", { role: "rowgroup" });
  #total = rowOf({}, make("th", { scope: "row", role: "rowheader", text: "All of these" }));

  /** Its rows are buttons of their own: none is walked without having the focus. */
  active = null;
  /** The groups that had a call today, as was said last: their rows stay while nobody says anything. */
  ofToday = /** @type {string[]} */ ([]);

  begin() {
    const states = FIGURES.slice(0, -1).map((state) => STATES[state]);
    const heads = ["Group", waitingWord(), "Longest", ...states, "Live"].map((text) =>
      make("th", { scope: "col", role: "columnheader", text }),
    );
    // Roles are said, since a narrow list shows its rows as blocks.
    const group = { role: "rowgroup" };
    const head = make("thead", group, make("tr", { role: "row" }, ...heads, ...dayHeads()));
    this.replaceChildren(make("table", { role: "table" }, head, this.#body, make("tfoot", group, this.#total)));
    this.addEventListener("click", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (target.closest("a")) return;
      const row = /** @type {HTMLElement} */ (target.closest("tr[data-group]"));
      if (row) this.dispatchEvent(new CustomEvent("group", { detail: row.dataset.group }));
    });
    const scrolled = () => this.dispatchEvent(new CustomEvent("scrolled", { detail: this.scrollTop }));
    this.addEventListener("scroll", scrolled, { passive: true });
  }

  has(group) {
    return this.#rows.has(group);
  }

  /** Whether it has no row. */
  get isEmpty() {
    return !this.#sums.length;
  }

  /** Take over what the server says of today; null: what it said is no longer true. */
  learn(today) {
    this.#today = today;
    if (today) this.ofToday = Object.keys(today.rows);
    for (const [group, row] of this.#rows) this.#sayDay(group, row);
    this.#sayTotal();
    this.dispatchEvent(new Event("learned"));
  }

  /** Forget all: who may see them no longer shall not. */
  wipe() {
    this.ofToday = [];
    this.show([], 0, { whole: true });
    this.learn(null);
  }

  toTop() {
    this.scrollTop = 0;
  }

  /** Move the focus by a number of rows. */
  walk(steps) {
    const buttons = [...this.#body.querySelectorAll("button")];
    if (!buttons.length) return;
    const from = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = from === -1 && steps < 0 ? 0 : from + steps;
    buttons[Math.min(buttons.length - 1, Math.max(0, to))].focus();
    this.dispatchEvent(new CustomEvent("walk"));
  }

  /**
   * Show these sums in this order. `whole`: all calls have come; `all`: all groups that were chosen are among them;
   * `levels()`: how bad the waits of each group are.
   */
  show(sums, now, { whole, all = false, levels = () => new Map() }) {
    this.#sums = sums;
    this.#whole = whole;
    this.#totalIsKnown = all;
    this.#levels = levels;
    const present = new Set(sums.map(({ group }) => group));
    for (const [group, row] of this.#rows) {
      if (present.has(group)) continue;
      row.remove();
      this.#rows.delete(group);
    }
    for (const sum of sums) this.#tellOf(sum);
    this.#figures(this.#total, sumOf(sums));
    this.#sayTotal();
    this.#total.hidden = sums.length < 2;
    this.#arrange();
    this.tick(now);
  }

  tick(now) {
    const levels = this.#levels();
    for (const { group, waitingSince } of this.#sums)
      this.#longest(this.#rows.get(group), waitingSince, levels.get(group), now);
    this.#longest(this.#total, sumOf(this.#sums).waitingSince, [...levels.values()].reduce(worse, "fine"), now);
  }

  #longest(row, waitingSince, level, now) {
    const waits = this.#whole && waitingSince !== null;
    say(row.children[2], waits ? timer(now - waitingSince) : this.#whole ? UNKNOWN : NOT_YET);
    set(row.children[2], "data-level", waits ? (level ?? "fine") : "fine");
  }

  #arrange() {
    let next = this.#body.firstChild;
    for (const { group } of this.#sums) {
      const row = this.#rows.get(group);
      if (row === next) next = next.nextSibling;
      else this.#body.insertBefore(row, next);
    }
  }

  #tellOf(sum) {
    const row = this.#rows.get(sum.group) ?? this.#add(sum.group);
    row.classList.toggle("is-quiet", this.#whole && !sum.live && !sum.lost);
    this.#figures(row, sum);
  }

  #sayDay(group, row) {
    const today = this.#today;
    sayDay(row, today?.rows[group], today ? `${today.query}&group=${encodeURIComponent(group)}` : null);
  }

  /** The server reckons all of them together: where a filter leaves out some groups, it has no figures of the rest. */
  #sayTotal() {
    const today = this.#today;
    sayDay(this.#total, this.#totalIsKnown ? today?.all : null, today?.query_of_all);
  }

  #figures(row, sum) {
    for (const [at, name] of ["waiting", null, ...FIGURES].entries()) {
      if (name) say(row.children[at + 1], this.#whole ? figure(sum[name]) : NOT_YET);
    }
  }

  #add(group) {
    const word = choiceWord("group", group);
    const name = make("span", { class: "cut", dir: "auto", title: word, text: word });
    const open = make("button", { type: "button" }, name, icon("down"));
    const row = rowOf({ "data-group": group }, make("th", { scope: "row", role: "rowheader" }, open));
    this.#rows.set(group, row);
    this.#sayDay(group, row);
    this.#body.append(row);
    return row;
  }
}

function rowOf(attributes, head) {
  const cells = Array.from({ length: LIVE_COLUMNS }, () => make("td", { role: "cell" }));
  cells[0].className = "waiting";
  cells[1].className = "timer";
  return make("tr", { role: "row", ...attributes }, head, ...cells, ...dayCells());
}
