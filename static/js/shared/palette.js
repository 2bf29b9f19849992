/** The palette (Ctrl+K): a number, an agent, a group or a page, found by a few letters from every page. */

import { make } from "./dom.js";

const MOST = 12;

/** Whether a text is meant as a phone number: three digits at least, and nothing that no number holds. */
export const isNumber = (text) => /^[+\d\s().-]+$/.test(text) && text.replace(/\D/g, "").length >= 3;

/**
 * What a few letters find: [{kind, word, url}], those that begin with them first. Pure.
 * `known`: {pages: [{word, url}], groups: [name], agents: [name]}.
 */
export function found(known, text) {
  const asked = text.trim().toLowerCase();
  const board = (name, value) => `/?${new URLSearchParams({ [name]: value })}`;
  const all = [
    ...known.pages.map(({ word, url }) => ({ kind: "Page", word, url })),
    ...known.groups.map((word) => ({ kind: "Group", word, url: board("group", word) })),
    ...known.agents.map((word) => ({ kind: "Agent", word, url: board("agent", word) })),
  ];
  const words = asked.split(/\s+/);
  const matching = all.filter(({ word }) => words.every((each) => word.toLowerCase().includes(each)));
  const begins = ({ word }) => Number(word.toLowerCase().startsWith(asked));
  return matching.sort((a, b) => begins(b) - begins(a)).slice(0, MOST);
}

export class Palette {
  #dialog;
  #field;
  #list;
  #said;
  #pages;
  #host;
  #known = null;
  #at = 0;

  /** `pages`: links of this page; `host`: {fetch(url), go(url)}. */
  constructor(dialog, pages, host) {
    this.#dialog = dialog;
    this.#field = dialog.querySelector("input");
    this.#list = dialog.querySelector("ul");
    this.#said = dialog.querySelector("[data-said]");
    this.#pages = pages;
    this.#host = host;
    this.#field.addEventListener("input", () => this.#look());
    dialog.addEventListener("keydown", (event) => this.#key(event));
    dialog.addEventListener("click", (event) => this.#click(event));
  }

  async open() {
    if (this.#dialog.open) return;
    this.#field.value = "";
    this.#dialog.showModal();
    this.#look();
    await this.#learn();
    this.#look();
  }

  /** Who is signed out finds the pages that stand here. */
  async #learn() {
    const here = this.#pages.map((link) => ({ word: link.textContent.trim(), url: link.href }));
    const none = { pages: [], groups: [], agents: [] };
    const told = this.#known ?? (await this.#host.fetch("/find/").catch(() => none)) ?? none;
    const words = new Set(here.map(({ word }) => `Set-up: ${word}`));
    this.#known = { ...told, pages: [...here, ...told.pages.filter(({ word }) => !words.has(word))] };
  }

  #look() {
    const text = this.#field.value.trim();
    const results = this.#known ? found(this.#known, text) : [];
    if (isNumber(text)) results.unshift({ kind: "Number", word: `Find calls of ${text}`, number: text });
    this.#show(results, this.#known ? "Nothing is called so." : "");
  }

  #show(results, otherwise) {
    this.#list.replaceChildren(...results.map((result, at) => option(result, at)));
    this.#said.textContent = results.length ? "" : otherwise;
    this.#move(0, true);
  }

  #move(steps, anew = false) {
    const options = this.#list.children;
    this.#at = anew || !options.length ? 0 : (this.#at + steps + options.length) % options.length;
    for (const [at, each] of [...options].entries()) each.setAttribute("aria-selected", String(at === this.#at));
    this.#field.setAttribute("aria-activedescendant", options[this.#at]?.id ?? "");
    options[this.#at]?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (steps) this.#move(steps);
    else if (event.key === "Enter") this.#choose(this.#list.children[this.#at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #click(event) {
    if (event.target === this.#dialog) this.#dialog.close();
    else this.#choose(event.target.closest("[role=option]"));
  }

  #choose(chosen) {
    if (!chosen) return;
    if (chosen.dataset.number) this.#findCalls(chosen.dataset.number);
    else this.#host.go(chosen.dataset.url);
  }

  /** Asked for once, when it is chosen: the server keeps who looked for which number. */
  async #findCalls(number) {
    this.#said.textContent = "Looking …";
    const query = new URLSearchParams({ number, limit: "10" });
    const told = await this.#host.fetch(`/api/calls/?${query}`).catch((problem) => ({ problem }));
    if (told.problem) this.#show([], told.problem.message);
    else this.#show(told.calls.map(callResult), `No call of ${number} is known.`);
  }
}

function callResult(call) {
  const when = new Date(call.began_at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  const word = [call.customer_number, call.agent_name ?? call.agent_number, when].filter(Boolean).join(" · ");
  return { kind: "Call", word, url: `/?call=${call.id}` };
}

function option({ kind, word, url, number }, at) {
  return make(
    "li",
    { role: "option", id: `palette-${at}`, "data-url": url, "data-number": number },
    make("span", { class: "cut", dir: "auto", text: word }),
    make("span", { class: "muted", text: kind }),
  );
}
