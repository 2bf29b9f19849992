/**
 * When to paint: at once after a pause, at most every 250 ms under load, with the beat of the timers, and even in a
 * tab nobody looks at.
 */

const EVERY_MS = 250;

export class Painter {
  #paint;
  #host;
  #last = -Infinity;
  #asked = false;
  #waiting = null;

  /** `host`: {now, setTimeout, clearTimeout, requestAnimationFrame, hidden()}. */
  constructor(paint, host) {
    this.#paint = paint;
    this.#host = host;
  }

  ask() {
    if (this.#asked) return;
    this.#asked = true;
    const wait = this.#last + EVERY_MS - this.#host.now();
    if (wait > 0) this.#waiting = this.#host.setTimeout(() => this.#frame(), wait);
    else this.#frame();
  }

  /** The timers go on with the next frame: what waits to be painted is painted in it, not in one more. */
  beat() {
    if (this.#asked && this.#waiting === null) return;
    this.#asked = true;
    this.#host.clearTimeout(this.#waiting);
    this.#frame();
  }

  /** Paint now what was asked for: the tab is about to get no frames. */
  flush() {
    this.#run();
  }

  #frame() {
    this.#waiting = null;
    // A hidden tab gets no frames, but its title still counts.
    if (this.#host.hidden()) this.#run();
    else this.#host.requestAnimationFrame(() => this.#run());
  }

  #run() {
    if (!this.#asked) return;
    this.#asked = false;
    this.#last = this.#host.now();
    this.#paint();
  }
}
