/** The bar of filters: search, groups as chips, the other facets as menus, and what is chosen. */

import { icon, make, say, set } from "../shared/dom.js";
import { figure } from "../shared/format.js";
import { DIRECTIONS, lostWord, OUTCOME_LOOKS, OUTCOMES, STATES } from "../shared/words.js";
import { isEmpty, NONE, noFilters, toggled } from "./filters.js";

const CHIPS = 4;
const STATE_ORDER = ["ivr", "dialing", "ringing", "talking", "lost"];

const FACET_WORDS = { group: "Group", direction: "Direction", state: "State", agent: "Agent", outcome: "Outcome" };

/** The word of a facet's value. */
export function choiceWord(facet, value) {
  if (value === NONE) return facet === "group" ? "No group" : "No agent";
  if (facet === "state") return value === "lost" ? lostWord() : (STATES[value] ?? value);
  if (facet === "direction") return DIRECTIONS[value] ?? value;
  if (facet === "outcome") return OUTCOMES[value] ?? value;
  return value;
}

/** Fires "filter" (detail: the new filters), and "open" when a menu wants its choices. */
export class FilterBar extends EventTarget {
  #filters = noFilters();
  #search;
  #chips;
  #menus;
  #clear;
  #lists = new Map();
  #chipped = new Set();

  constructor(root) {
    super();
    this.#search = root.querySelector("[type=search]");
    this.#chips = root.querySelector("[data-chips]");
    this.#menus = root.querySelector("[data-menus]");
    this.#clear = root.querySelector("[data-clear]");
    for (const facet of ["group", "direction", "state", "agent", "outcome"]) this.#menus.append(this.#menu(facet));
    this.#search.addEventListener("input", () => this.#choose({ ...this.#filters, q: this.#search.value }));
    this.#clear.addEventListener("click", () => this.clear());
  }

  clear() {
    this.#choose(noFilters());
    this.#search.value = "";
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  focusMenus() {
    const summary = this.#menus.querySelector("summary");
    summary.focus();
    summary.parentElement.open = true;
  }

  /** `choices(facet)`: as filters.js counts them; asked only for what is on the screen. */
  show(filters, choices) {
    this.#filters = filters;
    if (document.activeElement !== this.#search) this.#search.value = filters.q;
    this.#clear.hidden = isEmpty(filters);
    this.#groupChips(choices("group"));
    for (const [facet, menu] of this.#lists) this.#fill(facet, menu, choices);
  }

  #choose(filters) {
    this.dispatchEvent(new CustomEvent("filter", { detail: filters }));
  }

  /** A few busy groups in the order of their names, and whatever is chosen. Who has a chip keeps it. */
  #groupChips(groups) {
    const chosen = this.#filters.group;
    const busiest = [...groups].sort((a, b) => b.count - a.count).map(({ value }) => value);
    for (const value of busiest) if (this.#chipped.size < CHIPS) this.#chipped.add(value);
    const shown = groups.filter(
      ({ value }) => groups.length <= CHIPS + 2 || this.#chipped.has(value) || chosen.includes(value),
    );
    const key = shown.map(({ value }) => `${value}=${chosen.includes(value)}`).join();
    if (this.#chips.key !== key) {
      this.#chips.key = key;
      this.#chips.replaceChildren(...shown.map(({ value }) => this.#chip(value, chosen.includes(value))));
    }
    for (const [at, { count }] of shown.entries()) say(this.#chips.children[at].lastChild, figure(count));
  }

  #chip(value, pressed) {
    const word = choiceWord("group", value);
    const chip = make(
      "button",
      { class: "chip", type: "button", "aria-pressed": String(pressed), title: word },
      make("span", { class: "cut", dir: "auto", text: word }),
      make("b"),
    );
    chip.addEventListener("click", () => this.#choose(toggled(this.#filters, "group", value)));
    return chip;
  }

  #menu(facet) {
    const word = make("span", { class: "cut", text: FACET_WORDS[facet] });
    const list = make("div", {
      class: "menu-card menu-card--start choices",
      role: "group",
      "aria-label": FACET_WORDS[facet],
    });
    const summary = make("summary", { class: "chip chip--menu" }, word, icon("down"));
    const menu = make("details", { class: "menu", "data-facet": facet }, summary, list);
    menu.addEventListener("toggle", () => menu.open && this.dispatchEvent(new Event("open")));
    this.#lists.set(facet, { menu, word, summary, list, rows: new Map() });
    return menu;
  }

  #fill(facet, { menu, word, summary, list, rows }, choices) {
    const chosen = this.#filters[facet];
    say(
      word,
      chosen.length
        ? `${FACET_WORDS[facet]}: ${chosen.length === 1 ? choiceWord(facet, chosen[0]) : chosen.length}`
        : FACET_WORDS[facet],
    );
    set(summary, "data-chosen", chosen.length ? "" : null);
    if (!menu.open) return;
    const ordered = inOrder(facet, choices(facet));
    for (const [value, row] of rows)
      if (!ordered.some((choice) => choice.value === value)) rows.delete(value) && row.remove();
    for (const { value, count } of ordered) {
      if (!rows.has(value)) rows.set(value, this.#option(facet, value));
      const row = rows.get(value);
      set(row, "aria-pressed", String(chosen.includes(value)));
      say(row.lastChild, figure(count));
    }
    const wanted = ordered.map(({ value }) => rows.get(value));
    if (!wanted.length) list.replaceChildren(make("p", { class: "muted", text: "Nothing to choose from yet" }));
    else if (wanted.length !== list.children.length || wanted.some((row, at) => list.children[at] !== row))
      list.replaceChildren(...wanted);
  }

  #option(facet, value) {
    const look =
      facet === "state"
        ? value
        : facet === "outcome"
          ? (OUTCOME_LOOKS[value] ?? "unknown")
          : facet === "direction"
            ? value
            : null;
    const word = choiceWord(facet, value);
    const option = make(
      "button",
      { type: "button", "aria-pressed": "false", "data-look": look },
      icon("check"),
      look ? icon(look) : null,
      make("span", { class: "cut", dir: "auto", text: word, title: word }),
      make("b"),
    );
    option.addEventListener("click", () => this.#choose(toggled(this.#filters, facet, value)));
    return option;
  }
}

function inOrder(facet, choices) {
  const order = facet === "state" ? STATE_ORDER : facet === "outcome" ? Object.keys(OUTCOMES) : null;
  return order ? [...choices].sort((a, b) => order.indexOf(a.value) - order.indexOf(b.value)) : choices;
}
