/** One facet's menu in the bar of filters: its choices with their counts, and a search where there may be thousands. */

import { icon, make, say, set } from "../shared/dom.js";
import { figure } from "../shared/format.js";
import { DIRECTIONS, lostWord, OUTCOME_LOOKS, OUTCOMES, STATES, waitingWord } from "../shared/words.js";
import { NONE } from "./filters.js";

const FACET_WORDS = { group: "Group", direction: "Direction", state: "State", agent: "Agent", outcome: "Outcome" };

export const facetWord = (facet) => FACET_WORDS[facet];

/** Beyond so many choices nobody reads on: one types. */
export const MOST_CHOICES = 50;

const ARROWS = new Set(["ArrowDown", "ArrowUp"]);

/** The word of a facet's value. */
export function choiceWord(facet, value) {
  if (value === NONE) return facet === "group" ? "No group" : "No agent";
  if (facet === "state") return { lost: lostWord(), waiting: waitingWord() }[value] ?? STATES[value] ?? value;
  if (facet === "direction") return DIRECTIONS[value] ?? value;
  if (facet === "outcome") return OUTCOMES[value] ?? value;
  return value;
}

/** How many calls a choice would show; not known while not all calls are. */
export const countWord = (count) => (count === null ? "…" : figure(count));

/** The choices to show: those chosen first, then those that the search finds, 50 at most; and how many are left out. */
export function shortened(choices, chosen, asked, wordOf) {
  const words = asked.toLowerCase().split(/\s+/).filter(Boolean);
  const found = choices.filter(({ value }) => words.every((word) => wordOf(value).toLowerCase().includes(word)));
  const first = [...found].sort((a, b) => Number(chosen.includes(b.value)) - Number(chosen.includes(a.value)));
  return { shown: first.slice(0, MOST_CHOICES), left: Math.max(0, first.length - MOST_CHOICES) };
}

/** Fires "choose" (detail: the value), and "open" when it wants its choices. */
export class FilterMenu extends EventTarget {
  #facet;
  #word = make("span", { class: "cut" });
  #summary = make("summary", { class: "chip chip--menu" }, this.#word, icon("down"));
  #list;
  /** @type {HTMLInputElement | null} */
  #search = null;
  #more = make("p", { class: "muted", hidden: true });
  #rows = new Map();

  constructor(facet, searched = false) {
    super();
    this.#facet = facet;
    this.#list = make("div", { class: "choice-list", role: "group", "aria-label": FACET_WORDS[facet] });
    if (searched) this.#search = this.#searchField();
    const card = make("div", { class: "menu-card menu-card--start choices" }, this.#search, this.#list, this.#more);
    this.node = make("details", { class: "menu", "data-facet": facet }, this.#summary, card);
    this.node.addEventListener("toggle", () => this.#toggled());
    this.node.addEventListener("keydown", (event) => ARROWS.has(event.key) && this.#fillAtOnce());
  }

  /** `choices()`: as filters.js counts them; asked only while the menu is open. */
  show(chosen, choices) {
    const word = FACET_WORDS[this.#facet];
    const one = chosen.length === 1 ? choiceWord(this.#facet, chosen[0]) : chosen.length;
    say(this.#word, chosen.length ? `${word}: ${one}` : word);
    set(this.#summary, "data-chosen", chosen.length ? "" : null);
    if (this.node.open) this.#fill(chosen, choices());
  }

  /** "toggle" is fired a moment after a menu opens: an arrow that is quicker finds the choices all the same. */
  #fillAtOnce() {
    if (this.#list.children.length) return;
    this.node.open = true;
    this.dispatchEvent(new Event("open"));
  }

  /** What was shown is dropped with the menu: a closed one costs nothing. */
  #toggled() {
    if (this.node.open) {
      this.dispatchEvent(new Event("open"));
      this.#search?.focus();
      return;
    }
    if (this.#search) this.#search.value = "";
    this.#rows.clear();
    this.#list.replaceChildren();
  }

  #searchField() {
    const label = `Find in ${FACET_WORDS[this.#facet].toLowerCase()}s`;
    const field = make("input", {
      type: "search",
      class: "choice-search",
      "aria-label": label,
      placeholder: "Find",
      autocomplete: "off",
    });
    field.addEventListener("input", () => this.dispatchEvent(new Event("open")));
    return field;
  }

  #fill(chosen, choices) {
    const wordOf = (value) => choiceWord(this.#facet, value);
    const { shown, left } = this.#search
      ? shortened(choices, chosen, this.#search.value, wordOf)
      : { shown: choices, left: 0 };
    const wanted = shown.map(({ value, count }) => this.#row(value, count, chosen.includes(value)));
    const present = new Set(shown.map(({ value }) => value));
    for (const value of [...this.#rows.keys()]) if (!present.has(value)) this.#rows.delete(value);
    if (!wanted.length) wanted.push(make("p", { class: "muted", text: "Nothing to choose from" }));
    const same =
      wanted.length === this.#list.children.length && wanted.every((row, at) => this.#list.children[at] === row);
    if (!same) this.#list.replaceChildren(...wanted);
    this.#more.hidden = left === 0;
    say(this.#more, `${figure(left)} more: type to find them`);
  }

  #row(value, count, pressed) {
    if (!this.#rows.has(value)) this.#rows.set(value, this.#option(value));
    const row = this.#rows.get(value);
    set(row, "aria-pressed", String(pressed));
    say(row.lastChild, countWord(count));
    return row;
  }

  #option(value) {
    const look = lookOf(this.#facet, value);
    const word = choiceWord(this.#facet, value);
    const option = make(
      "button",
      { type: "button", "aria-pressed": "false", "data-look": look },
      icon("check"),
      look ? icon(look) : null,
      make("span", { class: "cut", dir: "auto", text: word, title: word }),
      make("b"),
    );
    option.addEventListener("click", () => this.dispatchEvent(new CustomEvent("choose", { detail: value })));
    return option;
  }
}

function lookOf(facet, value) {
  if (facet === "state") return value === "waiting" ? "clock" : value;
  if (facet === "direction") return value;
  return facet === "outcome" ? (OUTCOME_LOOKS[value] ?? "unknown") : null;
}
