/** The bar of filters: search, the facets as menus, a few busy groups as chips, and what is chosen. */

import { make, say, set } from "../shared/dom.js";
import { choiceWord, countWord, FilterMenu } from "./filter-menu.js";
import { isEmpty, noFilters, toggled } from "./filters.js";

const CHIPS = 4;
const MENUS = ["state", "outcome", "direction", "agent"];

/** Fires "filter" (detail: the new filters), and "open" when a menu wants its choices. */
export class FilterBar extends EventTarget {
  #filters = noFilters();
  #search;
  #chips;
  #clear;
  #menus = new Map();
  #chipped = new Set();

  constructor(root) {
    super();
    this.#search = root.querySelector("[name=q]");
    this.#chips = root.querySelector("[data-chips]");
    this.#clear = root.querySelector("[data-clear]");
    for (const facet of MENUS) root.querySelector("[data-menus]").append(this.#menu(facet));
    this.#search.addEventListener("input", () => this.#choose({ ...this.#filters, q: this.#search.value }));
    this.#clear.addEventListener("click", () => this.clear());
  }

  clear() {
    this.#choose(noFilters());
    this.#search.value = "";
  }

  /** Empty the search; false where there was nothing to empty. */
  clearSearch() {
    if (!this.#search.value) return false;
    this.#search.value = "";
    this.#choose({ ...this.#filters, q: "" });
    return true;
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  focusMenus() {
    const [first] = this.#menus.values();
    first.node.querySelector("summary").focus();
    first.node.open = true;
  }

  /** `choices(facet)`: as filters.js counts them; asked only for what is on the screen. */
  show(filters, choices) {
    this.#filters = filters;
    if (document.activeElement !== this.#search) this.#search.value = filters.q;
    set(this.#clear, "data-idle", isEmpty(filters) ? "" : null);
    this.#clear.disabled = isEmpty(filters);
    this.#groupChips(choices("group"));
    for (const [facet, menu] of this.#menus) menu.show(filters[facet], () => choices(facet));
  }

  #choose(filters) {
    this.dispatchEvent(new CustomEvent("filter", { detail: filters }));
  }

  #menu(facet) {
    const menu = new FilterMenu(facet, facet === "agent");
    menu.addEventListener("open", () => this.dispatchEvent(new Event("open")));
    menu.addEventListener("choose", (event) => {
      const { detail } = /** @type {CustomEvent} */ (event);
      this.#choose(toggled(this.#filters, facet, detail));
    });
    this.#menus.set(facet, menu);
    return menu.node;
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
    for (const [at, { count }] of shown.entries()) say(this.#chips.children[at].lastChild, countWord(count));
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
}
