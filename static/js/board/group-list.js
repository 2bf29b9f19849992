/** Groups first: a row for each call group, for when there are too many calls to read. */

import { icon, make, say, set } from "../shared/dom.js";
import { figure, middle, timer, UNKNOWN } from "../shared/format.js";
import { STATES, waitingWord } from "../shared/words.js";
import { choiceWord } from "./filter-bar.js";
import { waitLevel } from "../live/levels.js";

const FIGURES = ["ringing", "talking", "ivr", "dialing", "live"];
const COLUMNS = 8;

/** Fires "group" (detail: the group's name) when one is chosen. */
export class GroupList extends HTMLElement {
  #rows = new Map();
  #sums = [];
  #body = make("tbody");

  begin() {
    const states = FIGURES.slice(0, -1).map((state) => STATES[state]);
    const heads = ["Group", waitingWord(), "Longest", ...states, "Live"].map((text) =>
      make("th", { scope: "col", text }),
    );
    this.replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...heads)), this.#body));
    this.addEventListener("click", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      const row = /** @type {HTMLElement} */ (target.closest("tr[data-group]"));
      if (row) this.dispatchEvent(new CustomEvent("group", { detail: row.dataset.group }));
    });
  }

  /** `still`: leave the order as it is, for a hand is on it. */
  show(sums, now, still) {
    this.#sums = sums;
    const present = new Set(sums.map(({ group }) => group));
    for (const [group, row] of this.#rows) {
      if (present.has(group)) continue;
      row.remove();
      this.#rows.delete(group);
    }
    for (const sum of sums) this.#figures(sum);
    if (!still) this.#arrange();
    this.tick(now);
  }

  tick(now) {
    for (const { group, waitingSince } of this.#sums) {
      const cell = this.#rows.get(group).children[2];
      say(cell, waitingSince === null ? UNKNOWN : timer(now - waitingSince));
      set(cell, "data-level", waitingSince === null ? "fine" : waitLevel(now - waitingSince));
    }
  }

  #arrange() {
    let next = this.#body.firstChild;
    for (const { group } of this.#sums) {
      const row = this.#rows.get(group);
      if (row === next) next = next.nextSibling;
      else this.#body.insertBefore(row, next);
    }
  }

  #figures(sum) {
    const row = this.#rows.get(sum.group) ?? this.#add(sum.group);
    say(row.children[1], figure(sum.waiting));
    for (const [at, name] of FIGURES.entries()) say(row.children[at + 3], figure(sum[name]));
  }

  #add(group) {
    const word = choiceWord("group", group);
    const open = make(
      "button",
      { type: "button", title: word.length > 32 ? word : null },
      make("span", { text: middle(word, 32) }),
      icon("down"),
    );
    const cells = Array.from({ length: COLUMNS - 1 }, () => make("td"));
    const row = make("tr", { "data-group": group }, make("th", { scope: "row" }, open), ...cells);
    cells[0].className = "waiting";
    cells[1].className = "timer";
    this.#rows.set(group, row);
    this.#body.append(row);
    return row;
  }
}
