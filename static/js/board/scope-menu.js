/** Whose calls the board is about: the header's choice of groups, here without a new page. */

import { say, set } from "../shared/dom.js";
import { choiceWord } from "./filter-menu.js";

/** Fires "choose" (detail: a group's name, or null for all). */
export class ScopeMenu extends EventTarget {
  #root;
  #links;
  #carriers;

  /** `carriers`: links to other pages, which the choice goes along with. */
  constructor(root, carriers) {
    super();
    this.#root = root;
    this.#links = [...root.querySelectorAll("[data-group]")];
    this.#carriers = [...carriers];
    root.addEventListener("click", (event) => this.#click(event));
  }

  /** What the person sees in all, in words. */
  get whole() {
    return this.#root.dataset.whole;
  }

  #click(event) {
    const link = event.target.closest("[data-group]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.dispatchEvent(new CustomEvent("choose", { detail: link.dataset.group || null }));
  }

  show(groups) {
    const words = groups.map((group) => choiceWord("group", group)).join(", ") || this.whole;
    const key = groups.join("\n");
    if (this.#root.said === key) return;
    this.#root.said = key;
    const summary = this.#root.querySelector("summary");
    say(summary.querySelector("[data-scope-word]"), words);
    set(summary, "data-chosen", groups.length ? "" : null);
    set(summary, "title", `Calls and figures of: ${words}.`);
    for (const link of this.#links) {
      const chosen = link.dataset.group ? groups.includes(link.dataset.group) : !groups.length;
      set(link, "aria-current", chosen ? "true" : null);
    }
    for (const link of this.#carriers)
      link.search = String(new URLSearchParams(groups.map((group) => ["group", group])));
  }
}
