/** A screen on a wall: it asks for its figures every 2 s, and says in large when they are not current. */

import { about, clockSeconds, learnFormats, timer, UNKNOWN } from "../shared/format.js";
import { need, say, set } from "../shared/dom.js";
import { LEVEL_WORDS } from "../live/levels.js";
import { Freshness } from "./freshness.js";
import { shiftAt } from "./shift.js";
import { waitLevel } from "./waiting.js";

const ASK_EVERY_MS = 2_000;
const GIVE_UP_MS = 8_000;
const TICK_MS = 250;
const RELOAD_EVERY_MS = 60_000;
const STAY_AWAKE_EVERY_MS = 60_000;
const TRENDS = { up: "↑", down: "↓", steady: "→" };
const RELOADED = "callboard-wall-reloaded";

const wall = need("#wall");
const off = need(".wall-off", wall);
const read = (id) => JSON.parse(String(need(id).textContent));
const fresh = new Freshness();
const own = read("#told").page;
/** @type {Record<string, any> | null} */
let told = null;
/** @type {WakeLockSentinel | null} */
let lock = null;

const tell = (name, text) => say(wall.querySelector(`[data-say="${name}"]`), text);
const clocks = () => [performance.now(), Date.now()];

async function hear(answer) {
  if (!fresh.hear(Date.parse(answer.now), ...clocks())) return;
  told = answer;
  off.hidden = true;
  show(answer);
  tick();
  if (answer.page !== own) await reload();
}

/** The server has another version of this page. It is looked at first: no error may take the place of the screen. */
async function reload() {
  const last = Number(sessionStorage.getItem(RELOADED));
  if (Date.now() - last < RELOAD_EVERY_MS) return;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  const page = await fetch(location.href, { cache: "no-store", credentials: "omit" });
  if (page.ok) location.reload();
}

/** The address was revoked, or the screen deleted: say so, and forget the figures. */
function close([what, why]) {
  told = null;
  const figures = wall.querySelectorAll(".wall-figure [data-say], .wall-figure[data-say], b[data-say]");
  for (const node of figures) say(node, UNKNOWN);
  tell("closed", what);
  tell("closed-why", why);
  off.hidden = false;
}

function show(told) {
  for (const name of ["screen", "whose", "waiting", "answered", "offered", "lost", "live"]) tell(name, told[name]);
  const { lately, today, trend } = told.level;
  tell("lately", lately.text);
  tell("today", today.text);
  tell("goal", lately.goal || today.goal ? `goal ${lately.goal ?? today.goal} · ` : "");
  tell("trend", TRENDS[trend] ?? "");
  level("level", lately.code, lately.word);
  tell("lost-rate", `${told["lost-rate"]} lost`);
  tell("live-note", told.lost_track ? `${told.live_note} · ${told.lost_track} lost track` : told.live_note);
}

function level(tile, code, word) {
  set(wall.querySelector(`[data-tile="${tile}"]`), "data-level", code);
  tell(`${tile}-word`, word);
}

function tick() {
  if (!told) return;
  const [steady, now] = clocks();
  const isFresh = fresh.isFresh(steady, now);
  set(wall, "data-truth", isFresh ? "live" : "dead");
  wall.style.translate = shiftAt(now);
  tell("age", `as of ${about(fresh.age(steady, now))} ago${told.behind ? `, ${told.behind} changes behind` : ""}`);
  tell("dead", `Last heard at ${clockSeconds(fresh.server)}, ${about(fresh.age(steady, now))} ago`);
  const server = fresh.now(steady, now);
  tell("clock", clockSeconds(server));
  if (!isFresh) return;
  const waited = told.waiting_since ? Math.max(0, server - Date.parse(told.waiting_since)) : null;
  const code = waited === null ? "none" : waitLevel(told, server);
  tell("longest", waited === null ? UNKNOWN : timer(waited));
  level("waiting", code, waited === null ? "nobody" : LEVEL_WORDS[code]);
}

async function ask() {
  try {
    const signal = AbortSignal.timeout(GIVE_UP_MS);
    const answer = await fetch(String(wall.dataset.figures), { cache: "no-store", credentials: "omit", signal });
    const said = await answer.json();
    if (said.closed) close(said.closed);
    else if (answer.ok) await hear(said);
  } catch {
    // Not answered, or not in words of ours: after 10 s of it the screen says NOT LIVE.
  }
  setTimeout(ask, ASK_EVERY_MS);
}

/**
 * Keep the screen on. Browsers let go of it whenever the page is hidden, and when they save power; they have it only
 * over HTTPS.
 */
async function stayAwake() {
  if (document.hidden || (lock && !lock.released)) return;
  try {
    lock = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    // Not allowed here: the screen's own settings must keep it on.
  }
}

learnFormats(read("#formats"));
hear(read("#told"));
setInterval(tick, TICK_MS);
setTimeout(ask, ASK_EVERY_MS);
document.addEventListener("visibilitychange", stayAwake);
setInterval(stayAwake, STAY_AWAKE_EVERY_MS);
stayAwake();
