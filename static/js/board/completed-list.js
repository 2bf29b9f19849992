/** The calls that ended: the latest 200 of a day. */

/** @import { Call } from "../live/store.js" */
import { make, say, set } from "../shared/dom.js";
import { hover, length, when } from "../shared/format.js";
import { provisionalWord, reasonWord } from "../shared/words.js";
import { customerCell, directionCell, lookOf, sayName, sayParty, stateCell } from "./cells.js";
import { VirtualList } from "../shared/virtual-list.js";

export class CompletedList extends VirtualList {
  get rowHeightToken() {
    return "--completed-row";
  }

  makeRow() {
    return new CompletedRow();
  }
}

class CompletedRow {
  /** @type {Call | null} */
  #call = null;
  #state = stateCell();
  #customer = customerCell();
  #direction = directionCell();
  #length = make("div", { class: "length", role: "gridcell" });
  #agent = make("span", { class: "cut" });
  #group = make("span", { class: "cut faint" });
  #who = make("div", { class: "who", role: "gridcell" }, this.#agent, this.#group);
  #when = make("div", { class: "when", role: "gridcell" });

  node = make(
    "div",
    { class: "row completed-grid", role: "row" },
    this.#state.node,
    this.#direction.node,
    this.#customer.node,
    this.#length,
    this.#when,
    this.#who,
  );

  show(call, context) {
    this.#customer.show(call, 0);
    if (this.#call !== call) this.#facts(call, context.now);
    this.#call = call;
    this.tick(context.now);
  }

  tick(now) {
    const call = this.#call;
    if (call) say(this.#when, call.provisional ? provisionalWord() : when(call.at.ended, now));
  }

  #facts(call, now) {
    const { look, word } = lookOf(call, now);
    this.#state.show(look, word);
    const reason = reasonWord(call.reason);
    set(this.#state.node, "title", reason ? `${word}: ${reason}` : null);
    sayParty(this.#agent, call.agent_name, call.agent_number);
    sayName(this.#group, call.group);
    const { text, title } = lengthOf(call);
    say(this.#length, text);
    set(this.#length, "title", title);
    this.#when.classList.toggle("is-awaited", call.provisional);
    set(this.#when, "title", hover(call.at.ended));
    this.#direction.show(call.direction);
  }
}

/** What counts of an ended call: how long they talked, or how long somebody waited for nothing. */
function lengthOf(call) {
  const title = [
    ["Talked", call.talk_seconds],
    ["Waited", call.wait_seconds],
    ["In all", call.duration_seconds],
  ]
    .map(([word, seconds]) => `${word} ${length(seconds)}`)
    .join("\n");
  if (call.outcome === "answered") return { text: length(call.talk_seconds ?? call.duration_seconds), title };
  return { text: length(call.wait_seconds ?? call.duration_seconds), title };
}
