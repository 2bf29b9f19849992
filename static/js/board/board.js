/** The board: puts store, line, filters and lists together. It is told where everything is and touches nothing else. */

import { say, set } from "../shared/dom.js";
import { figure, learnSpacing } from "../shared/format.js";
import { asideSentence, clockSentence } from "../shared/words.js";
import { readAddress, writeAddress } from "./address.js";
import { choicesOf, isEmpty, noFilters, tester, toggled } from "./filters.js";
import { fly, tint } from "./fly.js";
import { MANY } from "./groups.js";
import { Lists } from "./lists.js";
import { tellPrint } from "./print-head.js";
import { totalsOf } from "./scoped-totals.js";
import { Pace } from "../live/pace.js";
import { Painter } from "../live/painter.js";
import { levelAt, WAIT, worse } from "../live/levels.js";
import { CallStore } from "../live/store.js";
import {
  callsAreLeftOut,
  callsAreRefused,
  clockIsWrong,
  clockWasSet,
  feed,
  Lag,
  muchIsUnusual,
  sourceIsSilent,
  truth,
} from "../live/truth.js";

/** So many completed calls are known at most, and the latest of them (docs/events.md). */
const MOST_ENDED = 200;

export class Board {
  #parts;
  #host;
  #store = new CallStore();
  #lists;
  #pace = new Pace();
  #lag = new Lag();
  #painter;
  #address;
  #ended = new Set();
  /** The list that the open call was chosen from: j and k walk it. */
  #origin = null;
  #fromBand = false;
  #arrivals = [];
  /** @type {Record<string, any> | null} */
  #totals = null;
  #wasWhole = false;
  #toldAt;
  /** The live calls of the chosen groups. */
  #ofGroups = [];
  /** How many lines need attention, whether one is an alarm, and the worst level of a wait. */
  #attention = { all: 0, alarm: false, wait: "fine" };

  /** `parts`: the elements and their masters; `host`: time, timers, location and history. */
  constructor(parts, host) {
    this.#parts = parts;
    this.#host = host;
    this.#toldAt = host.now();
    this.#address = readAddress(host.location.search);
    this.#lists = new Lists(parts);
    this.#painter = new Painter(() => this.#paint(), host);
  }

  /** Start from the page's own snapshot, and the sums of groups where it shows them; then listen. */
  begin(snapshot, sums = null) {
    this.#lists.begin(sums);
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
    const { line, clock, calm, bar, scope, live, completed, groups, panel, newcomers, watch } = this.#parts;
    line.addEventListener("message", ({ detail }) => this.#hear(detail));
    line.addEventListener("status", ({ detail }) => this.#status(detail));
    clock.addEventListener("tick", () => this.#tick());
    calm.addEventListener("change", () => this.#painter.ask());
    bar.addEventListener("filter", ({ detail }) => this.filter(detail));
    scope.addEventListener("choose", ({ detail }) => this.chooseGroup(detail));
    bar.addEventListener("open", () => this.#paint());
    live.addEventListener("choose", ({ detail }) => this.choose(detail, live));
    completed.addEventListener("choose", ({ detail }) => this.choose(detail, completed));
    groups.addEventListener("group", ({ detail }) => this.#intoGroup(detail));
    groups.addEventListener("learned", () => this.#groupsFirst && this.#painter.ask());
    panel.addEventListener("close", () => this.closePanel());
    newcomers.addEventListener("choose", ({ detail }) => this.choose(detail, live));
    newcomers.addEventListener("show", () => this.applyMoves());
    watch.addEventListener("choose", ({ detail }) => {
      this.choose(detail, live);
      this.#fromBand = true;
    });
    watch.addEventListener("show", () => this.applyMoves());
    watch.addEventListener("change", () => this.#painter.ask());
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
    // A snapshot may begin the numbers anew: another epoch, another scope.
    if (message.type === "snapshot" && message.part === 1) line.forget();
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
    groups.wipe();
    this.#parts.watch.wipe();
    dock.close();
    frame.hidden = true;
  }

  /** The tab is about to be hidden, and gets no frames then. */
  hide() {
    this.#painter.flush();
  }

  // What a person does

  filter(filters) {
    this.#go({ ...this.#address, filters }, { release: true });
  }

  /** Another group beside those chosen, or one less; null: all groups. */
  chooseGroup(group) {
    const { filters } = this.#address;
    this.filter(group === null ? { ...filters, group: [] } : toggled(filters, "group", group));
  }

  /** The page is about to be printed. */
  print() {
    const { clock, printHead, scope } = this.#parts;
    tellPrint(printHead, this.#address.filters, scope.whole, clock.now());
  }

  /** What a figure of the strip counts: only these calls, of the same groups; once more: all again. */
  showOnly(facet, value) {
    const { filters } = this.#address;
    const again = filters[facet].length === 1 && filters[facet][0] === value;
    this.filter({ ...noFilters(), group: filters.group, [facet]: again ? [] : [value] });
  }

  toggleGroups() {
    this.#go({ ...this.#address, view: this.#groupsFirst ? "calls" : "groups" }, { release: true });
  }

  get #groupsFirst() {
    return this.#address.view === "groups";
  }

  /** Show everything in its place once, whatever holds the lists, from the top. */
  applyMoves() {
    const { live, completed, groups } = this.#parts;
    this.#paint({ release: true });
    for (const list of [live, completed, groups]) list.toTop();
  }

  toggleFreeze() {
    const { calm, announcer } = this.#parts;
    calm.freeze(!calm.frozen);
    announcer.say(calm.frozen ? "The lists are frozen" : "The lists move again");
  }

  /** Somebody still reads the frozen board. */
  keepFrozen() {
    this.#parts.calm.confirm();
  }

  /** Open a call, or close it if it is open. `list`: where it was chosen. */
  choose(id, list) {
    this.#origin = list;
    this.#fromBand = false;
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
    // The focus goes back to where it came from, if something stands there still.
    if (!this.#fromBand || !this.#parts.watch.focus()) list.focus({ preventScroll: true });
  }

  #listOf(id) {
    const { live, completed } = this.#parts;
    return this.#origin ?? (completed.has(id) ? completed : live);
  }

  #openPanel(id, visited = false, quietly = false) {
    const { dock, calm, clock } = this.#parts;
    calm.select(true);
    if (visited) this.#go({ ...this.#address, call: id }, { entry: this.#address.call === null });
    dock.open(id, this.#store.get(id), clock.second(), quietly);
    this.#painter.ask();
  }

  #intoGroup(group) {
    const filters = { ...toggled(noFilters(), "group", group) };
    this.#go({ ...this.#address, view: "calls", filters }, { entry: true, release: true });
  }

  /**
   * The URL says where we are: a step that one wants to go back from makes an `entry`. `release`: who asks to see
   * other calls wants them in their order, whatever holds the lists.
   */
  #go(address, { entry = false, release = false } = {}) {
    const { location, history } = this.#host;
    this.#address = address;
    const url = location.pathname + writeAddress(address, location.search);
    if (entry) history.pushState(null, "", url);
    else history.replaceState(null, "", url);
    this.#paint({ release });
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
    this.#paint({ release: true });
  }

  // What is shown

  #paint({ release = false } = {}) {
    const { clock, live, completed, strip, bar, scope, panel, frame } = this.#parts;
    const store = this.#store;
    // A board that starts over keeps its picture until the new one is whole.
    if (!store.known || (this.#wasWhole && !store.whole)) return;
    const now = clock.second();
    const animate = this.#pace.isCalm(this.#host.now()) && !this.#host.still();
    const all = store.live();
    const test = tester(this.#address.filters, now);
    const shown = { live: all.filter(test), ended: store.completed().filter(test), whole: store.complete };
    const from = animate ? this.#departures() : [];
    const ended = animate ? [...this.#ended] : [];
    live.selected = completed.selected = this.#address.call;
    set(frame, "data-view", this.#address.view);
    const { group } = this.#address.filters;
    const ofGroups = group.length ? all.filter(tester({ ...noFilters(), group }, now)) : all;
    this.#totals = this.#totalsNow(ofGroups, now);
    this.#ofGroups = ofGroups;
    // Before the lists: they and the strip say of a wait what the band says.
    if (!this.#isStale) this.#attend(now, release);
    const context = { now, repeatsOf: (key) => store.repeatsOf(key), waitLevelOf: this.#waitLevelOf };
    const how = { groupsFirst: this.#groupsFirst, animate, quiet: this.#showsQuiet, chosen: group };
    // The rows that the page began with are no order that anybody has seen for long.
    const settles = release || !this.#wasWhole;
    this.#lists.show({ ...shown, context, find: (id) => store.get(id) }, { ...how, release: settles });
    this.#wasWhole = store.whole;
    this.#depart(from, ended);
    strip.show(this.#totals, now, this.#worstWait(now));
    scope.show(this.#address.filters.group);
    const known = [...all, ...store.completed()];
    // Sums of a part would look like sums of the whole.
    const counted = (choice) => ({ ...choice, count: store.complete ? choice.count : null });
    const choices = (facet) => choicesOf(facet, known, this.#address.filters, now);
    bar.show(this.#address.filters, store.complete ? choices : (facet) => choices(facet).map(counted));
    panel.follow(store.get(this.#address.call), now);
    this.#tellCounts(all, shown);
    this.#tellHolds(now);
    this.#tellTruth();
    this.#shown();
  }

  /** The figures of the strip: the server's, or those of the groups that are chosen; null while they are not known. */
  #totalsNow(calls, now) {
    const { group } = this.#address.filters;
    const { totals, today, whole, complete } = this.#store;
    if (!group.length) return totals;
    return whole && today ? totalsOf(group, complete ? calls : null, today, totals, now) : null;
  }

  /** The figures that may be said elsewhere: those of all groups, where those of the chosen ones are not known. */
  get #known() {
    return (this.#totals?.waiting ?? null) === null ? this.#store.totals : this.#totals;
  }

  /** Groups without a call have a row while nothing but groups is asked for. */
  get #showsQuiet() {
    return isEmpty({ ...this.#address.filters, group: [] });
  }

  #departures() {
    const { live } = this.#parts;
    return [...this.#ended].map((id) => [id, live.boxOf(id)]).filter(([, box]) => box);
  }

  /** `ended`: who arrives in the completed list, wherever it was in the live one. */
  #depart(from, ended) {
    const { completed } = this.#parts;
    this.#ended.clear();
    for (const id of ended) if (completed.boxOf(id)?.width) tint(completed.nodeOf(id));
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
    const { clock, calm, live, completed, groups, strip, panel, announcer, newcomers } = this.#parts;
    const now = clock.second();
    calm.tick();
    this.#tellTruth();
    this.#parts.freeze.tell(calm);
    // A timer that goes on says that somebody still waits, and nobody knows whether that is so.
    if (this.#isStale) return;
    // Lost track is a matter of time: who has just been lost moves down.
    if (!calm.holds(this.#groupsFirst ? groups : live)) this.#painter.beat();
    this.#attend(now);
    for (const part of [live, completed, panel, newcomers]) part.tick(now);
    strip.tick(now, this.#worstWait(now));
    if (this.#groupsFirst) groups.tick(now);
    if (this.#truth().level === "live") announcer.waiting(this.#known, now, this.#worstWait(now));
  }

  #waitLevelOf = (id) => this.#parts.watch.waitLevelOf(id);

  /** The worst level of those who wait; of those who were not sent, by the longest wait. */
  #worstWait(now) {
    const from = this.#known?.longest_waiting_since ?? null;
    return worse(this.#attention.wait, from === null ? "fine" : levelAt(now - Date.parse(from), WAIT));
  }

  /** What needs attention, in the band. While a hand is on a list, what stands above the lists keeps its height. */
  #attend(now, release = false) {
    const { calm, watch, band, live, completed, groups } = this.#parts;
    const held = calm.isTouched(band) && !release;
    const steady = [live, completed, groups].some((list) => calm.isTouched(list)) && !release;
    const silentSince = this.#store.silentSince === null ? null : Date.parse(this.#store.silentSince);
    const { whole, silentSources } = this.#store;
    this.#attention = watch.look({ calls: this.#ofGroups, silentSince, silentSources, held, steady, whole }, now);
  }

  /** Whether nobody knows what is going on: then no timer goes on, and nothing is raised. */
  get #isStale() {
    return ["stale", "over"].includes(this.#truth().level);
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
    tab.tell(this.#known, told.level !== "stale" && told.level !== "over", this.#attention);
    announcer.line(told);
  }

  /** Null until a heartbeat has told when the last delivery came. */
  #feed(now) {
    const { heardAt, clockStep, silentSince, silentSources, refused, wrongClocks, leftOut, unusual } = this.#store;
    if (clockStep !== null) return clockWasSet(clockStep);
    if (refused.length) return callsAreRefused(asideSentence(refused[0]));
    if (leftOut) return callsAreLeftOut(leftOut);
    if (wrongClocks.length) return clockIsWrong(clockSentence(wrongClocks[0]));
    const [first] = silentSources;
    if (first && silentSince === null) return sourceIsSilent(first.source, Math.max(0, now - Date.parse(first.since)));
    if (unusual.length && silentSince === null) return muchIsUnusual(unusual[0]);
    if (heardAt === undefined) return null;
    const ago = (moment) => (moment === null ? null : Math.max(0, now - Date.parse(moment)));
    return feed(ago(heardAt), ago(silentSince));
  }

  #tellCounts(all, { live, ended, whole }) {
    const { counts, empty } = this.#parts;
    const filtered = !isEmpty(this.#address.filters);
    const { totals } = this.#store;
    // Before all calls have come the server's totals are right, and our own sums would be too small.
    const known = figure(whole || !totals ? all.length : totals.live + totals.lost_track);
    const matching = whole ? figure(live.length) : "…";
    const latest = this.#store.completed().length;
    const most = latest >= MOST_ENDED ? `latest ${figure(latest)}` : figure(latest);
    say(counts.live, filtered ? `${matching} of ${known}` : known);
    say(counts.completed, filtered ? `${figure(ended.length)} of ${most}` : most);
    // A phone's tabs have room for one figure.
    say(counts.liveTab, filtered ? matching : known);
    say(counts.completedTab, figure(ended.length));
    const none = whole && live.length === 0 && this.#lists.moves(this.#groupsFirst) === 0;
    const stands = !none || (this.#groupsFirst && !this.#parts.groups.isEmpty);
    empty.live.hidden = stands || filtered;
    empty.filtered.hidden = stands || !filtered;
    empty.completed.hidden = ended.length > 0;
    const words = filtered ? "No completed call matches the filters." : "Calls appear here when they end.";
    say(empty.completed.querySelector("p"), words);
    counts.offer.hidden = this.#groupsFirst || all.length <= MANY || filtered;
    for (const button of counts.views) set(button, "aria-pressed", String(button.dataset.show === this.#address.view));
  }

  #tellHolds(now) {
    const { calm, frame, freeze, pills, newcomers } = this.#parts;
    set(frame, "data-frozen", calm.frozen ? "" : null);
    freeze.tell(calm);
    pills.tell(this.#lists.moves(this.#groupsFirst), this.#lists.moreEnded);
    const waiting = this.#groupsFirst ? [] : this.#lists.newcomers(now);
    set(frame, "data-newcomers", waiting.length ? "" : null);
    newcomers.show(waiting, now, this.#waitLevelOf);
  }
}
