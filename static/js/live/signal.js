/** What is said outside the lists: the state of the line in the header, the title, the favicon, the announcements. */

import { make, say, set } from "../shared/dom.js";
import { about, count } from "../shared/format.js";

/** The line's state in the header. */
export class LineSignal {
  #root;
  #word;
  #detail;
  #heard;

  constructor(root) {
    this.#root = root;
    [this.#word, this.#detail, this.#heard] = ["word", "detail", "heard"].map((part) =>
      root.querySelector(`[data-${part}]`),
    );
  }

  /** `told`: the truth of the line; `heard`: that of the feed, or null while nothing is known of it. */
  tell({ level, word, detail }, heard) {
    set(this.#root, "data-truth", level);
    say(this.#word, word);
    say(this.#detail, level === "live" ? detail : "");
    const shown = level === "live" && heard !== null;
    say(this.#heard, shown ? heard.text : "");
    set(this.#root, "data-feed", shown && heard.quiet ? "quiet" : null);
    const lag = level === "live" && detail ? `Changes reach this screen within ${detail}.` : detail;
    set(this.#root, "title", (shown && heard.detail) || lag);
  }
}

/** The title and the favicon: the board, seen from another tab. */
export class TabSignal {
  #document;
  #icon;
  #drawn = "";
  #rest;

  constructor(document) {
    this.#document = document;
    this.#icon = document.querySelector('link[rel="icon"]');
    this.#rest = this.#icon.getAttribute("href");
  }

  /** `attention`: how many lines need it in all, and whether one of them is an alarm. */
  tell(totals, current, { all, alarm }) {
    const needs = all ? `(${all}) ` : "";
    const title =
      totals && current
        ? `${needs}${totals.waiting} waiting · ${totals.live} live · Callboard`
        : "Not current · Callboard";
    if (this.#document.title !== title) this.#document.title = title;
    this.#draw(current ? (totals?.waiting ?? 0) : null, alarm);
  }

  #draw(waiting, alarm) {
    const text = waiting === null ? "?" : waiting > 99 ? "99" : String(waiting);
    const colour = waiting === null ? "#616a76" : alarm ? "#b01f1a" : "#b06a00";
    // Drawing costs more than painting the board: only what the eye would see changed is drawn again.
    if (this.#drawn === text + colour) return;
    this.#drawn = text + colour;
    this.#icon.href = waiting === 0 ? this.#rest : badge(text, colour);
  }
}

function badge(text, colour) {
  const canvas = make("canvas", { width: 32, height: 32 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour;
  pen.beginPath();
  pen.roundRect(0, 0, 32, 32, 7);
  pen.fill();
  pen.fillStyle = "#fff";
  pen.font = `bold ${text.length > 1 ? 19 : 23}px sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, 16, 17);
  return canvas.toDataURL();
}

const QUIET_MS = 15_000;

/** Says little, politely, to those who hear the page: the line when it changes, waiting callers now and then. */
export class Announcer {
  #root;
  #saidAt = -Infinity;
  #said = "";
  #level = null;

  constructor(root) {
    this.#root = root;
  }

  line({ level, word }) {
    if (this.#level === level) return;
    const first = this.#level === null;
    this.#level = level;
    if (!first || level !== "live") this.#root.textContent = word;
  }

  /** `worst`: the worst level of those who wait. */
  waiting(totals, now, worst) {
    if (!totals || now - this.#saidAt < QUIET_MS) return;
    const from = totals.longest_waiting_since;
    const level = totals.waiting && from ? worst : "fine";
    const key = `${totals.waiting} ${level}`;
    if (key === this.#said) return;
    this.#said = key;
    this.#saidAt = now;
    const longest = from && level !== "fine" ? `, the longest for ${about(now - Date.parse(from))}` : "";
    this.#root.textContent = `${count(totals.waiting, "caller")} waiting${longest}`;
  }

  say(text) {
    this.#root.textContent = text;
  }
}
