/** The side panel: the facts of one call, and why they are so. */

import { icon, make, say } from "../shared/dom.js";
import { clockSeconds, count, dayTime, exact, hover, learnSpacing, length, phone, phoneParts, timer, UNKNOWN } from "../shared/format.js";
import { asideSentence, attemptWord, DIRECTIONS, fieldWord, flagWord, kindWord, OUTCOMES, provisionalWord, reasonWord, RESULTS, rolesWord, STATES } from "../shared/words.js";
import { attemptShape, lookOf, stateCell } from "./cells.js";
import { isLost, readCall, since } from "../live/store.js";

const SKELETON_AFTER_MS = 200;
const AGAIN_AFTER_MS = 1_000;

/**
 * `fetchCall(id, signal)` resolves to {call, story, set_by} or throws {message}. Fires "close".
 */
export class CallPanel extends HTMLElement {
  #fetch;
  #call = null;
  #answer = null;
  #id = null;
  #loading = null;
  #askedAt = 0;
  #state = stateCell({ role: null });
  #timer = make("div", { class: "panel-timer" });
  #title = make("h2", { class: "panel-title number", tabindex: -1 });
  #facts = make("div");
  #why = make("section", { class: "panel-part", "aria-label": "Why" });

  begin(fetchCall) {
    this.#fetch = fetchCall;
    const close = make("button", { class: "button button--quiet button--icon", type: "button", title: "Close (Esc)" }, icon("close"), make("span", { class: "sr-only", text: "Close" }));
    close.addEventListener("click", () => this.dispatchEvent(new Event("close")));
    const head = make("header", { class: "panel-head" }, make("div", { class: "panel-top" }, this.#state.node, this.#timer, close), this.#title);
    this.replaceChildren(head, make("div", { class: "panel-body", tabindex: 0, role: "region", "aria-label": "Details" }, this.#facts, this.#why));
  }

  /** Open for a call. `known`: its row, where the board has it. */
  open(id, known, now) {
    if (this.#id !== id) {
      this.#answer = null;
      this.#why.replaceChildren();
      this.#facts.replaceChildren();
      this.#call = null;
      say(this.#title, `Call ${id}`);
      say(this.#timer, "");
    }
    this.#id = id;
    this.hidden = false;
    if (known) this.#show(known, now);
    this.#load(now);
    this.#title.focus({ preventScroll: true });
  }

  close() {
    this.#loading?.abort();
    this.#loading = null;
    this.#id = null;
    this.#call = null;
    this.#answer = null;
    this.hidden = true;
  }

  /** The board knows more of the call: show it, and ask for the story again, at most once a second. */
  follow(call, now) {
    if (this.#id === null || call === null || call.id !== this.#id || call === this.#call) return;
    const grown = call.seq > (this.#answer?.call.seq ?? 0);
    this.#show(call, now);
    if (grown && !this.#loading && now - this.#askedAt >= AGAIN_AFTER_MS) this.#load(now);
  }

  tick(now) {
    const call = this.#call;
    if (!call || this.#id === null) return;
    const { look, word } = lookOf(call, now);
    this.#state.show(look, word);
    say(this.#timer, call.isEnded ? "" : timer(now - since(call)));
    this.classList.toggle("is-lost", isLost(call, now));
    // What came in while the last answer was under way.
    if (this.#answer && call.seq > this.#answer.call.seq && !this.#loading && now - this.#askedAt >= AGAIN_AFTER_MS) this.#load(now);
  }

  async #load(now) {
    this.#loading?.abort();
    const asking = new AbortController();
    this.#loading = asking;
    this.#askedAt = now;
    const skeleton = setTimeout(() => this.#answer === null && this.#skeleton(), SKELETON_AFTER_MS);
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
    if (!this.#call || call.seq >= this.#call.seq) this.#show(call, now);
    else this.#show(this.#call, now);
    this.#why.replaceChildren(make("h3", { text: "Why" }), storyOf(answer.story));
  }

  #failed(problem, now) {
    const again = make("button", { class: "button", type: "button", text: "Try again" });
    again.addEventListener("click", () => this.#load(now));
    this.#why.replaceChildren(
      make("h3", { text: "Why" }),
      make("div", { class: "note note--plain", role: "alert" }, icon("warn"), make("div", {}, make("p", { text: problem.message }), again)),
    );
  }

  #skeleton() {
    this.#why.replaceChildren(make("h3", { text: "Why" }), ...Array.from({ length: 3 }, () => make("div", { class: "skeleton" })));
  }

  #show(call, now) {
    this.#call = call;
    this.#title.said = undefined;
    this.#title.replaceChildren(...phoneParts(call.customer_number).map((text) => make("span", { text })));
    this.#facts.replaceChildren(...[factsOf(call, this.#answer?.call), waitsOf(call), attemptsOf(call), flagsOf(call)].filter(Boolean));
    this.tick(now);
  }
}

function part(title, ...children) {
  return make("section", { class: "panel-part" }, title ? make("h3", { text: title }) : null, ...children);
}

function factsOf(call, told) {
  const agent = call.agent_name ? [call.agent_name, call.agent_number && number(call.agent_number)] : [call.agent_number && number(call.agent_number)];
  const line = call.virtual_label ? [call.virtual_label, call.virtual_number && number(call.virtual_number)] : [call.virtual_number && number(call.virtual_number)];
  return part(
    null,
    make(
      "dl",
      { class: "facts" },
      ...fact("Outcome", call.isEnded ? outcomeOf(call) : null),
      ...fact("Direction", DIRECTIONS[call.direction]),
      ...fact("Number", ...line),
      ...fact("Group", call.group ?? UNKNOWN),
      ...fact(call.state === "ringing" ? "Ringing at" : "Agent", ...agent),
      ...fact("Began", moment(call.at.began)),
      ...fact("Answered", call.at.answered && moment(call.at.answered)),
      ...fact("Ended", call.at.ended && moment(call.at.ended)),
      ...fact("Talked", call.talk_seconds === null ? null : length(call.talk_seconds)),
      ...fact("In all", call.duration_seconds === null ? null : length(call.duration_seconds)),
      ...fact("Coins", call.coins),
      ...fact("Provider says", call.provider_status),
      ...fact("Source", call.source),
      ...fact("Provider's id", call.ref && make("code", { text: call.ref })),
      ...fact("Recording", recording(call, told)),
    ),
  );
}

function outcomeOf(call) {
  const reason = reasonWord(call.reason);
  const words = [OUTCOMES[call.outcome] ?? "Unknown", reason && `(${reason})`, call.provisional && `· ${provisionalWord()}`];
  return words.filter(Boolean).join(" ");
}

function recording(call, told) {
  if (told?.recording_url) {
    return make("a", { href: told.recording_url, target: "_blank", rel: "noopener noreferrer", referrerpolicy: "no-referrer", text: "Listen at the provider" });
  }
  return call.has_recording && told ? "There is one, but not for this account" : null;
}

const number = (text) => make("span", { class: "number muted" }, ...phoneParts(text).map((each) => make("span", { text: each })));

const moment = (at) => make("time", { datetime: new Date(at).toISOString(), title: hover(at), text: exact(at) });

/** A term with what there is to say; nothing where there is nothing. */
function fact(word, ...values) {
  const known = values.filter((value) => value !== null && value !== undefined && value !== "" && value !== false);
  return known.length ? [make("dt", { text: word }), make("dd", {}, ...known.flatMap((value, at) => (at ? [" ", value] : [value])))] : [];
}

/** The three clocks of a wait; of a call nobody answered, until its end. */
function waitsOf(call) {
  if (call.direction !== "incoming") return null;
  const end = call.at.answered ?? call.at.ended;
  const whole = end !== null && call.at.started !== null ? seconds(end - call.at.started) : null;
  const rung = end !== null && call.at.ringing !== null ? seconds(end - call.at.ringing) : null;
  if (whole === null && rung === null && call.wait_seconds === null) return null;
  const wait = (word, about, value) => make("div", {}, make("dt", { text: word, title: about }), make("dd", { text: length(value) }));
  return part(
    "Waited",
    make(
      "dl",
      { class: "waits" },
      wait("whole call", "From the start of the call, greeting and menu included", whole),
      wait("after pick-up", "From when the system picked up: the wait that is counted", call.wait_seconds),
      wait("ringing", "From when an agent's phone began to ring", rung),
    ),
  );
}

const seconds = (ms) => Math.max(0, Math.round(ms / 1000));

function attemptsOf(call) {
  if (!call.attempts.length) return null;
  const items = call.attempts.map((attempt) =>
    make(
      "li",
      {},
      make("i", { class: `dot dot--${attemptShape(attempt.state)}` }),
      attempt.agent_name ? make("span", { text: attempt.agent_name }) : number(attempt.agent_number),
      make("span", { class: "muted", text: attemptWord(attempt.state) }),
      attempt.at ? make("time", { class: "faint", datetime: attempt.at, title: hover(Date.parse(attempt.at)), text: seconded(attempt.at) }) : null,
    ),
  );
  return part("Phones that rang", make("ol", { class: "attempts-list" }, ...items));
}

const seconded = (text) => clockSeconds(Date.parse(text));

function flagsOf(call) {
  const words = [...(call.flags ?? []).map(flagWord)];
  if (call.roles_assumed) words.push(rolesWord());
  return words.length ? part("To know", make("ul", { class: "flags" }, ...words.map((text) => make("li", {}, icon("warn"), make("span", { text }))))) : null;
}

/** Each delivery in order of arrival: what it changed, what it said in vain. */
function storyOf(story) {
  if (!story.length) return make("p", { class: "muted", text: "The deliveries of this call are no longer kept." });
  return make("ol", { class: "story" }, ...story.map((step) => stepOf(step, story)));
}

function stepOf(step, story) {
  const node = make("li", { class: "step", "data-kind": step.kind });
  const result = step.result === "applied" ? null : RESULTS[step.result];
  node.append(
    make(
      "p",
      { class: "step-head" },
      make("b", { text: kindWord(step.kind) }),
      step.provider_status ? make("span", { class: "muted", text: `“${step.provider_status}”` }) : null,
      result ? make("span", { class: "badge badge--plain", text: result }) : null,
      make("time", { class: "faint", datetime: step.received_at, title: hover(Date.parse(step.received_at)), text: seconded(step.received_at) }),
    ),
  );
  if (step.changed.length) node.append(make("ul", { class: "changes" }, ...step.changed.map((change) => changeOf(change, step, story))));
  else node.append(make("p", { class: "faint", text: "Changed nothing" }));
  const more = [
    asideSentence(step.reason),
    step.ignored.length && `Not taken over: ${step.ignored.map((field) => fieldWord(field).toLowerCase()).join(", ")}`,
    step.repeats && `Came ${count(step.repeats, "more time")}`,
  ].filter(Boolean);
  for (const text of more) node.append(make("p", { class: "faint", text }));
  return node;
}

/** Fields that go on by themselves: a later state is no contradiction of an earlier one. */
const PROGRESS = ["state", "ring_attempts", "provider_status", "flags"];

/** Whether a later delivery made something else of a field. */
function isOverruled(field, step, story) {
  const later = story.slice(story.indexOf(step) + 1);
  return !PROGRESS.includes(field) && later.some(({ changed }) => changed.some((change) => change.field === field));
}

function changeOf({ field, from, to }, step, story) {
  const stands = !isOverruled(field, step, story);
  const old = valueWord(field, from);
  return make(
    "li",
    { class: stands ? null : "is-overruled", title: stands ? null : "A later or better-informed delivery overruled this" },
    make("span", { class: "muted", text: fieldWord(field) }),
    make("span", { class: "change" }, ...(old === UNKNOWN ? [] : [make("s", { text: old }), " "]), make("span", { text: valueWord(field, to) })),
  );
}

function valueWord(field, value) {
  if (value === null || value === undefined || value === "") return UNKNOWN;
  if (field === "state") return STATES[value] ?? value;
  if (field === "outcome") return OUTCOMES[value] ?? value;
  if (field === "direction") return DIRECTIONS[value] ?? value;
  if (field === "reason") return reasonWord(value);
  if (field === "flags") return value.length ? value.map(flagWord).join("; ") : UNKNOWN;
  if (field === "ring_attempts") return value.length ? count(value.length, "phone") : UNKNOWN;
  if (field.endsWith("_seconds")) return length(Number(value));
  if (field.endsWith("_at")) return Date.now() - Date.parse(value) > 72_000_000 ? dayTime(Date.parse(value), Date.now()) : seconded(value);
  if (field.endsWith("_number")) return phone(value);
  if (field === "recording_url") return "a recording";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
