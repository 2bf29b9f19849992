/** The server's time in the browser, and the one beat all timers follow. No DOM. */

const REMEMBERED = 8;
const TOLERATED_MS = 250;

/**
 * A browser's clock may be minutes off. Each message carries the server's `now`; the message that travelled
 * fastest tells the difference best, so the largest of the latest samples counts.
 */
export class Clock extends EventTarget {
  #samples = [];
  #offset = 0;
  #host;

  /** `host`: where time comes from: `now()` in ms, `setTimeout`, `clearTimeout`. */
  constructor(host) {
    super();
    this.#host = host;
  }

  /** The server's time, in ms since 1970. */
  now() {
    return this.#host.now() + this.#offset;
  }

  /**
   * The second all timers show, in ms since 1970. It goes on with the beat and never between: what is painted then
   * changes no timer, and no two of them disagree.
   */
  second() {
    return 1000 * Math.floor(this.now() / 1000);
  }

  /** Learn from a message's `now`. Returns how much longer than the fastest it travelled, in ms. */
  correct(moment) {
    const sample = Date.parse(moment) - this.#host.now();
    if (Number.isNaN(sample)) return 0;
    this.#samples.push(sample);
    if (this.#samples.length > REMEMBERED) this.#samples.shift();
    const best = Math.max(...this.#samples);
    // Small corrections would make timers stutter.
    if (this.#samples.length === 1 || Math.abs(best - this.#offset) > TOLERATED_MS) this.#offset = best;
    return best - sample;
  }

  /** The server's clock was set: what was learned of it before is void. */
  forget() {
    this.#samples = [];
  }

  /** Beat once a second, on the second. */
  start() {
    const wait = 1000 - (((this.now() % 1000) + 1000) % 1000);
    this.#host.setTimeout(() => {
      this.dispatchEvent(new Event("tick"));
      this.start();
    }, wait);
  }
}
