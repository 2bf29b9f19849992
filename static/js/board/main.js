/** The board page: finds everything, hands it over, and starts. The only module that touches the document at load. */

import { Clock } from "../live/clock.js";
import { need } from "../shared/dom.js";
import { isElsewhere, learnFormats } from "../shared/format.js";
import { learnWords } from "../shared/words.js";
import { Alerts } from "./alerts.js";
import { AttentionBand } from "./band.js";
import { bindBars } from "./bars.js";
import { Board } from "./board.js";
import { Calm } from "./calm.js";
import { Chime } from "./chime.js";
import { coach } from "./coach.js";
import { CompletedList } from "./completed-list.js";
import { Dock } from "./dock.js";
import { fetchCall } from "./fetching.js";
import { FilterBar } from "./filter-bar.js";
import { GroupList } from "./group-list.js";
import { FreezeSign, Newcomers, Pills } from "./hold-signs.js";
import { bindKeys } from "./keys.js";
import { Line } from "../live/line.js";
import { LiveList } from "./live-list.js";
import { Notifier } from "./notifier.js";
import { CallPanel } from "./panel.js";
import { Announcer, LineSignal, TabSignal } from "../live/signal.js";
import { ScopeMenu } from "./scope-menu.js";
import { Snoozed } from "./snooze.js";
import { Glance } from "./glance.js";
import { Strip } from "./strip.js";
import { Watch } from "./watch.js";

/**
 * A part of the page, which may be an element of our own.
 * @type {(selector: string) => any}
 */
const find = (selector) => need(selector);
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

const host = {
  WebSocket,
  location,
  history,
  // The wall clock: unlike the monotonic one it goes on while a laptop sleeps, and the age of what is shown with it.
  now: () => Date.now(),
  random: Math.random,
  setTimeout: (deed, ms) => setTimeout(deed, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  requestAnimationFrame: (deed) => requestAnimationFrame(deed),
  hidden: () => document.hidden,
  still: () => reduced.matches,
};

const told = JSON.parse(find("#for-browser").textContent);
learnWords(told.words);
learnFormats(told.formats);

customElements.define("live-list", LiveList);
customElements.define("completed-list", CompletedList);
customElements.define("group-list", GroupList);
customElements.define("call-panel", CallPanel);

const [live, completed, groups, panel] = ["#live", "#completed", "#groups", "#panel"].map(find);
// The modules have just been compiled: a breath, in which the browser can answer a hand, before the lists are built.
await new Promise((go) => setTimeout(go));
live.begin();
completed.begin();
groups.begin();
panel.begin(fetchCall);

const clock = new Clock(host);
const line = new Line(socketUrl(), host);
const band = find("#attention");
const calm = new Calm([live, completed, groups, band], document, host);
const snoozed = new Snoozed(storage(), host);
const notifier = new Notifier(window.Notification, storage());
const watch = new Watch({
  band: new AttentionBand(band, find("#needs")),
  alerts: new Alerts(find("#alerts"), new Chime(() => new AudioContext(), host), notifier),
  snoozed,
});
const bar = new FilterBar(find("#filters"));

const board = new Board(
  {
    clock,
    line,
    calm,
    bar,
    scope: new ScopeMenu(find("#scope"), document.querySelectorAll("[data-carries-scope]")),
    watch,
    band,
    live,
    completed,
    groups,
    panel,
    dock: new Dock({
      panel,
      frame: find("#board"),
      back: find("#to-call"),
      behind: [
        find(".header"),
        find("#strip"),
        find("#filters"),
        band,
        find(".tabs"),
        find("#live-part"),
        find("#completed-part"),
      ],
      phone: matchMedia("(max-width: 639px)"),
    }),
    strip: new Strip(find("#strip")),
    signal: new LineSignal(find("#line")),
    tab: new TabSignal(document),
    announcer: new Announcer(find("#announcer")),
    freeze: new FreezeSign(find("#freeze"), find("#still-reading")),
    pills: new Pills(find("#moves"), find("#more")),
    newcomers: new Newcomers(find("#newcomers")),
    printHead: find("#print-head"),
    frame: find("#board"),
    over: find("#no-right"),
    counts: {
      live: find("#live-count"),
      completed: find("#completed-count"),
      liveTab: find(".tabs [data-count=live]"),
      completedTab: find(".tabs [data-count=completed]"),
      offer: find("#offer"),
      views: document.querySelectorAll("[data-show]"),
    },
    empty: { live: find("#empty-live"), filtered: find("#empty-filtered"), completed: find("#empty-completed") },
    signIn: (at) => `/accounts/login/?ended=1&next=${encodeURIComponent(at.pathname + at.search)}`,
  },
  host,
);

if (isElsewhere(Date.now())) find("#zone").title += `\nYour own clock is another: hover over a time to see yours.`;
bindPage();
bindBars(find("#strip"));
coach(find("#coach"), storage());
const glance = new Glance(find("#strip"), find("#scope"));
glance.addEventListener("attention", (event) => watch.learn(/** @type {CustomEvent} */ (event).detail));
glance.addEventListener("groups", (event) => groups.learn(/** @type {CustomEvent} */ (event).detail));
groups.learn(taken(document.querySelector("#groups-today")));
board.begin(taken(find("#snapshot")), taken(document.querySelector("#group-sums")));
glance.begin();

/** The page's snapshot, which then leaves the page: what may no longer be seen shall not stay in it. */
function taken(script) {
  script?.remove();
  return script && JSON.parse(script.textContent);
}

/** What this browser keeps, or null where it must not. */
function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function socketUrl() {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/board/`;
}

function bindPage() {
  const list = () => {
    if (document.activeElement === completed || tab() === "completed") return completed;
    return find("#board").dataset.view === "groups" ? groups : live;
  };
  bindKeys(document, {
    search: () => bar.focusSearch(),
    filters: () => bar.focusMenus(),
    walk: (steps) => board.walk(steps, list()),
    open: () => (list().active === null ? false : board.choose(list().active, list())),
    escape: () => board.closePanel(),
    freeze: () => board.toggleFreeze(),
    groups: toggleGroups,
    attention: () => watch.focus(),
  });
  find("#filters [name=q]").addEventListener("keydown", leaveSearch);
  for (const button of document.querySelectorAll("[data-clear-filters]"))
    button.addEventListener("click", () => bar.clear());
  for (const button of document.querySelectorAll("[data-show]"))
    button.addEventListener("click", () => isOther(button) && toggleGroups());
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-tab]")))
    button.addEventListener("click", () => showTab(button.dataset.tab));
  find("#offer").addEventListener("click", toggleGroups);
  find("#strip").addEventListener("click", showOnly);
  for (const pill of ["#moves", "#more"]) find(pill).addEventListener("click", () => board.applyMoves());
  find("#still-reading button").addEventListener("click", () => board.keepFrozen());
  find("#freeze").addEventListener("click", () => board.toggleFreeze());
  window.addEventListener("beforeprint", () => board.print());
  window.addEventListener("storage", () => snoozed.read());
  window.addEventListener("popstate", () => board.follow());
  window.addEventListener("online", () => line.hurry());
  window.addEventListener("pageshow", (event) => event.persisted && line.hurry());
  document.addEventListener("visibilitychange", () => (document.hidden ? board.hide() : line.hurry()));
}

/** The day of each group is asked for while groups are shown. */
function toggleGroups() {
  board.toggleGroups();
  glance.ask();
}

/** A figure of the strip is a link to the calls that it counts. */
function showOnly(event) {
  const link = event.target.closest("[data-shows]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  board.showOnly(...link.dataset.shows.split("="));
}

function leaveSearch(event) {
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    if (!bar.clearSearch()) event.target.blur();
  }
  if (event.key !== "Enter" && event.key !== "ArrowDown") return;
  event.preventDefault();
  event.stopPropagation();
  live.focus({ preventScroll: true });
  live.walk(1);
}

const isOther = (button) => button.getAttribute("aria-pressed") !== "true";

function tab() {
  return find("#board").dataset.tab;
}

function showTab(name) {
  find("#board").dataset.tab = name;
  for (const button of document.querySelectorAll("[data-tab]")) {
    if (button.matches("button")) button.setAttribute("aria-selected", String(button.dataset.tab === name));
  }
}
