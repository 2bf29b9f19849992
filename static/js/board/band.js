/** The attention band: at most eight lines above the lists, and no height while there is none. */

import { icon, make, say, sayNumber, set } from "../shared/dom.js";
import { about, clock, figure, ordinal, phoneParts, timer } from "../shared/format.js";
import { attentionWord } from "../shared/words.js";
import { Order } from "./order.js";

const SNOOZES = [5, 15];
const MINUTE_MS = 60_000;

export class AttentionBand extends EventTarget {
  #root;
  #list;
  #count;
  #more;
  #pill;
  #order = new Order({ keyOf: ({ key }) => key, appends: false });
  #lines = new Map();
  #shown = [];

  /** Fires "choose" (detail: a call's id), "snooze" (detail: {key, ms}) and "show". `pill`: what counts unseen lines. */
  constructor(root, pill) {
    super();
    this.#root = root;
    this.#pill = pill;
    this.#list = root.querySelector("ol");
    this.#count = root.querySelector("[data-count]");
    this.#more = root.querySelector("[data-more]");
    pill.addEventListener("click", () => this.dispatchEvent(new Event("show")));
  }

  /**
   * Show these lines. `all`: how many there are. `held`: a hand is on the band, so lines stay where they are;
   * `steady`: a hand is on what stands below, so the band keeps its height. `current`: whether they are those of now.
   */
  show(lines, all, now, { held, steady }) {
    const places = this.#list.children.length; // those kept empty count, too
    const wanted = steady && !held ? lines.slice(0, places) : lines;
    const still = held && this.#shown.length > 0;
    this.#shown = this.#order.rows(still || !held ? wanted : [], still, (key) => this.#lines.get(key)?.line ?? null);
    this.#place(steady ? places : 0);
    const seen = this.#shown.filter(({ left }) => !left).length;
    const unseen = still ? this.#order.arrived.length : Math.max(0, lines.length - seen);
    this.#root.hidden = this.#list.children.length === 0;
    say(this.#count, figure(all));
    say(this.#more, all > lines.length ? `${figure(all - lines.length)} more` : "");
    this.#pill.hidden = unseen === 0;
    say(this.#pill.lastChild, `${figure(unseen)} more ${unseen === 1 ? "needs" : "need"} attention`);
    this.tick(now);
  }

  tick(now) {
    for (const line of this.#lines.values()) line.tick(now);
  }

  clear() {
    this.show([], 0, 0, { held: false, steady: false });
  }

  /** Put the focus on the first line. */
  focus() {
    if (!this.#root.hidden) this.#list.querySelector("button")?.focus();
    return !this.#root.hidden;
  }

  /** The lines in their order, and so many places at least, empty where there are fewer lines. */
  #place(places) {
    const keys = new Set(this.#shown.map(({ key }) => key));
    for (const [key, { node }] of this.#lines) if (!keys.has(key)) this.#lines.delete(key) && node.remove();
    for (const [at, line] of this.#shown.entries()) {
      const known = this.#lines.get(line.key) ?? this.#add(line.key, line.call !== null);
      known.show(line);
      const there = this.#list.children[at] ?? null;
      if (there !== known.node) this.#list.insertBefore(known.node, there);
    }
    while (this.#list.children.length > Math.max(places, this.#shown.length)) this.#list.lastElementChild.remove();
    while (this.#list.children.length < places)
      this.#list.append(make("li", { class: "attention-line", "aria-hidden": "true" }));
  }

  #add(key, opens) {
    const line = new Line(opens, {
      choose: (id) => this.dispatchEvent(new CustomEvent("choose", { detail: id })),
      snooze: (minutes) => this.dispatchEvent(new CustomEvent("snooze", { detail: { key, ms: minutes * MINUTE_MS } })),
    });
    this.#lines.set(key, line);
    return line;
  }
}

/** One line: how bad, for how long, why, who. */
class Line {
  /** @type {Record<string, any>} */
  line = {};
  #level = make("span");
  #timer = make("b", { class: "attention-timer" });
  #why = make("span", { class: "attention-why cut" });
  #number = make("span", { class: "number" });
  #group = make("span", { class: "attention-group cut", dir: "auto" });
  #snooze = make(
    "button",
    { class: "tool", type: "button", title: "Not now", "aria-expanded": "false" },
    icon("snooze"),
  );
  #choice = make("span", { class: "attention-choice", hidden: true });

  /** `opens`: whether it is about a call; `deeds`: {choose(id), snooze(minutes)}. */
  constructor(opens, deeds) {
    const parts = [
      make("span", { class: "level" }, make("i", { class: "level-shape" }), this.#level),
      this.#timer,
      this.#why,
      this.#number,
      this.#group,
    ];
    const open = make(opens ? "button" : "span", { class: "attention-open", type: opens ? "button" : null }, ...parts);
    if (opens) open.addEventListener("click", () => deeds.choose(this.line.call.id));
    this.#snooze.append(make("span", { class: "sr-only", text: "Snooze this line" }));
    this.#snooze.addEventListener("click", () => this.#ask(this.#choice.hidden));
    for (const minutes of SNOOZES) this.#choice.append(this.#snoozeFor(minutes, deeds));
    this.node = make("li", { class: "attention-line" }, open, this.#choice, this.#snooze);
    this.node.addEventListener(
      "focusout",
      ({ relatedTarget }) => this.node.contains(relatedTarget) || this.#ask(false),
    );
    this.node.addEventListener("keydown", (event) => event.key === "Escape" && this.#leave(event));
  }

  #snoozeFor(minutes, deeds) {
    const button = make("button", { class: "tool", type: "button", text: `${minutes} min` });
    button.addEventListener("click", () => deeds.snooze(minutes));
    return button;
  }

  /** Show for how long it can be snoozed, or no longer. */
  #ask(asked) {
    this.#choice.hidden = !asked;
    set(this.#snooze, "aria-expanded", String(asked));
    if (asked) this.#choice.querySelector("button").focus();
  }

  #leave(event) {
    if (this.#choice.hidden) return;
    event.stopPropagation();
    this.#ask(false);
    this.#snooze.focus();
  }

  show(line) {
    this.line = line;
    const { level, kind, early, call, pool, left } = line;
    set(this.node, "data-level", left ? "none" : level);
    this.node.classList.toggle("is-left", Boolean(left));
    this.node.classList.toggle("has-number", Boolean(call && !pool && kind !== "lost"));
    say(this.#level, left ? attentionWord("over") : levelWord(kind, level, early));
    sayNumber(this.#number, call && !pool && kind !== "lost" ? phoneParts(call.customer_number) : [""]);
    const group = kind === "lost" || kind === "silence" ? "" : (call?.group ?? attentionWord("no_group"));
    say(this.#group, group);
    set(this.#group, "title", group || null);
  }

  tick(now) {
    const { since, left } = this.line;
    if (left) return;
    say(this.#timer, timer(now - since));
    const why = whyOf(this.line, now);
    say(this.#why, why);
    set(this.#why, "title", why || null);
  }
}

const levelWord = (kind, level, early) => attentionWord(`${early ? "returning" : kind}.${level}`);

/** Why a line stands there, as people read it; what matters most comes first. */
export function whyOf(line, now) {
  const { kind, call, pool, count } = line;
  if (kind === "silence")
    return line.source ? attentionWord("silence_of", { source: line.source }) : attentionWord("silence");
  if (kind === "lost") return attentionWord("lost", { n: figure(count) });
  if (kind === "talk")
    return call.agent_name ? attentionWord("talk", { agent: call.agent_name }) : attentionWord("talk_nobody");
  if (kind === "ring") return attentionWord("ring");
  const why = pool ? ofPool(line) : [beforeWords(line.again), chanceWords(line), ringWords(line, now)];
  return why.filter(Boolean).join(" · ") || attentionWord("waits", { seconds: line.limit / 1000 });
}

function ofPool({ pool, level, score, chance }) {
  const { waiting, late, again } = pool;
  const words = attentionWord(level === "alarm" ? "group" : "group_long", {
    waiting: figure(waiting),
    late: figure(late),
  });
  const expected = Math.round(score);
  return [
    words,
    chance && expected >= 1 ? attentionWord("expected", { n: figure(expected), seconds: chance.seconds }) : "",
    again ? attentionWord("returning", { n: figure(again) }) : "",
  ];
}

function beforeWords(again) {
  if (!again) return "";
  if (again.lost > 1) return attentionWord("lost_often", { n: again.lost, time: clock(again.lostAt) });
  if (again.lost) return attentionWord("lost_once", { time: clock(again.lostAt) });
  return attentionWord("often", { nth: ordinal(again.calls + 1) });
}

function chanceWords({ chance }) {
  const tenths = chance ? Math.round(chance.share * 10) : 0;
  return tenths ? attentionWord("chance", { n: tenths, seconds: chance.seconds }) : "";
}

function ringWords({ ringing, call }, now) {
  if (ringing === null) return "";
  const time = timer(now - ringing);
  return call.agent_name
    ? attentionWord("rings_at", { agent: call.agent_name, time })
    : attentionWord("rings", { time });
}

/** A line in one sentence for a notification: no number, since that may stand on a screen that is locked. */
export function inWords({ kind, level, early, call, since }, now) {
  const whose = call ? (call.group ?? attentionWord("no_group")) : "";
  const said = `${levelWord(kind, level, early)}, ${about(now - since)}`;
  return whose ? `${whose}: ${said}` : said;
}
