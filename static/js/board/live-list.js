/** The live calls. */

/** @import { Call } from "../live/store.js" */
import { make, say, set } from "../shared/dom.js";
import { ordinal, timer } from "../shared/format.js";
import {
  attemptOrdinal,
  attemptShape,
  attemptsInWords,
  customerCell,
  directionCell,
  lookOf,
  sayName,
  sayParty,
  stateCell,
} from "./cells.js";
import { tint } from "./fly.js";
import { isWaiting, since } from "../live/store.js";
import { VirtualList } from "../shared/virtual-list.js";

const HEADS = ["State", "Wait / talk", "Ring / total", "", "Customer", "Number", "Group", "Agent", "Rung"];
const DOTS = 5;

export class LiveList extends VirtualList {
  begin() {
    const heads = HEADS.map((text) =>
      make(
        "div",
        { role: "columnheader", text: text || null },
        text ? null : make("span", { class: "sr-only", text: "Direction" }),
      ),
    );
    super.begin(make("div", { class: "heads live-grid", role: "row", "aria-rowindex": 1 }, ...heads));
  }

  makeRow() {
    return new LiveRow();
  }
}

class LiveRow {
  /** @type {Call | null} */
  #call = null;
  /** @type {(id: number) => string} */
  #levelOf = () => "fine";
  #state = stateCell();
  #timer = make("div", { class: "timer", role: "gridcell" });
  #total = make("div", { class: "total", role: "gridcell" });
  #direction = directionCell();
  #customer = customerCell();
  #line = make("div", { class: "line cut", role: "gridcell" });
  #group = make("div", { class: "group cut", role: "gridcell" });
  #agentName = make("span", { class: "cut" });
  #ordinal = make("span", { class: "ordinal" });
  #agent = make("div", { class: "agent", role: "gridcell" }, this.#agentName, this.#ordinal);
  #attempts = make("div", { class: "attempts", role: "gridcell" });

  node = make(
    "div",
    { class: "row live-grid", role: "row" },
    this.#state.node,
    this.#timer,
    this.#total,
    this.#direction.node,
    this.#customer.node,
    this.#line,
    this.#group,
    this.#agent,
    this.#attempts,
  );

  show(call, context, calm) {
    const changed = calm && this.#call !== null && this.#call.id === call.id && this.#call.state !== call.state;
    const same = this.#call === call;
    this.#call = call;
    this.#levelOf = context.waitLevelOf;
    this.node.classList.toggle("is-left", Boolean(call.left));
    this.#customer.show(call, context.repeatsOf(call.customer_key) - Number(call.isEnded));
    if (!same) this.#facts(call);
    this.tick(context.now);
    if (changed) tint(this.#state.node);
  }

  tick(now) {
    const call = this.#call;
    if (!call) return;
    const { look, word } = lookOf(call, now);
    this.#state.show(look, word);
    this.node.classList.toggle("is-lost", look === "lost");
    const end = call.isEnded ? call.at.ended : now;
    const whole = timer(end - call.at.began);
    const inState = call.isEnded ? timer(null) : timer(end - since(call));
    // Who waits began to wait with the call, not with the phone that rings now.
    const waiting = isWaiting(call, now);
    say(this.#timer, waiting ? whole : inState);
    say(this.#total, waiting ? inState : whole);
    set(this.#timer, "title", waiting ? "Waiting in all" : null);
    set(this.#total, "title", waiting ? "In this state, or at this phone" : "The whole call");
    set(this.#timer, "data-level", waiting ? this.#levelOf(call.id) : "fine");
  }

  #facts(call) {
    this.#direction.show(call.direction);
    sayParty(this.#line, call.virtual_label, call.virtual_number);
    sayName(this.#group, call.group);
    sayParty(this.#agentName, call.agent_name, call.agent_number);
    const nth = attemptOrdinal(call);
    say(this.#ordinal, nth > 1 ? ordinal(nth) : "");
    this.#rung(call);
  }

  #rung(call) {
    const key = call.attempts.map((attempt) => attempt.state).join();
    if (this.#attempts.key === key) return;
    this.#attempts.key = key;
    const words = attemptsInWords(call);
    const dots = call.attempts
      .slice(-DOTS)
      .map((attempt) => make("i", { class: `dot dot--${attemptShape(attempt.state)}` }));
    const more = call.attempts.length > DOTS ? make("span", { class: "faint", text: `${call.attempts.length}` }) : null;
    this.#attempts.replaceChildren(
      ...[more, ...dots, make("span", { class: "sr-only", text: words || "nobody yet" })].filter(Boolean),
    );
    set(this.#attempts, "title", words || null);
  }
}
