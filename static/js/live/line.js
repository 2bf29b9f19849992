/**
 * The line to the server: one WebSocket that is opened again for as long as the page is open. No DOM.
 *
 * It knows when to try again and when not to (docs/events.md, close codes), that silence is a fault, and how often
 * to say what has been shown. What the messages mean is not its business.
 */

const SILENCE_MS = 10_000;
const ACK_EVERY_MS = 250;
const FIRST_MS = 250;
const CAP_MS = 10_000;
const RESTART_MS = 3_000;
const CROWDED_MS = 10_000;

const RESTARTS = 1012;
const SIGNED_OUT = 4401;
const NO_RIGHT = 4403;
const CROWDED = 4429;

/** Fires "message" (detail: the message) and "status" (detail: "connecting", "open", "waiting", "signed-out", "no-right"). */
export class Line extends EventTarget {
  #url;
  #host;
  /** @type {WebSocket | null} */
  #socket = null;
  #failures = 0;
  #retry = null;
  #watchdog = null;
  #ackTimer = null;
  #acked = 0;
  #ackedAt = -Infinity;
  #shown = 0;

  status = "closed";

  /** `host`: {WebSocket, now, setTimeout, clearTimeout, random}. */
  constructor(url, host) {
    super();
    this.#url = url;
    this.#host = host;
  }

  open() {
    this.#host.clearTimeout(this.#retry);
    this.#retry = null;
    this.#say("connecting");
    const socket = new this.#host.WebSocket(this.#url);
    this.#socket = socket;
    socket.onmessage = (event) => this.#socket === socket && this.#hear(event.data);
    socket.onclose = (event) => this.#socket === socket && this.#lost(event.code);
    socket.onopen = () => this.#socket === socket && this.#opened();
    this.#watch();
  }

  /** Try at once, if only a pause stands in the way: the network is back, the person is back. */
  hurry() {
    if (this.status === "waiting") this.open();
  }

  /** Ask to start over. */
  sync() {
    this.#send({ type: "sync" });
  }

  /** Say that everything up to a number is on the screen: at most four times a second, only when it has grown. */
  shown(seq) {
    this.#shown = Math.max(this.#shown, seq);
    if (this.#shown <= this.#acked || this.status !== "open") return;
    const wait = this.#ackedAt + ACK_EVERY_MS - this.#host.now();
    if (wait <= 0) this.#ack();
    else this.#ackTimer ??= this.#host.setTimeout(() => this.#ack(), wait);
  }

  /** The server's numbers have started anew. */
  forget() {
    this.#shown = 0;
    this.#acked = 0;
  }

  /** The board is whole: the next failure is a first one again. */
  settled() {
    this.#failures = 0;
  }

  #ack() {
    this.#host.clearTimeout(this.#ackTimer);
    this.#ackTimer = null;
    if (this.#shown <= this.#acked) return;
    this.#ackedAt = this.#host.now();
    this.#acked = this.#shown;
    this.#send({ type: "ack", seq: this.#shown });
  }

  #send(message) {
    if (this.status === "open") this.#socket?.send(JSON.stringify(message));
  }

  #opened() {
    // What was shown on an earlier line does not count on this one.
    this.forget();
    this.#say("open");
    this.#watch();
  }

  #hear(text) {
    this.#watch();
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return this.#lost(0);
    }
    this.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  /** Silence is a fault, whatever the socket says. */
  #watch() {
    this.#host.clearTimeout(this.#watchdog);
    this.#watchdog = this.#host.setTimeout(() => this.#lost(0), SILENCE_MS);
  }

  #lost(code) {
    this.#drop();
    if (code === SIGNED_OUT) return this.#say("signed-out");
    if (code === NO_RIGHT) return this.#say("no-right");
    this.#say("waiting");
    this.#retry = this.#host.setTimeout(() => this.open(), this.#pause(code));
    this.#failures += 1;
  }

  #pause(code) {
    const luck = this.#host.random();
    if (code === RESTARTS) return luck * RESTART_MS;
    if (code === CROWDED) return CROWDED_MS + luck * CROWDED_MS;
    const most = Math.min(CAP_MS, 2_000 * 2 ** Math.min(this.#failures, 4));
    return FIRST_MS + luck * (most - FIRST_MS);
  }

  #drop() {
    this.#host.clearTimeout(this.#watchdog);
    this.#host.clearTimeout(this.#ackTimer);
    this.#ackTimer = null;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #say(status) {
    if (this.status === status) return;
    this.status = status;
    this.dispatchEvent(new CustomEvent("status", { detail: status }));
  }
}
