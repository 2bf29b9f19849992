/** What may be said about how true the screen is. Pure. */

import { about, count } from "../shared/format.js";

/** Heartbeats come every 3 s: one may be late, two may not. */
export const LATE_MS = 6_000;
export const STALE_MS = 30_000;

/**
 * {level, word, detail}. `level`: "live", "late" (amber), "stale" (not current), "over" (signed out, no right).
 * `age`: ms since the last frame, or since the page was made; `lag`: ms from the server to the screen, or null.
 */
export function truth({ status, age, lag, whole }) {
  if (status === "signed-out") return { level: "over", word: "Signed out", detail: "Sign in again to see calls." };
  if (status === "no-right") return { level: "over", word: "No right to see calls", detail: "Ask an administrator." };
  const seconds = `${Math.floor(age / 1000)} s`;
  if (age >= STALE_MS)
    return { level: "stale", word: `Stale for ${old(age)}`, detail: "What stands here is not current." };
  if (age >= LATE_MS) return { level: "late", word: `No news for ${seconds}`, detail: "The server has gone quiet." };
  if (status === "open" && whole) return { level: "live", word: "Live", detail: lagWord(lag) };
  if (status === "open" || status === "connecting") return { level: "joining", word: "Connecting", detail: "" };
  return { level: "joining", word: "Reconnecting", detail: "" };
}

/**
 * {quiet, text, detail} of the provider's feed, beside the line's truth: a line that works can still have nothing to tell.
 * `heard`: ms since a call of ours was last heard of, null where there never was one; `silent`: ms since the last
 * delivery of any call, where that is too long ago, else null.
 */
export function feed(heard, silent) {
  if (silent !== null) return { quiet: true, text: `no delivery for ${about(silent)}` };
  if (heard === null) return { quiet: false, text: "no delivery yet" };
  return { quiet: false, text: `last delivery ${about(heard)} ago` };
}

/** The same, while one source is silent: `since` in ms ago. */
export function sourceIsSilent(source, since) {
  const text = `${source}: no delivery for ${about(since)}`;
  return { quiet: true, text, detail: `${text}. Others deliver; calls of this source may be missing.` };
}

/** The same, while a limit refuses new calls: `sentence` says which. */
export function callsAreRefused(sentence) {
  return { quiet: true, text: "new calls set aside", detail: sentence };
}

/** The same, while the times of a source cannot be: `sentence` says of which. */
export function clockIsWrong(sentence) {
  return { quiet: true, text: "times look wrong", detail: sentence };
}

/** The same, while more of the latest deliveries, or calls, are odd than usual. */
export function muchIsUnusual({ kind, odd, looked_at: among }) {
  const what =
    kind === "contradictory"
      ? "calls contradict themselves"
      : `deliveries ${kind === "quarantined" ? "were set aside" : "are odd"}`;
  return {
    quiet: true,
    text: "unusual deliveries",
    detail: `${odd} of the ${among} latest ${what}. Set-up says more.`,
  };
}

/** The same, while so many live calls are not sent, since there are too many. */
export function callsAreLeftOut(number) {
  return {
    quiet: true,
    text: `${count(number, "live call")} not shown`,
    detail: "There are too many live calls to send all of them: the most urgent are shown.",
  };
}

/** The same, while the server's clock was set lately: `step` in seconds, negative is back. Times and lengths may be wrong. */
export function clockWasSet(step) {
  return { quiet: true, text: `clock set ${step < 0 ? "back" : "forward"} ${about(1000 * Math.abs(step))}` };
}

function old(age) {
  return age < 120_000 ? `${Math.floor(age / 1000)} s` : `${Math.floor(age / 60_000)} min`;
}

function lagWord(lag) {
  return lag === null ? "" : `${Math.max(0.1, lag / 1000).toFixed(1)} s`;
}

/** The typical lag of the latest changes: their median. */
export class Lag {
  #samples = [];

  add(ms) {
    this.#samples.push(ms);
    if (this.#samples.length > 9) this.#samples.shift();
  }

  get typical() {
    if (!this.#samples.length) return null;
    return [...this.#samples].sort((a, b) => a - b)[Math.floor(this.#samples.length / 2)];
  }
}
