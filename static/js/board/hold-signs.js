/** What is said of lists that hold still: how much waits to be shown, who has come meanwhile, and that it is frozen. */

import { icon, make, say, sayNumber, set } from "../shared/dom.js";
import { count, figure, phoneParts, timer } from "../shared/format.js";
import { sayName } from "./cells.js";

const FREEZE = "Freeze";

/** The button that freezes and lets go, and the question whether somebody still reads. */
export class FreezeSign {
  #button;
  #word;
  #question;

  constructor(button, question) {
    this.#button = button;
    this.#word = button.querySelector("span");
    this.#question = question;
  }

  tell(calm) {
    set(this.#button, "aria-pressed", String(calm.frozen));
    const length = calm.frozen ? timer(calm.frozenFor) : null;
    say(this.#word, calm.frozen ? `Frozen ${length} · go on` : FREEZE);
    // A phone has room for the length only.
    set(this.#button, "data-for", length);
    this.#question.hidden = !calm.asks;
  }
}

/** The pills above the lists. */
export class Pills {
  #moves;
  #more;

  constructor(moves, more) {
    this.#moves = moves;
    this.#more = more;
  }

  tell(moves, more) {
    this.#moves.hidden = moves === 0;
    say(this.#moves, `${count(moves, "move")} pending`);
    this.#more.hidden = more === 0;
    say(this.#more.lastChild, `${figure(more)} more ended`);
  }
}

/** The band of callers who began to wait while the live list is held: nobody waits unseen. */
export class Newcomers extends EventTarget {
  #root;
  #word = make("button", { class: "newcomers-word", type: "button", title: "Show them in their place" });
  #list = make("div", { class: "newcomers-list" });
  #shown = new Map();
  /** @type {(id: number) => string} */
  #levelOf = () => "fine";

  /** Fires "show", and "choose" (detail: a call's id). */
  constructor(root) {
    super();
    this.#root = root;
    root.append(icon("ringing"), this.#word, this.#list);
    this.#word.addEventListener("click", () => this.dispatchEvent(new Event("show")));
  }

  /** `levelOf(id)`: how bad the wait of a call is. */
  show(calls, now, levelOf) {
    this.#levelOf = levelOf;
    this.#root.hidden = calls.length === 0;
    if (calls.length) say(this.#word, `${count(calls.length, "new caller")} waiting`);
    const wanted = calls.slice(0, MOST_NEWCOMERS);
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, { node }] of this.#shown) if (!ids.has(id)) this.#shown.delete(id) && node.remove();
    for (const [at, call] of wanted.entries()) {
      const { node } = this.#tellOf(call);
      const there = this.#list.children[at] ?? null;
      if (there !== node) this.#list.insertBefore(node, there);
    }
    this.tick(now);
  }

  tick(now) {
    for (const { call, wait } of this.#shown.values()) {
      say(wait, timer(now - call.at.began));
      set(wait, "data-level", this.#levelOf(call.id));
    }
  }

  #tellOf(call) {
    const known = this.#shown.get(call.id) ?? this.#add(call.id);
    known.call = call;
    sayNumber(known.number, phoneParts(call.customer_number));
    sayName(known.group, call.group);
    return known;
  }

  #add(id) {
    const [wait, number, group] = [make("b"), make("span", { class: "number" }), make("span", { class: "cut" })];
    const node = make("button", { class: "newcomer", type: "button" }, wait, number, group);
    node.addEventListener("click", () => this.dispatchEvent(new CustomEvent("choose", { detail: id })));
    const known = { node, wait, number, group };
    this.#shown.set(id, known);
    return known;
  }
}

const MOST_NEWCOMERS = 5;
