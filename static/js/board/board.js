/** The board: puts store, line, filters and lists together. It is told where everything is and touches nothing else. */

import { say, set } from "../shared/dom.js";
import { count, figure, learnSpacing } from "../shared/format.js";
import { readAddress, writeAddress } from "./address.js";
import { choicesOf, isEmpty, noFilters, tester, toggled } from "./filters.js";
import { fly } from "./fly.js";
import { MANY, summarize } from "./groups.js";
import { Order } from "./order.js";
import { Pace } from "../live/pace.js";
import { Painter } from "../live/painter.js";
import { CallStore } from "../live/store.js";
import { clockWasSet, feed, Lag, truth } from "../live/truth.js";

export class Board {
  #parts;
  #host;
  #store = new CallStore();
  #order = new Order();
  #pace = new Pace();
  #lag = new Lag();
  #painter;
  #address;
  #ended = new Set();
  /** The list that the open call was chosen from: j and k walk it. */
  #origin = null;
  #arrivals = [];
  #wasWhole = false;
  #toldAt;

  /** `parts`: the elements and their masters; `host`: time, timers, location and history. */
  constructor(parts, host) {
    this.#parts = parts;
    this.#host = host;
    this.#toldAt = host.now();
    this.#address = readAddress(host.location.search);
    this.#painter = new Painter(() => this.#paint(), host);
  }

  /** Start from the page's own snapshot, then listen. */
  begin(snapshot) {
    const { clock, line } = this.#parts;
    clock.correct(snapshot.now);
    // The page holds the first screenful; only the line knows the whole.
    this.#take({ ...snapshot, part: 1, parts: 2 });
    this.#listen();
    this.#paint();
    if (this.#address.call) this.#openPanel(this.#address.call);
    clock.start();
    line.open();
  }

  // What comes in

  #listen() {
    const { line, clock, calm, bar, live, completed, groups, panel } = this.#parts;
    line.addEventListener("message", ({ detail }) => this.#hear(detail));
    line.addEventListener("status", ({ detail }) => this.#status(detail));
    clock.addEventListener("tick", () => this.#tick());
    calm.addEventListener("change", () => this.#painter.ask());
    bar.addEventListener("filter", ({ detail }) => this.filter(detail));
    bar.addEventListener("open", () => this.#paint());
    live.addEventListener("choose", ({ detail }) => this.choose(detail, live));
    completed.addEventListener("choose", ({ detail }) => this.choose(detail, completed));
    groups.addEventListener("group", ({ detail }) => this.#intoGroup(detail));
    panel.addEventListener("close", () => this.closePanel());
  }

  #take(message) {
    for (const row of message.calls ?? []) learnSpacing(row.spaced);
    return this.#store.take(message);
  }

  #hear(message) {
    const { clock, line } = this.#parts;
    if (message.type === "heartbeat" && (message.clock_step_seconds ?? null) !== this.#store.clockStep) clock.forget();
    const delay = clock.correct(message.now);
    this.#toldAt = this.#host.now();
    if (message.epoch && this.#store.epoch !== message.epoch) line.forget();
    const { sync, ended, changed } = this.#take(message);
    if (sync) line.sync();
    if (message.type === "changed") {
      this.#pace.add(changed, this.#host.now());
      this.#arrivals.push(this.#host.now() - delay);
      for (const id of ended) this.#ended.add(id);
    }
    if (this.#store.whole) line.settled();
    if (message.type === "heartbeat" || this.#host.hidden()) line.shown(this.#store.seq);
    if (message.type === "heartbeat") this.#tellTruth();
    else this.#painter.ask();
  }

  #status(status) {
    if (status === "signed-out" || status === "no-right") this.#wipe();
    if (status === "signed-out") this.#host.location.assign(this.#parts.signIn(this.#host.location));
    this.#parts.over.hidden = status !== "no-right";
    this.#tellTruth();
  }

  /** Who may see the calls no longer does not see the old ones either. */
  #wipe() {
    const { live, completed, groups, dock, frame } = this.#parts;
    this.#store.clear();
    for (const list of [live, completed]) list.show([], { now: 0, repeatsOf: () => 0 });
    groups.show([], 0, false);
    dock.close();
    frame.hidden = true;
  }

  /** The tab is about to be hidden, and gets no frames then. */
  hide() {
    this.#painter.flush();
  }

  // What a person does

  filter(filters) {
    this.#go({ ...this.#address, filters });
  }

  showLost() {
    const state = this.#address.filters.state;
    this.filter({ ...noFilters(), state: state.includes("lost") ? [] : ["lost"] });
  }

  toggleGroups() {
    this.#go({ ...this.#address, view: this.#address.view === "groups" ? "calls" : "groups" });
  }

  /** Apply the moves that were held back, whatever still holds the list. */
  applyMoves() {
    this.#parts.calm.freeze(false);
    this.#order.hold(false);
    this.#paint({ release: true });
  }

  toggleFreeze() {
    const { calm, announcer } = this.#parts;
    calm.freeze(!calm.frozen);
    announcer.say(calm.frozen ? "The list is frozen" : "The list moves again");
  }

  /** Open a call, or close it if it is open. `list`: where it was chosen. */
  choose(id, list) {
    this.#origin = list;
    list.active = id;
    if (this.#address.call === id) this.closePanel();
    else this.#openPanel(id, true);
  }

  /** Walk the rows of a list; while a call is open, the list it came from, and the dock follows. */
  walk(steps, list) {
    const open = this.#address.call !== null;
    const walked = open ? this.#listOf(this.#address.call) : list;
    if (!open) walked.focus({ preventScroll: true });
    else if (walked.has(this.#address.call)) walked.active = this.#address.call;
    walked.walk(steps);
    if (open && walked.active !== null && walked.active !== this.#address.call)
      this.#openPanel(walked.active, true, true);
  }

  closePanel() {
    if (this.#address.call === null) return;
    const { dock, calm } = this.#parts;
    const list = this.#listOf(this.#address.call);
    dock.close();
    calm.select(false);
    this.#go({ ...this.#address, call: null });
    list.focus({ preventScroll: true });
  }

  #listOf(id) {
    const { live, completed } = this.#parts;
    return this.#origin ?? (completed.has(id) ? completed : live);
  }

  #openPanel(id, visited = false, quietly = false) {
    const { dock, calm, clock } = this.#parts;
    calm.select(true);
    if (visited) this.#go({ ...this.#address, call: id }, this.#address.call === null);
    dock.open(id, this.#store.get(id), clock.second(), quietly);
    this.#painter.ask();
  }

  #intoGroup(group) {
    this.#go({ ...this.#address, view: "calls", filters: { ...toggled(noFilters(), "group", group) } }, true);
  }

  /** The URL says where we are: a step that one wants to go back from makes an entry. */
  #go(address, entry = false) {
    const { location, history } = this.#host;
    this.#address = address;
    const url = location.pathname + writeAddress(address, location.search);
    if (entry) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
    this.#paint();
  }

  /** Back and forward. */
  follow() {
    const { dock, calm } = this.#parts;
    this.#address = readAddress(this.#host.location.search);
    if (this.#address.call) this.#openPanel(this.#address.call);
    else {
      dock.close();
      calm.select(false);
    }
    this.#paint();
  }

  // What is shown

  #paint({ release = false } = {}) {
    const { clock, calm, live, completed, strip, bar, groups, panel, frame } = this.#parts;
    // A board that starts over keeps its picture until the new one is whole.
    if (!this.#store.known || (this.#wasWhole && !this.#store.whole)) return;
    this.#wasWhole = this.#store.whole;
    const now = clock.second();
    const store = this.#store;
    const moves = this.#pace.isCalm(this.#host.now()) && !this.#host.still();
    const all = store.live();
    const test = tester(this.#address.filters, now);
    const matching = all.filter(test);
    const ended = store.completed().filter(test);
    const from = moves ? this.#departures() : [];
    this.#order.hold(calm.holds && !release);
    const rows = this.#order.rows(matching, now, (id) => store.get(id));
    this.#order.hold(calm.holds);
    live.selected = completed.selected = this.#address.call;
    const context = { now, repeatsOf: (key) => store.repeatsOf(key) };
    const groupsFirst = this.#address.view === "groups";
    set(frame, "data-view", this.#address.view);
    live.show(groupsFirst ? [] : rows, context, moves);
    completed.show(ended, context, moves);
    if (groupsFirst) groups.show(summarize(matching, now), now, calm.holds);
    this.#depart(from);
    strip.show(store.totals, store.whole ? all : [], now);
    const known = [...all, ...store.completed()];
    bar.show(this.#address.filters, (facet) => choicesOf(facet, known, this.#address.filters, now));
    panel.follow(store.get(this.#address.call), now);
    this.#tellCounts(all, matching, ended);
    this.#tellTruth();
    this.#shown();
  }

  #departures() {
    const { live } = this.#parts;
    return [...this.#ended].map((id) => [id, live.boxOf(id)]).filter(([, box]) => box);
  }

  #depart(from) {
    const { completed } = this.#parts;
    this.#ended.clear();
    for (const [id, box] of from.slice(0, 5)) {
      const to = completed.boxOf(id);
      if (to?.width) fly(box, to, completed.nodeOf(id));
    }
  }

  #shown() {
    for (const at of this.#arrivals) this.#lag.add(this.#host.now() - at);
    this.#arrivals = [];
    if (this.#store.whole) this.#parts.line.shown(this.#store.seq);
  }

  #tick() {
    const { clock, live, completed, groups, strip, panel, announcer, calm } = this.#parts;
    const now = clock.second();
    this.#tellTruth();
    // A timer that goes on says that somebody still waits, and nobody knows whether that is so.
    if (["stale", "over"].includes(this.#truth().level)) return;
    // Lost track is a matter of time: who has just been lost moves down.
    if (!calm.holds) this.#painter.beat();
    live.tick(now);
    completed.tick(now);
    if (this.#address.view === "groups") groups.tick(now);
    strip.tick(now);
    panel.tick(now);
    if (this.#truth().level === "live") announcer.waiting(this.#store.totals, now);
  }

  #truth() {
    const { line } = this.#parts;
    const age = this.#host.now() - this.#toldAt;
    return truth({ status: line.status, age, lag: this.#lag.typical, whole: this.#store.whole });
  }

  #tellTruth() {
    const { clock, strip, signal, tab, announcer, frame } = this.#parts;
    const told = this.#truth();
    set(frame, "data-truth", told.level);
    strip.tell(told);
    signal.tell(told, this.#feed(clock.now()));
    tab.tell(this.#store.totals, told.level !== "stale" && told.level !== "over");
    announcer.line(told);
  }

  /** Null until a heartbeat has told when the last delivery came. */
  #feed(now) {
    const { heardAt, clockStep } = this.#store;
    if (clockStep !== null) return clockWasSet(clockStep);
    return heardAt === undefined
      ? null
      : feed(heardAt === null ? null : Math.max(0, now - Date.parse(heardAt)), this.#parts.silence);
  }

  #tellCounts(all, matching, ended) {
    const { counts, empty, calm } = this.#parts;
    const filtered = !isEmpty(this.#address.filters);
    const partial = this.#store.whole ? "" : "+";
    say(counts.live, filtered ? `${matching.length} of ${all.length}${partial}` : `${figure(all.length)}${partial}`);
    say(counts.completed, filtered ? `${ended.length} of ${this.#store.completed().length}` : figure(ended.length));
    const none = matching.length === 0 && this.#order.pending === 0;
    empty.live.hidden = !none || filtered;
    empty.filtered.hidden = !none || !filtered;
    empty.completed.hidden = ended.length > 0;
    say(
      empty.completed.querySelector("p"),
      filtered ? "No completed call matches the filters." : "Calls appear here when they end.",
    );
    counts.moves.hidden = this.#order.pending === 0;
    say(counts.moves, `${count(this.#order.pending, "move")} pending`);
    set(counts.freeze, "aria-pressed", String(calm.frozen));
    counts.offer.hidden = this.#address.view === "groups" || all.length <= MANY || filtered;
    for (const button of counts.views) set(button, "aria-pressed", String(button.dataset.show === this.#address.view));
  }
}
