/** The dock of one call: its timeline, its facts, and why they are so. */

/** @import { Call } from "../live/store.js" */
import { become, icon, make, say } from "../shared/dom.js";
import { learnSpacing, phoneParts, timer } from "../shared/format.js";
import { callFacts, copyButton } from "./call-facts.js";
import { callStory } from "./call-story.js";
import { lookOf, stateCell } from "./cells.js";
import { isLost, readCall, since } from "../live/store.js";
import { timeline } from "./timeline.js";

const SKELETON_AFTER_MS = 200;
const AGAIN_AFTER_MS = 1_000;

/**
 * `fetchCall(id, signal)` resolves to {call, story, set_by} or throws {message, again}. Fires "close", and "completed"
 * when the person wants the completed calls back in the column.
 */
export class CallPanel extends HTMLElement {
  #fetch;
  /** @type {Call | null} */
  #call = null;
  /** @type {Record<string, any> | null} */
  #answer = null;
  #id = null;
  /** @type {AbortController | null} */
  #loading = null;
  #askedAt = 0;
  /** As of when the waits are told that go on. */
  #waitsAt = 0;
  #state = stateCell({ role: null });
  #timer = make("div", { class: "panel-timer" });
  #title = make("h2", { class: "panel-title number", tabindex: -1 });
  #copy = make("span");
  #line = make("div");
  #facts = make("div");
  #why = make("section", { class: "panel-part", "aria-label": "Why" });

  begin(fetchCall) {
    this.#fetch = fetchCall;
    const back = this.#button("completed", "back", "Completed", "button button--quiet panel-back");
    const close = this.#button("close", "close", "Close (Esc)", "button button--quiet button--icon");
    const head = make(
      "header",
      { class: "panel-head" },
      make("div", { class: "panel-top" }, this.#state.node, this.#timer, back, close),
      make("div", { class: "panel-name" }, this.#title, this.#copy),
      this.#line,
    );
    this.replaceChildren(
      head,
      make(
        "div",
        { class: "panel-body", tabindex: 0, role: "region", "aria-label": "Details" },
        this.#facts,
        this.#why,
      ),
    );
  }

  #button(event, picture, text, look) {
    const word = make("span", { class: look.includes("--icon") ? "sr-only" : null, text });
    const button = make("button", { class: look, type: "button", title: text }, icon(picture), word);
    button.addEventListener("click", () => this.dispatchEvent(new Event(event)));
    return button;
  }

  /** Open for a call. `known`: its row, where the board has it. `quietly`: leave the focus where it is. */
  open(id, known, now, quietly = false) {
    if (this.#id !== id) this.#forget(id);
    this.#id = id;
    this.hidden = false;
    if (known) this.#show(known, now);
    this.#load(now);
    if (!quietly) this.#title.focus({ preventScroll: true });
  }

  close() {
    this.#forget(null);
    this.#id = null;
    this.hidden = true;
  }

  #forget(id) {
    this.#loading?.abort();
    this.#loading = this.#call = this.#answer = null;
    for (const node of [this.#why, this.#facts, this.#line, this.#copy]) node.replaceChildren();
    say(this.#title, id === null ? "" : `Call ${id}`);
    say(this.#timer, "");
  }

  /** The board knows more of the call: show it, and ask for the story again, at most once a second. */
  follow(call, now) {
    if (this.#id === null || call === null || call.id !== this.#id || call === this.#call) return;
    this.#show(call, now);
    this.#askAgain(now);
  }

  tick(now) {
    const call = this.#call;
    if (!call || this.#id === null) return;
    const { look, word } = lookOf(call, now);
    this.#state.show(look, word);
    say(this.#timer, call.isEnded ? "" : timer(now - since(call)));
    this.classList.toggle("is-lost", isLost(call, now));
    if (!call.isEnded) this.#particulars(call, now);
    this.#askAgain(now);
  }

  /** What came in while the last answer was under way, and what has come to be by itself. */
  #askAgain(now) {
    const [call, answer] = [this.#call, this.#answer];
    if (!call || !answer) return;
    const grown = call.seq > answer.call.seq;
    // A wait passes its threshold, and a call is lost track of, though nobody says anything.
    const over = answer.call.waits?.stands_until && now >= Date.parse(answer.call.waits.stands_until);
    if ((grown || over) && !this.#loading && now - this.#askedAt >= AGAIN_AFTER_MS) this.#load(now);
  }

  async #load(now) {
    this.#loading?.abort();
    const asking = new AbortController();
    this.#loading = asking;
    this.#askedAt = now;
    const skeleton = setTimeout(
      () => this.#answer === null && this.#loading === asking && this.#skeleton(),
      SKELETON_AFTER_MS,
    );
    try {
      const answer = await this.#fetch(this.#id, asking.signal);
      if (!asking.signal.aborted) this.#told(answer, now);
    } catch (problem) {
      if (!asking.signal.aborted) this.#failed(problem, now);
    } finally {
      clearTimeout(skeleton);
      if (this.#loading === asking) this.#loading = null;
    }
  }

  #told(answer, now) {
    this.#answer = answer;
    learnSpacing(answer.call.spaced);
    const call = readCall(answer.call);
    this.#show(!this.#call || call.seq >= this.#call.seq ? call : this.#call, now);
    become.children(this.#why, [make("h3", { text: "Why" }), callStory(answer.story)]);
  }

  #failed(problem, now) {
    const again =
      problem.again === false ? null : make("button", { class: "button", type: "button", text: "Try again" });
    again?.addEventListener("click", () => this.#load(now));
    const words = make("div", {}, make("p", { text: problem.message }), again);
    this.#why.replaceChildren(make("div", { class: "note note--plain", role: "alert" }, icon("warn"), words));
  }

  #skeleton() {
    this.#why.replaceChildren(
      make("h3", { text: "Why" }),
      ...Array.from({ length: 3 }, () => make("div", { class: "skeleton" })),
    );
  }

  #show(call, now) {
    this.#call = call;
    this.#title.said = undefined;
    become.children(
      this.#title,
      phoneParts(call.customer_number).map((text) => make("span", { text })),
    );
    become.children(this.#copy, call.customer_number ? [copyButton(call.customer_number, "the number")] : []);
    if (call.isEnded) this.#particulars(call, now);
    this.tick(now);
  }

  #particulars(call, now) {
    const told = this.#answer?.call;
    // What was told of a call that has changed since stands still until it is told anew.
    if (!told || told.seq >= call.seq) this.#waitsAt = now;
    become.children(this.#line, [timeline(call, now)].filter(Boolean));
    become.children(this.#facts, callFacts(call, told, this.#waitsAt));
  }
}
